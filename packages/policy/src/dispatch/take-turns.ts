import type { ConnectorName, Instant, ProviderName, TenantId } from '@freshet/domain';

/** Whose work at which provider: tasks of one lane wait for each other, those of another do not have to. */
export interface Lane {
  readonly tenantId: TenantId;
  readonly connector: ConnectorName;
  readonly provider: ProviderName;
}

/** How many tasks may be at work at a time. */
export interface Room {
  readonly inAll: number;
  /** At each provider through a connector, of all tenants together. */
  readonly atOnce: (connector: ConnectorName) => number;
}

const providerOf = ({ connector, provider }: Lane): string => JSON.stringify([connector, provider]);
const laneOf = (lane: Lane): string => JSON.stringify([lane.connector, lane.provider, lane.tenantId]);

/** How many are at work, by whatever names them. */
const counter = (running: readonly Lane[], nameOf: (lane: Lane) => string) => {
  const counts = new Map<string, number>();
  const add = (lane: Lane): void => void counts.set(nameOf(lane), (counts.get(nameOf(lane)) ?? 0) + 1);
  running.forEach(add);
  return { add, of: (lane: Lane): number => counts.get(nameOf(lane)) ?? 0 };
};

/**
 * Which of the due tasks start now: as many as there is room for, at no provider more than it is given, and by turns. The
 * tenant who has the fewest at work at a provider is next there; among equals, whose task has been due the longest.
 */
export const takeTurns = <Due extends Lane & { readonly dueAt: Instant }>(
  due: readonly Due[],
  running: readonly Lane[],
  room: Room,
): readonly Due[] => {
  const queues = new Map<string, Due[]>();
  for (const task of due.toSorted((a, b) => a.dueAt - b.dueAt)) {
    const queue = queues.get(laneOf(task));
    if (queue === undefined) queues.set(laneOf(task), [task]);
    else queue.push(task);
  }
  const atProvider = counter(running, providerOf);
  const inLane = counter(running, laneOf);
  const isFirst = (a: Due, b: Due): boolean =>
    inLane.of(a) < inLane.of(b) || (inLane.of(a) === inLane.of(b) && a.dueAt < b.dueAt);
  const next = (): Due | undefined => {
    let best: Due | undefined;
    for (const [task] of queues.values()) {
      if (task === undefined || atProvider.of(task) >= room.atOnce(task.connector)) continue;
      if (best === undefined || isFirst(task, best)) best = task;
    }
    return best;
  };
  const chosen: Due[] = [];
  while (running.length + chosen.length < room.inAll) {
    const task = next();
    if (task === undefined) break;
    queues.get(laneOf(task))?.shift();
    atProvider.add(task);
    inLane.add(task);
    chosen.push(task);
  }
  return chosen;
};

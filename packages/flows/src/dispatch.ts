import type { ConnectorName, TaskId } from '@freshet/domain';
import { takeTurns, type Lane } from '@freshet/policy';
import type { DueTask } from '@freshet/ports';
import type { Engine } from './engine.js';
import { runTask } from './run-task.js';

/** Runs what is due, so many at a time in all and at each provider, by turns, and none of it twice in this process. */
export interface Dispatcher {
  /** Starts what is due now, as far as there is room: how much. It has been started then, not ended. */
  readonly tick: () => Promise<number>;
  /** Everything that is under way has ended. */
  readonly idle: () => Promise<void>;
}

/** So many lanes are looked into at a tick while more is due than there is room for: the next tick goes on from there. */
const LANES_A_TICK = 64;

const NOWHERE = { connector: '', provider: '', tenantId: '' } as Lane;

interface Underway {
  readonly lane: Lane;
  readonly done: Promise<void>;
}

const isSameLane = (a: Lane, b: Lane): boolean =>
  a.tenantId === b.tenantId && a.connector === b.connector && a.provider === b.provider;

/**
 * The first due tasks of each lane at a provider that has room: where more is due than there is room for, the longest due
 * alone could all be of one provider that is slow.
 */
const createLaneWalk = (engine: Engine, underway: ReadonlyMap<TaskId, Underway>) => {
  let from = NOWHERE;

  const roomIn = (lane: Lane): number => {
    const there = [...underway.values()].filter(
      (other) => other.lane.connector === lane.connector && other.lane.provider === lane.provider,
    );
    return engine.callsThrough(lane.connector).atOnce - there.length;
  };

  const dueIn = async (lane: Lane, room: number): Promise<readonly DueTask[]> => {
    const most = Math.min(room, roomIn(lane));
    if (most <= 0) return [];
    const own = [...underway.values()].filter((other) => isSameLane(other.lane, lane)).length;
    const now = { now: engine.clock.now(), realNow: engine.clock.realNow() };
    return engine.store.read('dueTasksOfLane', { ...lane, ...now, limit: most + own });
  };

  return async (room: number): Promise<readonly DueTask[]> => {
    const found: DueTask[] = [];
    const seen: Lane[] = [];
    // From where the last walk ended, once around.
    for (let walked = 0; walked < LANES_A_TICK; walked += 1) {
      const lane = (await engine.store.read('laneAfter', from)) ?? (await engine.store.read('laneAfter', NOWHERE));
      if (lane === null || seen.some((other) => isSameLane(other, lane))) break;
      seen.push(lane);
      from = lane;
      found.push(...(await dueIn(lane, room)));
    }
    return found;
  };
};

export const createDispatcher = (engine: Engine, concurrency: number): Dispatcher => {
  const underway = new Map<TaskId, Underway>();
  const walkLanes = createLaneWalk(engine, underway);
  const atOnce = (connector: ConnectorName): number => engine.callsThrough(connector).atOnce;

  const launch = ({ tenantId, id, connector, provider }: DueTask): void => {
    const done = runTask(engine, tenantId, id)
      .catch((error: unknown) => engine.log.warn('a task step failed', { taskId: id, error: String(error) }))
      .finally(() => underway.delete(id));
    underway.set(id, { lane: { tenantId, connector, provider }, done });
  };

  /** Those that are under way here may still look due. */
  const dueNow = async (room: number): Promise<readonly DueTask[]> => {
    const limit = room + underway.size;
    const now = { now: engine.clock.now(), realNow: engine.clock.realNow() };
    const longest = await engine.store.read('dueTasks', { ...now, limit });
    return longest.length < limit ? longest : walkLanes(room);
  };

  const tick = async (): Promise<number> => {
    if (concurrency <= underway.size) return 0;
    const due = (await dueNow(concurrency - underway.size)).filter(({ id }) => !underway.has(id));
    const running = [...underway.values()].map(({ lane }) => lane);
    const next = takeTurns(due, running, { inAll: concurrency, atOnce });
    next.forEach(launch);
    return next.length;
  };

  const idle = async (): Promise<void> => {
    while (underway.size > 0) await Promise.all([...underway.values()].map(({ done }) => done));
  };

  return { tick, idle };
};

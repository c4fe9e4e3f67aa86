import { closureId, isTerminal, put, update } from '@freshet/domain';
import type { Closure, ConnectionId, ConnectionRates, Effect, Pull, Task, TaskId } from '@freshet/domain';
import { ratesId } from '../freshness/connection-rates.js';
import type { TurnInputs } from '../turn-inputs.js';
import type { Draft } from './draft.js';

/** What belongs to a group beside its members: the refresh under way, the pulls that still count, what is closed to it. */
export interface GroupHoldings {
  readonly openTask: Task | null;
  /** Empty where nobody leaves the group. */
  readonly pulls: readonly Pull[];
  readonly closures: readonly Closure[];
  /** What was learned of it. */
  readonly rates: ConnectionRates | null;
}

export type HoldingsByKey = Readonly<Record<string, GroupHoldings>>;

/** An open task that may not come into a group, because another is open there. */
export interface Clash {
  readonly groupKey: string;
  readonly taskId: TaskId;
}

type Moved = Pick<Draft, 'before' | 'after'>;
type MembersByKey = ReadonlyMap<string, readonly Moved[]>;

const membersByKey = (drafts: readonly Moved[]): MembersByKey => {
  const members = new Map<string, Moved[]>();
  for (const draft of drafts) {
    const { groupKey } = draft.before;
    const group = members.get(groupKey);
    if (group) group.push(draft);
    else members.set(groupKey, [draft]);
  }
  return members;
};

const lives = ({ after }: Moved): boolean => !isTerminal(after.status);

/**
 * Where that which one connection did in a group belongs now: it goes with the connection. What one did that has ended is
 * the group's still: of those who stay, or, where all leave, of the one that stood for it.
 */
const keyAfter = (members: MembersByKey, groupKey: string, connectionId: ConnectionId): string => {
  const all = members.get(groupKey) ?? [];
  const own = all.find(({ after }) => after.id === connectionId);
  if (own !== undefined && lives(own)) return own.after.groupKey;
  const living = all.filter(lives);
  if (living.some(({ after }) => after.groupKey === groupKey)) return groupKey;
  const heir = living.find(({ before }) => before.active) ?? living[0] ?? own;
  return heir?.after.groupKey ?? groupKey;
};

const openTasks = (members: MembersByKey, holdings: HoldingsByKey) =>
  Object.entries(holdings).flatMap(([from, { openTask: task }]) =>
    task === null ? [] : [{ task, from, to: keyAfter(members, from, task.connectionId) }],
  );

/** The open tasks that would come to where another one is open: single flight forbids the move until one has ended. */
export const clashes = (drafts: readonly Moved[], holdings: HoldingsByKey): readonly Clash[] => {
  const tasks = openTasks(membersByKey(drafts), holdings);
  const at = new Map<string, number>();
  for (const { to } of tasks) at.set(to, (at.get(to) ?? 0) + 1);
  return tasks
    .filter(({ from, to }) => from !== to && (at.get(to) ?? 0) > 1)
    .map(({ from, task }) => ({ groupKey: from, taskId: task.id }));
};

const tasksCarried = (members: MembersByKey, holdings: HoldingsByKey): readonly Effect[] => {
  const moves = openTasks(members, holdings).filter(({ from, to }) => from !== to);
  // Several may go to each other's places: all of them step aside, each to a key that nobody shares, before the first arrives.
  const aside = moves.length > 1 ? moves : [];
  return [
    ...aside.map(({ task }) => update('task', task.id, { groupKey: task.connectionId })),
    ...moves.map(({ task, to }) => update('task', task.id, { groupKey: to })),
  ];
};

const pullsCarried = (members: MembersByKey, holdings: HoldingsByKey): readonly Effect[] =>
  Object.entries(holdings).flatMap(([from, { pulls }]) =>
    pulls.flatMap(({ id, connectionId }) => {
      const to = keyAfter(members, from, connectionId);
      return to === from ? [] : [update('pull', id, { groupKey: to })];
    }),
  );

const latest = (a: Closure['until'], b: Closure['until']): Closure['until'] =>
  a === null || b === null ? null : Math.max(a, b);

/** Where the living members of a group went that are there no more. */
const keysAfterLeaving = (members: MembersByKey, from: string): ReadonlySet<string> => {
  const left = new Set((members.get(from) ?? []).filter(lives).map(({ after }) => after.groupKey));
  left.delete(from);
  return left;
};

/** How often its data changes and is read: they take it along, to where nothing was learned yet. */
const ratesCarried = (members: MembersByKey, holdings: HoldingsByKey): readonly Effect[] =>
  Object.entries(holdings).flatMap(([from, { rates }]) =>
    rates === null
      ? []
      : [...keysAfterLeaving(members, from)]
          .filter((groupKey) => (holdings[groupKey]?.rates ?? null) === null)
          .map((groupKey) => put('connectionRates', { ...rates, id: ratesId(rates.tenantId, groupKey), groupKey })),
  );

/** What is closed to a group is closed to whoever was in it; a block that lasts longer where they come stands. */
const closuresCarried = (members: MembersByKey, holdings: HoldingsByKey, { now }: TurnInputs): readonly Effect[] => {
  const known = new Map(Object.values(holdings).flatMap(({ closures }) => closures.map((each) => [each.id, each])));
  const carried = new Map<string, Closure>();
  for (const [from, { closures }] of Object.entries(holdings)) {
    const left = keysAfterLeaving(members, from);
    for (const { id: _id, ...closure } of closures) {
      if (closure.scope !== 'group' || closure.scopeKey !== from) continue;
      if (closure.until !== null && closure.until <= now) continue;
      for (const scopeKey of left) {
        const id = closureId({ ...closure, scopeKey });
        const before = carried.get(id) ?? known.get(id);
        const until = before === undefined ? closure.until : latest(closure.until, before.until);
        carried.set(id, { ...closure, id, scopeKey, until });
      }
    }
  }
  return [...carried.values()].map((closure) => put('closure', closure));
};

/**
 * In-flight work, cooldowns and windows belong to the group: where its key becomes another one, they go along in the
 * same turn. `drafts` are all members of the groups that somebody leaves. Not where there are `clashes`.
 */
export const carryHoldings = (
  drafts: readonly Moved[],
  holdings: HoldingsByKey,
  inputs: TurnInputs,
): readonly Effect[] => {
  const members = membersByKey(drafts);
  return [
    ...tasksCarried(members, holdings),
    ...pullsCarried(members, holdings),
    ...closuresCarried(members, holdings, inputs),
    ...ratesCarried(members, holdings),
  ];
};

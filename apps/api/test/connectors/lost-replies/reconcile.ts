import { isOpen } from '@freshet/domain';
import type { Connection, LedgerEntry, Pull, Task } from '@freshet/domain';
import { TENANT, type RunningEngine } from '../contract/engine.js';
import type { Bill, ProviderCall, World } from '../contract/world.js';

/** A unit's two halves of the ledger: the engine's and the provider's. */
export interface UnitBooks {
  readonly connections: readonly Connection[];
  readonly tasks: readonly Task[];
  readonly pulls: readonly Pull[];
  readonly entries: readonly LedgerEntry[];
  readonly bills: readonly Bill[];
  /** Forced calls that the provider got, whatever it said to them. */
  readonly calls: readonly ProviderCall[];
}

const LIMIT = 500;
const UNAUTHORIZED = 401;

export const booksOf = async (
  world: World,
  rig: RunningEngine,
  units: readonly (readonly Connection[])[],
): Promise<readonly UnitBooks[]> => {
  const entries = await rig.ledger();
  const tasks = await rig.store.read('tasksPage', { tenantId: TENANT, limit: LIMIT, before: null });
  const ids = [...new Set(entries.map(({ pullId }) => pullId))];
  const pulls = await Promise.all(ids.map((id) => rig.store.read('pull', { tenantId: TENANT, id })));
  const bills = await world.bills();
  const calls = (await world.calls('refresh')).filter(({ status }) => status !== UNAUTHORIZED);
  return Promise.all(
    units.map(async (unit) => {
      const externalIds = unit.map(({ externalId }) => externalId);
      const isOurs = ({ connectionId }: { readonly connectionId: string }): boolean =>
        unit.some(({ id }) => id === connectionId);
      return {
        connections: await Promise.all(unit.map(({ id }) => rig.connection(id))),
        tasks: tasks.filter(isOurs),
        pulls: pulls.filter((pull) => pull !== null).filter(isOurs),
        entries: entries.filter(isOurs),
        bills: bills.filter(({ externalId }) => externalIds.includes(externalId)),
        calls: calls.filter((call) => call.externalIds.some((id) => externalIds.includes(id))),
      };
    }),
  );
};

const ofKind = (entries: readonly LedgerEntry[], kind: LedgerEntry['kind']): readonly LedgerEntry[] =>
  entries.filter((entry) => entry.kind === kind);

const sum = (entries: readonly LedgerEntry[]): number => entries.reduce((total, { micros }) => total + micros, 0);

/**
 * The pull that a bill is of: the one that was sent at that moment, each for one bill only. Where several were, that of
 * the connection that was billed comes first, and what was surely not carried out last.
 */
const pullsOf = ({ bills, pulls, connections }: UnitBooks): readonly (readonly [Bill, Pull | undefined])[] => {
  const left = [...pulls];
  return bills.map((bill) => {
    const billed = connections.find(({ externalId }) => externalId === bill.externalId)?.id;
    const rank = ({ connectionId, state }: Pull): number =>
      Number(state === 'refused' || state === 'released') * 2 + Number(connectionId !== billed);
    const [pull] = left.filter(({ sentAt }) => sentAt === bill.at).sort((a, b) => rank(a) - rank(b));
    if (pull !== undefined) left.splice(left.indexOf(pull), 1);
    return [bill, pull] as const;
  });
};

/** Everything that is wrong between the two; nothing, where they agree. */
export const faultsIn = (books: UnitBooks): readonly string[] => {
  const faults: string[] = [];
  const { tasks, pulls, entries, bills, calls } = books;
  const [charged, uncertain] = [ofKind(entries, 'charged'), ofKind(entries, 'uncertain')];

  for (const { id, state } of tasks) if (isOpen(state)) faults.push(`${id} has not ended`);
  for (const { id, state } of pulls) {
    const settled = entries.filter(({ pullId, kind }) => pullId === id && kind !== 'reserved');
    if (settled.length !== 1) faults.push(`${id} (${state}) is settled ${settled.length} times`);
  }

  if (bills.length < charged.length) faults.push(`${charged.length} charged, ${bills.length} billed`);
  if (bills.length > charged.length + uncertain.length) {
    faults.push(`${bills.length} billed, ${charged.length} charged and ${uncertain.length} uncertain`);
  }

  const heldFor = (pull: Pull): readonly LedgerEntry[] => entries.filter(({ pullId }) => pullId === pull.id);
  let billedMicros = 0;
  for (const [{ externalId, at }, pull] of pullsOf(books)) {
    const bill = `the bill of ${externalId} at ${new Date(at).toISOString()}`;
    if (pull === undefined) {
      faults.push(`${bill} is of no call that was sent then, or the second of one`);
      continue;
    }
    const held = heldFor(pull);
    billedMicros += sum(ofKind(held, 'reserved'));
    const named = held.find(({ kind }) => kind === 'charged' || kind === 'uncertain');
    if (named === undefined) faults.push(`${bill} is of ${pull.id}, whose money was released`);
    else if (!tasks.some(({ id }) => id === named.taskId)) faults.push(`${bill}: ${named.id} names no task`);
  }
  if (billedMicros < sum(charged) || billedMicros > sum(charged) + sum(uncertain)) {
    faults.push(`${billedMicros} micros billed, ${sum(charged)} charged, ${sum(uncertain)} uncertain`);
  }

  const sentAt = (at: number): number => pulls.filter((pull) => pull.sentAt === at).length;
  for (const at of new Set(calls.map((call) => call.at))) {
    const got = calls.filter((call) => call.at === at).length;
    if (got > sentAt(at)) faults.push(`${got} calls at ${new Date(at).toISOString()}, ${sentAt(at)} sent`);
  }
  return faults;
};

/** Of those that are one provider connection, one is active: the rest are its twins. */
export const activeFaults = (connections: readonly Connection[]): readonly string[] => {
  const groups = new Map<string, number>();
  for (const { groupKey, active } of connections) groups.set(groupKey, (groups.get(groupKey) ?? 0) + Number(active));
  return [...groups].filter(([, active]) => active !== 1).map(([key, active]) => `${key} has ${active} active ones`);
};

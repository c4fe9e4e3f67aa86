import { isOpen, put, remove } from '@freshet/domain';
import type { Effect, Instant, LedgerEntry, Pull, PullId, Task, TaskId } from '@freshet/domain';
import type { Limit } from '@freshet/policy';
import { read, type Loader, type OldRow } from '@freshet/ports';
import { WINDOWS_BACK_MS } from './audit/look-backs.js';
import { wholePrefix } from './audit/chain-walk.js';
import type { Engine } from './engine.js';
import { moneySince } from './pruned-marks.js';

/*
 * A refresh leaves whole: its task, its calls, and its entries in the ledger, which are a prefix of the connection's chain.
 * So no entry is left without its task, and no task without its money. A call that a longer window still counts stays, and
 * goes as a pull once it does not.
 */

/** Entries that one turn looks at. */
const LOOKED_AT = 50;

/** What entries are about: a refresh, or a call without one (a connect, a repair). */
interface Subject {
  readonly task: Task | null;
  readonly entries: readonly LedgerEntry[];
  readonly isOver: boolean;
}

const isSettled = (entries: readonly LedgerEntry[]): boolean =>
  entries.filter(({ kind }) => kind === 'reserved').length * 2 === entries.length;

function* ofTask(tenantId: Task['tenantId'], id: TaskId, before: Instant): Loader<Subject> {
  const task = yield* read('task', { tenantId, id });
  const entries = yield* read('ledgerOfTask', { tenantId, taskId: id });
  const isOver =
    task !== null &&
    !isOpen(task.state) &&
    task.endedAt !== null &&
    task.endedAt < before &&
    task.charge !== 'reserved' &&
    isSettled(entries);
  return { task, entries, isOver };
}

function* ofPull({ tenantId, pullId }: LedgerEntry, before: Instant): Loader<Subject> {
  const pull = yield* read('pull', { tenantId, id: pullId });
  const entries = yield* read('ledgerOfPull', { tenantId, pullId });
  const isOver = pull !== null && pull.state !== 'reserved' && pull.at < before && isSettled(entries);
  return { task: null, entries, isOver };
}

const keyOf = ({ taskId, pullId }: LedgerEntry): string => taskId ?? pullId;

/** The longest prefix that splits no subject; up to `most` at first. */
const unsplit = (entries: readonly LedgerEntry[], subjects: ReadonlyMap<string, Subject>, most: number): number => {
  const places = new Map(entries.map(({ id }, index) => [id, index]));
  const isWhole = (end: number, entry: LedgerEntry): boolean =>
    (subjects.get(keyOf(entry))?.entries ?? []).every(({ id }) => (places.get(id) ?? Infinity) < end);
  for (let end = most; ;) {
    const broken = entries.findIndex((entry, index) => index < end && !isWhole(end, entry));
    if (broken < 0) return end;
    end = broken;
  }
};

const reachOf = (limit: Limit): number =>
  limit.kind === 'cooldown' ? limit.forMs : limit.per.shape === 'calendar' ? 0 : limit.per.ms;

/** Whether a window or cooldown of its policy reaches back to it, or one that the audit recomputes. */
export const isCounted = ({ policies, clock }: Engine, pull: Pull): boolean => {
  const longest = Math.max(0, ...policies.policyFor(pull).limits.map(reachOf));
  return pull.at > clock.now() - longest - WINDOWS_BACK_MS;
};

function* goneWith(engine: Engine, { task, entries }: Subject): Loader<readonly Effect[]> {
  if (task === null) return [];
  const { tenantId } = task;
  const effects: Effect[] = [remove('task', task.id)];
  for (const id of new Set<PullId>([task.pullId, ...entries.map(({ pullId }) => pullId)])) {
    const pull = yield* read('pull', { tenantId, id });
    if (pull !== null && !isCounted(engine, pull)) effects.push(remove('pull', id));
  }
  return effects;
}

/** Of the connection of the first row: what is over, from the oldest on. */
export const oldRefreshes =
  (engine: Engine) =>
  (rows: readonly OldRow[], before: Instant): Loader<readonly Effect[]> =>
    loadRefreshes(engine, rows, before);

function* loadRefreshes(engine: Engine, [row]: readonly OldRow[], before: Instant): Loader<readonly Effect[]> {
  if (row === undefined || row.connectionId === null) return [];
  const { tenantId, connectionId } = row;
  const place = { tenantId, connectionId, after: '', limit: LOOKED_AT };
  const limit = LOOKED_AT + 1;
  const links = yield* read('chainLinks', { ...place, limit, chain: 'ledgerEntry' });
  const whole = new Set(wholePrefix(links, connectionId, Infinity, limit).map(({ id }) => id));
  const entries = (yield* read('ledgerScan', place)).filter((entry) => entry.connectionId === connectionId);
  const subjects = new Map<string, Subject>();
  let most = 0;
  for (const entry of entries) {
    const key = keyOf(entry);
    const subject =
      subjects.get(key) ??
      (entry.taskId === null ? yield* ofPull(entry, before) : yield* ofTask(tenantId, entry.taskId, before));
    subjects.set(key, subject);
    if (!subject.isOver || !whole.has(entry.id)) break;
    most += 1;
  }
  const leaving = entries.slice(0, unsplit(entries, subjects, most));
  const [first] = leaving;
  const since = yield* read('setting', { id: moneySince(tenantId) });
  const oldest = Math.min(Number(since?.value ?? Infinity), first?.at ?? Infinity);
  const mark = first === undefined ? [] : [put('setting', { id: moneySince(tenantId), value: String(oldest) })];
  const over = new Set(leaving.map(keyOf));
  // One that cost nothing has no entries.
  const own = yield* ofTask(tenantId, row.id as TaskId, before);
  const gone = [...over].map((key) => subjects.get(key) as Subject);
  const free = own.isOver && own.entries.length === 0 ? [own] : [];
  const effects: Effect[] = [...mark, ...leaving.map(({ id }) => remove('ledgerEntry', id))];
  for (const subject of [...gone, ...free]) effects.push(...(yield* goneWith(engine, subject)));
  return effects;
}

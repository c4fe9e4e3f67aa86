import { formatInstant } from '@freshet/domain';
import type {
  BudgetCounter,
  Connection,
  Effect,
  Instant,
  LedgerEntry,
  Pull,
  RefreshRequest,
  Task,
} from '@freshet/domain';
import { groupFreshness } from '../group/group-freshness.js';
import { decideCancel } from '../outcome/decide-start.js';
import type { TurnInputs } from '../turn-inputs.js';

/** A refresh that waits for a worker, with what it holds. */
export interface QueuedTask {
  readonly task: Task;
  readonly pull: Pull;
  readonly entries: readonly LedgerEntry[];
  readonly counters: readonly BudgetCounter[];
}

/** Data from then on is all that the caller wants: what they called fresh enough, else nothing from before they asked. */
export const wantedFromOf = ({ mode, maxAgeMs }: Pick<RefreshRequest, 'mode' | 'maxAgeMs'>, now: Instant): Instant =>
  mode === 'auto' && maxAgeMs !== null ? now - maxAgeMs : now;

/** The call has not been made, nor begun. */
const isUnsent = ({ task, pull }: QueuedTask): boolean =>
  task.state === 'queued' && pull.state === 'reserved' && pull.sentAt === null;

/** What a background refresh does not bring: a stretch of time of the caller's own, or the history. */
const wantsMore = ({ from, to, products }: Task, group: readonly Connection[]): boolean =>
  from !== null ||
  to !== null ||
  (products.includes('TRANSACTIONS') && !group.some((member) => member.historicalLoaded));

/** All that it was to bring is here, and is as new as everybody wanted who asked for it. */
const isServed = ({ products, wantedFrom }: Task, group: readonly Connection[]): boolean => {
  const freshness = groupFreshness(group);
  return products.every((product) => (freshness[product] ?? Number.NEGATIVE_INFINITY) >= wantedFrom);
};

/**
 * Data came while a forced refresh was still waiting. Where that is all that anybody wanted of it, it ends, and its money
 * is released in this very turn. Never one that was sent. `asOf`: when the data was pulled; `group`: as it has left it.
 */
export const endNeedless = (
  queued: QueuedTask | null,
  group: readonly Connection[],
  asOf: Instant,
  inputs: TurnInputs,
): readonly Effect[] => {
  if (queued === null || !isUnsent(queued)) return [];
  if (asOf < queued.task.wantedFrom || wantsMore(queued.task, group) || !isServed(queued.task, group)) return [];
  const message = `newer data came by itself, as of ${formatInstant(asOf)}: nothing was sent, and nothing is paid`;
  return decideCancel({ ...queued, group }, inputs, { kind: 'not-needed', message }).effects;
};

/** The counters as those effects leave them: what is written after them counts on. */
export const countersAfter = (
  counters: readonly BudgetCounter[],
  effects: readonly Effect[],
): readonly BudgetCounter[] => {
  const written = new Map<string, BudgetCounter>();
  for (const effect of effects)
    if (effect.do === 'put' && effect.record === 'budgetCounter') written.set(effect.row.id, effect.row);
  return counters.map((counter) => written.get(counter.id) ?? counter);
};

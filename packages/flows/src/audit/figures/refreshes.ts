import { isOpen } from '@freshet/domain';
import type { Task } from '@freshet/domain';
import { read, type Loader } from '@freshet/ports';
import type { AuditPlace } from '../check.js';
import { figuresFrom } from './spend.js';
import type { Sum } from './sums.js';

/** What became of a refresh, from the best to the worst. */
export const refreshOutcomes = [
  'new-data',
  'succeeded',
  'partial',
  'nothing-new',
  'open',
  'cancelled',
  'expired',
  'reconnect-required',
  'failed',
] as const;
export type RefreshOutcome = (typeof refreshOutcomes)[number];

const ended: Readonly<Partial<Record<Task['state'], RefreshOutcome>>> = {
  succeeded: 'succeeded',
  partial: 'partial',
  failed: 'failed',
  reconnect_required: 'reconnect-required',
  expired: 'expired',
  cancelled: 'cancelled',
};

/** `succeeded`: whether it brought anything new is not known. */
const outcomeOf = ({ state, newData }: Pick<Task, 'state' | 'newData'>): RefreshOutcome => {
  if (isOpen(state)) return 'open';
  if (state === 'succeeded' && newData !== null) return newData ? 'new-data' : 'nothing-new';
  return ended[state] ?? 'failed';
};

/** Of the tasks of a page: the database counts them. */
export function* refreshesOf({ tenantId, after, limit, now }: AuditPlace): Loader<readonly Sum[]> {
  const counts = yield* read('refreshCounts', { tenantId, after, limit, since: figuresFrom(now) });
  return counts.map((each): Sum => [['refreshes', each.provider, outcomeOf(each)], each.count]);
}

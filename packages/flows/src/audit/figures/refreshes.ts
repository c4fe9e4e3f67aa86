import { isOpen } from '@freshet/domain';
import type { Instant, Task } from '@freshet/domain';
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
const outcomeOf = ({ state, newData }: Task): RefreshOutcome => {
  if (isOpen(state)) return 'open';
  if (state === 'succeeded' && newData !== null) return newData ? 'new-data' : 'nothing-new';
  return ended[state] ?? 'failed';
};

export const refreshOf = (task: Task, now: Instant): readonly Sum[] =>
  task.queuedAt >= figuresFrom(now) ? [[['refreshes', task.provider, outcomeOf(task)], 1]] : [];

import { isOpen, update } from '@freshet/domain';
import type { Effect, Instant } from '@freshet/domain';
import { decideEnd, decideOutcome, type OutcomeFacts } from '../outcome/decide-outcome.js';
import { decideRelease } from '../outcome/decide-sending.js';
import { decideCancel } from '../outcome/decide-start.js';
import type { CallEnd } from '../outcome/resolution.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';

/** How a stuck task came loose; `held`: a worker has it, until when (real time). */
export type Unstuck =
  | { readonly kind: 'right' }
  | { readonly kind: 'held'; readonly until: Instant }
  | { readonly kind: 'freed' | 'released' | 'looked-at' | 'ended'; readonly effects: readonly Effect[] };

const changed = (kind: 'freed' | 'released' | 'looked-at' | 'ended', effects: readonly Effect[]): Unstuck =>
  effects.length === 0 ? { kind: 'right' } : { kind, effects };

/**
 * Ends a stuck task as the engine would. No call is made for it: what was never sent is released, also where it could be
 * sent now; what was sent is looked at, and given up as uncertain when its time is over.
 */
export const decideUnstuck = (
  facts: OutcomeFacts,
  seen: CallEnd | null,
  policy: RefreshPolicy,
  realNow: Instant,
  inputs: TurnInputs,
): Unstuck => {
  const { task, pull } = facts;
  if (!isOpen(task.state)) return { kind: 'right' };
  if (task.leaseUntil !== null) {
    if (task.leaseUntil > realNow) return { kind: 'held', until: task.leaseUntil };
    return changed('freed', decideRelease(facts, realNow, inputs).effects);
  }
  if (task.state === 'queued') return changed('released', decideCancel(facts, inputs).effects);
  if (pull.state === 'reserved') return changed('released', decideEnd(facts, policy, inputs).effects);
  const looked = seen === null ? null : decideOutcome(facts, seen, 'look', policy, inputs);
  if (looked !== null && !isOpen(looked.task.state)) return changed('ended', looked.effects);
  if (task.giveUpAt === null || task.giveUpAt <= inputs.now) {
    return changed('ended', decideEnd(facts, policy, inputs).effects);
  }
  const isDue = task.dueAt !== null && task.dueAt > inputs.now;
  return changed('looked-at', isDue ? [] : [update('task', task.id, { dueAt: inputs.now })]);
};

import { update } from '@freshet/domain';
import type { ConnectionId, Effect, Instant, Pull, Task } from '@freshet/domain';
import { windowBounds } from '../limits/reads.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import type { Lease } from './decide-start.js';

export interface SendingFacts {
  readonly task: Task;
  readonly pull: Pull;
}

/** Whether the worker with that fence still holds the task: a stale holder writes nothing and stops. */
export const stillHolds = (task: Task, fence: number, lease: Lease): boolean =>
  task.fence === fence && task.leaseOwner === lease.owner && (task.leaseUntil ?? 0) > lease.realNow;

/** Whether what the start was told of the limits still holds: not if a window turned or passed between the two. */
const isStillInItsPlace = ({ limits }: RefreshPolicy, askedAt: Instant, now: Instant): boolean =>
  limits.every((limit) => {
    if (limit.kind === 'cooldown') return now - askedAt < limit.forMs;
    if (limit.per.shape === 'rolling') return now - askedAt < limit.per.ms;
    return windowBounds(limit, askedAt).since === windowBounds(limit, now).since;
  });

/**
 * The durable `sent` before the socket is touched: from here on the call may have happened. The customer's address is
 * erased with it; what is sent is in the worker's hand. A worker that was held up until another window began asks anew.
 */
export const decideSending = (
  { task, pull }: SendingFacts,
  fence: number,
  attended: boolean,
  policy: RefreshPolicy,
  lease: Lease,
  inputs: TurnInputs,
): { readonly may: boolean; readonly effects: readonly Effect[] } => {
  const may = stillHolds(task, fence, lease) && task.state === 'running' && pull.state === 'reserved';
  if (!may) return { may, effects: [] };
  const now = inputs.now;
  if (!isStillInItsPlace(policy, pull.at, now)) {
    const again = { state: 'queued', leaseOwner: null, leaseUntil: null, dueAt: now } as const;
    return { may: false, effects: [update('task', task.id, again)] };
  }
  const seen: { readonly lastAttemptAt: number; readonly lastForcedAt: number } = {
    lastAttemptAt: now,
    lastForcedAt: now,
  };
  const connectionId: ConnectionId = task.connectionId;
  return {
    may,
    effects: [
      update('task', task.id, { attempts: task.attempts + 1, giveUpAt: now + policy.execution.giveUpMs }),
      update('pull', pull.id, { state: 'sent', at: now, sentAt: now, attended, presence: null, presenceUntil: null }),
      update('connection', connectionId, { ...seen, updatedAt: now }),
    ],
  };
};

/**
 * A lease whose holder is gone. Never sent: queued again, with all that it holds. Sent: unknown, counted, looked for, and
 * never sent again by itself.
 */
export const decideRelease = (
  { task, pull }: SendingFacts,
  realNow: number,
  inputs: TurnInputs,
): { readonly effects: readonly Effect[] } => {
  if (task.leaseUntil === null || task.leaseUntil > realNow || task.endedAt !== null) return { effects: [] };
  const freed = { leaseOwner: null, leaseUntil: null, dueAt: inputs.now };
  if (pull.state === 'reserved') return { effects: [update('task', task.id, { ...freed, state: 'queued' })] };
  return {
    effects: [
      update('task', task.id, freed),
      ...(pull.state === 'sent' ? [update('pull', pull.id, { state: 'unknown' })] : []),
    ],
  };
};

import { update } from '@freshet/domain';
import type { ClosureFacts, Connection, ConnectionId, Effect, Instant, Pull, Task } from '@freshet/domain';
import { shutTo } from '../closures/in-force.js';
import { windowBounds } from '../limits/reads.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import { permissionNow, type Lease } from './decide-start.js';

/** What may have happened while the worker got ready (a token may take seconds). */
export interface SendingFacts {
  readonly task: Task;
  readonly pull: Pull;
  readonly group: readonly Connection[];
  readonly closures: readonly ClosureFacts[];
  /** The group as the start saw it. */
  readonly before: readonly Connection[];
}

export interface SendingDecision {
  /** `send`: it is durable. `later`: put back, with all that it holds. `held`: the task is not this worker's any more. */
  readonly go: 'send' | 'later' | 'held';
  readonly effects: readonly Effect[];
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

const marks = ['lastSuccessAt', 'lastBackgroundAt', 'statusToldAt'] as const satisfies readonly (keyof Connection)[];

/**
 * Whether nobody told of another pull since the start asked: each leaves a mark on its group. One that came in between may
 * have taken the place that the start found free, so the limits are asked anew.
 */
const isSameGroup = ({ group, before }: SendingFacts): boolean =>
  group.length === before.length &&
  group.every((member) => {
    const then = before.find(({ id }) => id === member.id);
    return then !== undefined && marks.every((mark) => member[mark] === then[mark]);
  });

/** Whether nothing was closed, and nobody was deleted or lost their login, since the start asked. */
const isStillOpen = (facts: SendingFacts, attended: boolean, policy: RefreshPolicy, now: Instant): boolean => {
  if (shutTo(facts.closures, facts.task.id, now).length > 0) return false;
  const permission = permissionNow(facts, policy);
  return permission === 'yes' || (permission === 'attended' && attended);
};

/**
 * The durable `sent` before the socket is touched: from here on the call may have happened. The customer's address is
 * erased with it; what is sent is in the worker's hand. A worker that was overtaken by a pause, a deletion, another pull or
 * another window puts the task back: it is started anew at once, and that start says whether it waits or ends.
 */
export const decideSending = (
  facts: SendingFacts,
  fence: number,
  attended: boolean,
  policy: RefreshPolicy,
  lease: Lease,
  inputs: TurnInputs,
): SendingDecision => {
  const { task, pull } = facts;
  const isOurs = stillHolds(task, fence, lease) && task.state === 'running' && pull.state === 'reserved';
  if (!isOurs) return { go: 'held', effects: [] };
  const now = inputs.now;
  const holds = isStillInItsPlace(policy, pull.at, now) && isSameGroup(facts);
  if (!holds || !isStillOpen(facts, attended, policy, now)) {
    const again = { state: 'queued', leaseOwner: null, leaseUntil: null, dueAt: now } as const;
    return { go: 'later', effects: [update('task', task.id, again)] };
  }
  // What falls due by itself is no forced refresh, though the call is the same.
  const seen = { lastAttemptAt: now, ...(pull.origin === 'background' ? {} : { lastForcedAt: now }) };
  const connectionId: ConnectionId = task.connectionId;
  return {
    go: 'send',
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
  { task, pull }: Pick<SendingFacts, 'task' | 'pull'>,
  realNow: number,
  inputs: TurnInputs,
): { readonly effects: readonly Effect[] } => {
  if (task.leaseUntil === null || task.leaseUntil > realNow || task.endedAt !== null) return { effects: [] };
  const freed = { leaseOwner: null, leaseUntil: null, dueAt: inputs.now };
  if (pull.state === 'reserved') {
    const again = { ...freed, state: 'queued', tries: task.tries + 1 } as const;
    return { effects: [update('task', task.id, again)] };
  }
  return {
    effects: [
      update('task', task.id, freed),
      ...(pull.state === 'sent' ? [update('pull', pull.id, { state: 'unknown' })] : []),
    ],
  };
};

import { isOpen, isTerminal, permissionsOf, update } from '@freshet/domain';
import type {
  BudgetCounter,
  ClosureFacts,
  Connection,
  Effect,
  Instant,
  LedgerEntry,
  Pull,
  RefreshPermission,
  Task,
  TaskError,
  TaskErrorKind,
  Usage,
} from '@freshet/domain';
import { settleMoney } from '../cost/settle.js';
import { probeEffects } from '../breaker/door.js';
import { LOOK_AGAIN_MS, opensAt, shutTo } from '../closures/in-force.js';
import { eraseCredentials } from '../group/severed.js';
import { judgeLimits, latestOf } from '../limits/evaluate.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';

/** What has to be known before a queued task is started: what may have changed since it was decided. */
export interface StartFacts {
  readonly task: Task;
  readonly pull: Pull;
  readonly group: readonly Connection[];
  readonly closures: readonly ClosureFacts[];
  readonly connectorOn: boolean;
  /** By limit; the task's own pull left out. */
  readonly usage: Readonly<Record<string, Usage>>;
  readonly entries: readonly LedgerEntry[];
  readonly counters: readonly BudgetCounter[];
}

/** The worker that asks, and until when it will hold the task (real time). */
export interface Lease {
  readonly owner: string;
  readonly until: Instant;
  readonly realNow: Instant;
}

export interface StartDecision {
  /** `call`: the worker holds the task and may send; `later`, `ended` and `held` (by another): it may not. */
  readonly go: 'call' | 'later' | 'ended' | 'held';
  readonly task: Task;
  readonly attended: boolean;
  readonly effects: readonly Effect[];
}

type Verdict =
  | { readonly kind: 'call'; readonly attended: boolean }
  | { readonly kind: 'later'; readonly at: Instant }
  | {
      readonly kind: 'end';
      readonly state: 'expired' | 'failed';
      readonly error: TaskErrorKind;
      readonly message: string;
    };

const governingOf = (facts: Pick<StartFacts, 'task' | 'group'>): Connection | undefined => {
  const own = facts.group.find((member) => member.id === facts.task.connectionId);
  if (own === undefined || isTerminal(own.status)) return own;
  return facts.group.find((member) => member.active && member.status !== 'DELETED') ?? own;
};

/** When what holds the call back is expected to open; null: nothing holds it. */
const heldUntil = (facts: StartFacts, attended: boolean, policy: RefreshPolicy, now: Instant): Instant | null => {
  const lookAgain = now + LOOK_AGAIN_MS;
  const shut = shutTo(facts.closures, facts.task.id, now).map((closure) => opensAt(closure, now) ?? lookAgain);
  const limits = judgeLimits(policy, facts.usage, facts.task.products, attended, now)
    .filter((limit) => !limit.open)
    .map((limit) => limit.allowedAt ?? lookAgain);
  const off = facts.connectorOn ? [] : [lookAgain];
  const times = [...shut, ...limits, ...off];
  return times.length === 0 ? null : latestOf(times);
};

/** Whether the customer who caused the task is still taken to be there: what limits it meets depends on that. */
export const isPresent = (task: Task, pull: Pull, now: Instant): boolean =>
  task.attended && pull.presenceUntil !== null && pull.presenceUntil > now;

/** Whether the connection's status, and the provider, let a call be made: always, only attended, or not. */
export const permissionNow = (facts: Pick<StartFacts, 'task' | 'group'>, policy: RefreshPolicy): RefreshPermission => {
  const governing = governingOf(facts);
  if (governing === undefined) return 'no';
  const { refresh } = permissionsOf({ status: governing.status, reason: governing.statusReason });
  return refresh === 'yes' && !policy.forced.unattended ? 'attended' : refresh;
};

const verdictOn = (facts: StartFacts, policy: RefreshPolicy, now: Instant): Verdict => {
  const permission = permissionNow(facts, policy);
  if (permission === 'no') {
    const status = governingOf(facts)?.status ?? 'DELETED';
    const message = `the connection became ${status} before the call: nothing was sent`;
    return { kind: 'end', state: 'failed', error: 'not-refreshable', message };
  }
  const present = isPresent(facts.task, facts.pull, now);
  const attendedOnly = permission === 'attended';
  if (attendedOnly && !present) {
    const message = 'the customer is not present any more and nothing may be sent without them';
    return { kind: 'end', state: 'expired', error: 'expired', message };
  }
  const until = heldUntil(facts, present, policy, now);
  if (until === null) return { kind: 'call', attended: present };
  // Woken no later than presence runs out, so that an attended-only task ends instead of waiting on.
  return { kind: 'later', at: attendedOnly ? Math.min(until, facts.pull.presenceUntil ?? until) : until };
};

const end = (
  facts: StartFacts,
  verdict: Extract<Verdict, { kind: 'end' }>,
  inputs: TurnInputs,
): { readonly task: Task; readonly effects: readonly Effect[] } => {
  const changes = {
    state: verdict.state,
    error: { kind: verdict.error, message: verdict.message },
    charge: 'released',
    endedAt: inputs.now,
    dueAt: null,
    leaseOwner: null,
    leaseUntil: null,
  } as const;
  return { task: { ...facts.task, ...changes }, effects: endEffects(facts, changes, inputs) };
};

/** What ends with a task that was never sent. */
type EndFacts = Pick<StartFacts, 'task' | 'pull' | 'entries' | 'counters' | 'group'>;

const endEffects = (facts: EndFacts, changes: Partial<Omit<Task, 'id'>>, inputs: TurnInputs): readonly Effect[] => [
  update('task', facts.task.id, changes),
  update('pull', facts.pull.id, { state: 'released', endedAt: inputs.now, presence: null, presenceUntil: null }),
  ...settleMoney(facts.entries, facts.counters, 'released', inputs),
  ...eraseCredentials(facts.task, facts.group, inputs),
];

/** Presence that will be over by then is not kept until then. */
const forgetPresence = (pull: Pull, until: Instant): readonly Effect[] =>
  pull.presenceUntil !== null && pull.presenceUntil <= until
    ? [update('pull', pull.id, { presence: null, presenceUntil: null })]
    : [];

const isHeld = (task: Task, lease: Lease): boolean => task.leaseUntil !== null && task.leaseUntil > lease.realNow;

/**
 * Takes a queued task for a worker, after asking again what may have changed since it was decided: the status, what is
 * closed, the limits (its own place left out), and whether the customer is still there.
 */
export const decideStart = (
  facts: StartFacts,
  policy: RefreshPolicy,
  lease: Lease,
  inputs: TurnInputs,
): StartDecision => {
  const { task } = facts;
  const stays = { task, attended: false, effects: [] } as const;
  if (!isOpen(task.state)) return { ...stays, go: 'ended' };
  if (task.state !== 'queued' || isHeld(task, lease)) return { ...stays, go: 'held' };
  const verdict = verdictOn(facts, policy, inputs.now);
  if (verdict.kind === 'end') return { ...end(facts, verdict, inputs), go: 'ended', attended: false };
  if (verdict.kind === 'later') {
    const changes = { dueAt: Math.max(verdict.at, inputs.now + 1) };
    const effects = [update('task', task.id, changes), ...forgetPresence(facts.pull, changes.dueAt)];
    return { ...stays, go: 'later', task: { ...task, ...changes }, effects };
  }
  const changes = {
    state: 'running',
    leaseOwner: lease.owner,
    leaseUntil: lease.until,
    fence: task.fence + 1,
    startedAt: task.startedAt ?? inputs.now,
    dueAt: inputs.now,
  } as const;
  return {
    go: 'call',
    task: { ...task, ...changes },
    attended: verdict.attended,
    // Its place in every window is the one that was just asked for: whoever asks meanwhile sees it there.
    effects: [
      update('task', task.id, changes),
      update('pull', facts.pull.id, { at: inputs.now }),
      ...probeEffects(facts.closures, task, policy, lease.until - lease.realNow, inputs.now),
    ],
  };
};

/** Cancelled, by request or because nobody needs it any more: only while nothing was sent. */
export const decideCancel = (
  facts: EndFacts,
  inputs: TurnInputs,
  error: TaskError | null = null,
): { readonly cancelled: boolean; readonly task: Task; readonly effects: readonly Effect[] } => {
  const { task } = facts;
  if (task.state !== 'queued') return { cancelled: false, task, effects: [] };
  const changes = { state: 'cancelled', error, charge: 'released', endedAt: inputs.now, dueAt: null } as const;
  return { cancelled: true, task: { ...task, ...changes }, effects: endEffects(facts, changes, inputs) };
};

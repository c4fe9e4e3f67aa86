import { idOf, insert, isOpen, update } from '@freshet/domain';
import type {
  Breaker,
  BudgetCounter,
  Charge,
  Closure,
  Connection,
  Effect,
  Instant,
  KeptSweep,
  LedgerEntry,
  Pull,
  Task,
} from '@freshet/domain';
import { ratesAfter, replanned } from '../background/replan.js';
import { breakerEffects } from '../breaker/breaker-effects.js';
import { chargeFor, settleMoney } from '../cost/settle.js';
import { otherPull } from '../event/other-pull.js';
import { learned, type LearningFacts } from '../freshness/learn.js';
import { draftsEffects } from '../group/draft.js';
import { groupFreshness, newestData } from '../group/group-freshness.js';
import { eraseCredentials } from '../group/severed.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import { nextLook, retryDelay } from './backoff.js';
import { learnedClosure } from './learned-closure.js';
import { afterOutcome } from './after-outcome.js';
import type { CallEnd, Phase, Resolution } from './resolution.js';
import { exhausted, givenUp, resolve, triedAgain } from './resolution.js';

/** What has to be known when an answer comes in. */
export interface OutcomeFacts {
  readonly task: Task;
  readonly pull: Pull;
  /** The living members of the task's group; its connection among them, or deleted meanwhile. */
  readonly group: readonly Connection[];
  /** The pull's ledger entries, and the counters that count them. */
  readonly entries: readonly LedgerEntry[];
  readonly counters: readonly BudgetCounter[];
  /** An earlier task that holds the same job of the provider's: then nothing new was started. */
  readonly earlierWithSameJob: boolean;
  /** Where our call was handed back: the pull of the group that it met; null where that is not counted yet. */
  readonly met?: Pull | null;
  /** What is closed already. */
  readonly closures?: readonly Closure[];
  /** Of the provider and the institution, where the answer tells of them. */
  readonly breakers?: readonly Breaker[];
  /** Null where the answer teaches nothing. */
  readonly learning: LearningFacts | null;
  /** Whether the connector tells statuses itself. */
  readonly tellsStatus?: boolean;
  /** The plan in force, where the connection is ours to pull. */
  readonly kept?: KeptSweep | null;
}

export interface OutcomeDecision {
  readonly task: Task;
  readonly effects: readonly Effect[];
}

/** Whether a start that comes to nothing is the last that is made. */
export const isLastTry = (task: Task, policy: RefreshPolicy): boolean => task.tries + 1 >= policy.execution.maxAttempts;

/** Data from after the time to give up may be of a pull of the provider's own: it does not say that a lost call happened. */
const saysNothing = ({ task, pull }: OutcomeFacts, { arrived }: Resolution): boolean =>
  pull.state === 'unknown' && task.giveUpAt !== null && (arrived?.asOf ?? task.giveUpAt) > task.giveUpAt;

/**
 * A lost call that only a stamp speaks for: the data is here, and may as well be of a pull of the provider's own. Only its
 * task would tell that ours was made, so what it cost stays uncertain until an invoice says.
 */
const isToldByStampAlone = ({ task, pull }: OutcomeFacts, { fate }: Resolution): boolean =>
  fate === 'brought-data' && pull.state === 'unknown' && task.executor === 'engine' && task.providerTaskId === null;

const resolutionOf = (
  facts: OutcomeFacts,
  answer: CallEnd,
  phase: Phase,
  policy: RefreshPolicy,
  now: number,
): Resolution => {
  const handedBack = answer.kind === 'accepted' && facts.earlierWithSameJob;
  const resolution = resolve(handedBack ? { ...answer, coalesced: true } : answer, phase);
  const { task } = facts;
  if (resolution.task === 'watch' && task.giveUpAt !== null && now >= task.giveUpAt) return givenUp;
  if (saysNothing(facts, resolution)) return givenUp;
  if (isToldByStampAlone(facts, resolution)) return { ...resolution, fate: 'nobody-knows' };
  if (resolution.task !== 'again') return resolution;
  return isLastTry(task, policy) ? exhausted(resolution) : triedAgain(resolution);
};

/** A pull that has its end keeps it: one that was handed back or joined is not ours to count. */
const isSettled = (pull: Pull): boolean => pull.endedAt !== null;

/** When the data came: what the provider says of it, but neither before the call nor in the future. */
const hitAt = (pull: Pull, asOf: Instant | null, now: Instant): Instant =>
  Math.max(pull.at, Math.min(asOf ?? now, now));

const pullEffects = ({ pull, group }: OutcomeFacts, resolution: Resolution, inputs: TurnInputs): readonly Effect[] => {
  if (isSettled(pull)) return [];
  const { arrived } = resolution;
  const under = resolution.task === 'watch' && resolution.fate === null;
  // A lost reply stays unknown while it is looked for; a look alone does not make it accepted.
  const state = under && pull.state === 'unknown' ? 'unknown' : resolution.pull;
  if (under) return state === pull.state ? [] : [update('pull', pull.id, { state })];
  return [
    update('pull', pull.id, {
      state,
      at: arrived ? hitAt(pull, arrived.asOf, inputs.now) : pull.at,
      endedAt: inputs.now,
      sinceAt: arrived ? newestData(group) : null,
      newData: arrived?.newData ?? null,
      presence: null,
      presenceUntil: null,
    }),
  ];
};

/** Somebody else's pull that ours met: it brought data like any other, so it counts like any other. */
const metEffects = (facts: OutcomeFacts, { arrived, pull }: Resolution, inputs: TurnInputs): readonly Effect[] => {
  const connection = facts.group.find((member) => member.id === facts.task.connectionId);
  if (!isSettled(facts.pull) || arrived === null || connection === undefined || facts.met !== null) return [];
  // Data that we had came by a pull that is counted.
  const { asOf } = arrived;
  if (asOf !== null && facts.group.some(({ lastSuccessAt }) => lastSuccessAt !== null && lastSuccessAt >= asOf))
    return [];
  const at = hitAt(facts.pull, arrived.asOf, inputs.now);
  const products = arrived.products ?? facts.task.products;
  const met = otherPull(connection, 'background', pull, products, at, inputs);
  return [insert('pull', { ...met, newData: arrived.newData })];
};

/** The money of the pull, once its fate is known; a pull that was settled before keeps its charge. */
const chargeOf = (facts: OutcomeFacts, resolution: Resolution, policy: RefreshPolicy): Charge =>
  resolution.fate === null || isSettled(facts.pull)
    ? facts.task.charge
    : chargeFor(resolution.fate, facts.pull, policy);

const ended = (task: Task, resolution: Resolution, charge: Charge, now: number): Task => ({
  ...task,
  state: resolution.task as Task['state'],
  newData: resolution.arrived?.newData ?? null,
  error: resolution.error,
  charge,
  endedAt: now,
  dueAt: null,
  giveUpAt: null,
  leaseOwner: null,
  leaseUntil: null,
});

/** A call that met another's may never have been sent itself: its time to give up begins here. */
const watched = (task: Task, resolution: Resolution, charge: Charge, policy: RefreshPolicy, now: number): Task => ({
  ...task,
  state: 'running',
  giveUpAt: task.giveUpAt ?? now + policy.execution.giveUpMs,
  providerTaskId: resolution.providerTaskId ?? task.providerTaskId,
  charge,
  polls: task.polls + 1,
  dueAt: Math.min(now + nextLook(policy, task.polls), task.giveUpAt ?? Number.MAX_SAFE_INTEGER),
  leaseOwner: null,
  leaseUntil: null,
});

/** The next attempt holds limits and money of its own, the money since it was first held; it surely is the first that happens. */
const again = (facts: OutcomeFacts, resolution: Resolution, policy: RefreshPolicy, inputs: TurnInputs) => {
  const tries = facts.task.tries + 1;
  const dueAt = Math.max(
    inputs.now + retryDelay(policy, tries, facts.task.id),
    Math.min(resolution.retryAt ?? 0, inputs.now + policy.execution.maxBlockMs),
  );
  const pull: Pull = {
    ...facts.pull,
    id: idOf('pull', inputs.newId()),
    state: 'reserved',
    at: inputs.now,
    sentAt: null,
    endedAt: null,
    // Presence that will be over by then is not kept until then.
    ...((facts.pull.presenceUntil ?? 0) <= dueAt ? { presence: null, presenceUntil: null } : {}),
  };
  const task: Task = {
    ...facts.task,
    state: 'queued',
    pullId: pull.id,
    tries,
    charge: 'reserved',
    dueAt,
    giveUpAt: null,
    leaseOwner: null,
    leaseUntil: null,
  };
  const held = facts.entries
    .filter((entry) => entry.kind === 'reserved')
    .map((entry) => ({
      ...entry,
      id: idOf('ledger', inputs.newId()),
      pullId: pull.id,
      cause: inputs.cause,
    }));
  return { task, effects: [insert('pull', pull), ...held.map((entry) => insert('ledgerEntry', entry))] };
};

const taskAfter = (
  facts: OutcomeFacts,
  resolution: Resolution,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): { readonly task: Task; readonly effects: readonly Effect[] } => {
  if (resolution.task === 'again') return again(facts, resolution, policy, inputs);
  const charge = chargeOf(facts, resolution, policy);
  const task =
    resolution.task === 'watch'
      ? watched(facts.task, resolution, charge, policy, inputs.now)
      : ended(facts.task, resolution, charge, inputs.now);
  return { task, effects: [] };
};

const changedColumns = (before: Task, after: Task): Partial<Omit<Task, 'id'>> =>
  Object.fromEntries(
    (Object.keys(after) as (keyof Task)[]).filter((key) => after[key] !== before[key]).map((key) => [key, after[key]]),
  );

/** How the refresh ended, as far as the provider was reached. */
const forcedWell = (facts: OutcomeFacts, { fate }: Resolution): boolean | null => {
  if (isSettled(facts.pull)) return null;
  return fate === 'brought-data' ? true : fate === 'failed-at-provider' ? false : null;
};

/** What the answer teaches of the connection's rates. */
const learnedEffects = (
  facts: OutcomeFacts,
  resolution: Resolution,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): readonly Effect[] => {
  const connection = facts.group.find((member) => member.id === facts.task.connectionId);
  if (connection === undefined) return [];
  const { arrived } = resolution;
  const data =
    arrived === null
      ? null
      : {
          products: arrived.products ?? facts.task.products,
          asOf: Math.min(arrived.asOf ?? inputs.now, inputs.now),
          newData: arrived.newData,
        };
  const ended = { data, before: groupFreshness(facts.group), forced: forcedWell(facts, resolution) };
  return learned(connection, facts.learning, ended, policy, inputs.now);
};

/** What came, when it came, and what it was found to mean. */
interface Resolved {
  readonly answer: CallEnd;
  readonly phase: Phase;
  readonly resolution: Resolution;
}

const conclude = (
  facts: OutcomeFacts,
  { answer, phase, resolution }: Resolved,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): OutcomeDecision => {
  const { task, effects } = taskAfter(facts, resolution, policy, inputs);
  const charge =
    resolution.fate === null || isSettled(facts.pull) ? null : chargeFor(resolution.fate, facts.pull, policy);
  // A new attempt holds the same money again: the counters stay as they are.
  const counters = resolution.task === 'again' ? [] : facts.counters;
  const taught = learnedEffects(facts, resolution, policy, inputs);
  const rates = ratesAfter(taught, facts.learning?.rates ?? null);
  const drafts = afterOutcome(facts, resolution, answer.told ?? null, policy, inputs);
  return {
    task,
    effects: [
      update('task', task.id, changedColumns(facts.task, task)),
      ...pullEffects(facts, resolution, inputs),
      ...metEffects(facts, resolution, inputs),
      ...(charge === null || charge === 'reserved' ? [] : settleMoney(facts.entries, counters, charge, inputs)),
      ...effects,
      ...learnedClosure(facts.task, resolution, facts, policy, inputs),
      ...breakerEffects(facts, answer, phase, policy, inputs),
      ...taught,
      ...(isOpen(task.state) ? [] : eraseCredentials(task, facts.group, inputs)),
      ...draftsEffects(drafts, inputs),
      ...replanned(drafts, policy, { rates, kept: facts.kept ?? null }, inputs.now),
    ],
  };
};

/**
 * What a connector's answer does to the task, its pull, the money, the connection and its group. An answer to a task
 * that has ended changes nothing: it comes too late to be more than evidence.
 */
export const decideOutcome = (
  facts: OutcomeFacts,
  answer: CallEnd,
  phase: Phase,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): OutcomeDecision => {
  if (!isOpen(facts.task.state)) return { task: facts.task, effects: [] };
  const resolution = resolutionOf(facts, answer, phase, policy, inputs.now);
  return conclude(facts, { answer, phase, resolution }, policy, inputs);
};

const NEVER_SENT: CallEnd = { kind: 'never-sent', message: 'it was ended by hand before it was sent' };

/** Ends a task now, whatever it waits for: what was never sent did not happen, and of the rest nobody knows. */
export const decideEnd = (facts: OutcomeFacts, policy: RefreshPolicy, inputs: TurnInputs): OutcomeDecision => {
  if (!isOpen(facts.task.state)) return { task: facts.task, effects: [] };
  const resolved: Resolved =
    facts.pull.state === 'reserved'
      ? { answer: NEVER_SENT, phase: 'call', resolution: exhausted(resolve(NEVER_SENT, 'call')) }
      : { answer: { kind: 'pending' }, phase: 'look', resolution: givenUp };
  return conclude(facts, resolved, policy, inputs);
};

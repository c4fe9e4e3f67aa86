import { idOf, insert, MINUTE, update } from '@freshet/domain';
import type {
  BudgetCounter,
  Decision,
  DecisionRecord,
  Effect,
  LedgerEntry,
  Money,
  Pull,
  RefreshFacts,
  RefreshRequest,
  Task,
  TenantId,
} from '@freshet/domain';
import { probeEffects } from '../breaker/door.js';
import { holdMoney } from '../cost/hold.js';
import { wantedFromOf } from '../event/needless-task.js';
import { takePlaces } from '../limits/shared-places.js';
import type { RefreshPolicy } from '../policy.js';
import { wideningCost } from './gate-in-flight.js';

/** The customer's address is kept no longer than this, and erased when it is sent. */
export const PRESENCE_KEPT_MS = 5 * MINUTE;

export interface RefreshToRecord {
  readonly tenantId: TenantId;
  /** One id names everything that the turn makes: the decision, its task, the pull and the money held. */
  readonly uuid: string;
  readonly facts: RefreshFacts;
  /** Every counter of the tenant whose period it is, as the facts' budgets were read from them. */
  readonly counters: readonly BudgetCounter[];
  readonly request: RefreshRequest;
  readonly policy: RefreshPolicy;
  readonly decision: Decision;
  /** The task that is joined, whole. */
  readonly openTask: Task | null;
  /** The customer's address and agent, sealed; null where the customer is not there. */
  readonly presence: string | null;
  /** `background`: nobody asked for it, it fell due; left out: somebody did. */
  readonly origin?: 'forced' | 'background';
}

export interface RecordedRefresh {
  readonly record: DecisionRecord;
  /** Opened or joined. */
  readonly task: Task | null;
  readonly effects: readonly Effect[];
}

const newTask = ({ tenantId, uuid, facts, request, policy, decision }: RefreshToRecord): Task => {
  const permit = policy.forced.executor === 'caller';
  return {
    id: idOf('task', uuid),
    tenantId,
    connectionId: facts.asked.id,
    groupKey: facts.asked.groupKey,
    decisionId: idOf('decision', uuid),
    connector: facts.asked.connector,
    provider: facts.asked.provider,
    state: permit ? 'running' : 'queued',
    executor: policy.forced.executor,
    products: decision.products,
    attended: request.attended,
    from: request.from,
    to: request.to,
    attempts: permit ? 1 : 0,
    pullId: idOf('pull', uuid),
    providerTaskId: null,
    newData: null,
    error: null,
    cost: decision.cost,
    charge: 'reserved',
    queuedAt: facts.now,
    wantedFrom: wantedFromOf(request, facts.now),
    startedAt: permit ? facts.now : null,
    endedAt: null,
    dueAt: permit ? facts.now + policy.execution.giveUpMs : facts.now,
    polls: 0,
    giveUpAt: permit ? facts.now + policy.execution.giveUpMs : null,
    leaseOwner: null,
    leaseUntil: null,
    fence: 0,
    tries: 0,
  };
};

/** A permit counts as sent from the start: its caller may read at any moment. */
const newPull = (input: RefreshToRecord, task: Task): Pull => {
  const { facts, request, presence } = input;
  const permit = task.executor === 'caller';
  const kept = permit ? null : presence;
  return {
    id: task.pullId,
    tenantId: input.tenantId,
    connector: task.connector,
    provider: task.provider,
    connectionId: task.connectionId,
    groupKey: task.groupKey,
    customerId: facts.asked.customerId,
    institutionId: facts.asked.institutionId,
    taskId: task.id,
    origin: input.origin ?? 'forced',
    attended: request.attended,
    products: task.products,
    state: permit ? 'sent' : 'reserved',
    at: facts.now,
    sentAt: permit ? facts.now : null,
    endedAt: null,
    sinceAt: null,
    newData: null,
    presence: kept,
    presenceUntil: kept === null ? null : facts.now + PRESENCE_KEPT_MS,
  };
};

/** The entry that holds the money; null where no price is known. */
const entryFor = (input: RefreshToRecord, task: Task, cost: Money | null): LedgerEntry | null =>
  cost && {
    id: idOf('ledger', input.uuid),
    tenantId: input.tenantId,
    connectionId: task.connectionId,
    connector: task.connector,
    provider: task.provider,
    taskId: task.id,
    pullId: task.pullId,
    kind: 'reserved',
    micros: cost.micros,
    currency: cost.currency,
    cause: idOf('decision', input.uuid),
    at: input.facts.now,
  };

/** What a decision does to a task, and the money that it holds for that. */
interface Made {
  readonly task: Task | null;
  readonly effects: readonly Effect[];
  readonly held: LedgerEntry | null;
}

const open = (input: RefreshToRecord): Made => {
  const task = newTask(input);
  return {
    task,
    effects: [
      insert('task', task),
      insert('pull', newPull(input, task)),
      ...(task.executor === 'caller' ? [attempted(input), ...tried(input, task)] : []),
      ...takePlaces({ ...input, attended: input.request.attended }),
    ],
    held: entryFor(input, task, task.cost),
  };
};

/** What a call of ours would leave on the connection when it is sent: a permit is given once. */
const attempted = ({ facts: { asked, now }, origin }: RefreshToRecord): Effect =>
  update('connection', asked.id, {
    lastAttemptAt: now,
    ...(origin === 'background' ? {} : { lastForcedAt: now }),
    updatedAt: now,
  });

/** A permit is let through as it is given: it may be the one that tries an open breaker. */
const tried = ({ facts, policy }: RefreshToRecord, task: Task): readonly Effect[] =>
  probeEffects(facts.closures, task, policy, 0, facts.now);

type Joined = { readonly task: Task; readonly effects: readonly Effect[] };

/**
 * Who joins one may want newer data than who opened it. Also where it is being tried: a try that surely did not happen
 * leaves it waiting again. A caller's never waits.
 */
const wantNewer = ({ request, facts }: RefreshToRecord, task: Task): Joined => {
  const wantedFrom = wantedFromOf(request, facts.now);
  if (task.executor === 'caller' || wantedFrom <= task.wantedFrom) return { task, effects: [] };
  return { task: { ...task, wantedFrom }, effects: [update('task', task.id, { wantedFrom })] };
};

const widenRange = ({ decision: { widensRange } }: RefreshToRecord, task: Task): Joined => {
  if (widensRange === null) return { task, effects: [] };
  const { from, to } = widensRange;
  return { task: { ...task, from, to }, effects: [update('task', task.id, { from, to })] };
};

const widen = (input: RefreshToRecord, task: Task): Made => {
  if (input.decision.widens.length === 0) return { task, effects: [], held: null };
  const products = [...task.products, ...input.decision.widens];
  const more = wideningCost(input, products);
  const cost = more === null ? task.cost : { ...more, micros: (task.cost?.micros ?? 0) + more.micros };
  return {
    task: { ...task, products, cost },
    effects: [update('task', task.id, { products, cost }), update('pull', task.pullId, { products })],
    held: more !== null && more.micros > 0 ? entryFor(input, task, more) : null,
  };
};

const taskOf = (input: RefreshToRecord): Made => {
  const { decision, openTask } = input;
  if (decision.verdict === 'force') return open(input);
  if (decision.verdict !== 'join' || openTask === null) return { task: null, effects: [], held: null };
  const wanted = wantNewer(input, openTask);
  const ranged = widenRange(input, wanted.task);
  const widened = widen(input, ranged.task);
  return { ...widened, effects: [...wanted.effects, ...ranged.effects, ...widened.effects] };
};

/** Everything that one decided request writes: the decision with its facts and, where it forces, the task and what it holds. */
export const recordRefresh = (input: RefreshToRecord): RecordedRefresh => {
  const { task, effects, held } = taskOf(input);
  const { tenantId, counters, policy, facts } = input;
  const purse = { tenantId, budgets: facts.budgets, counters, policy, now: facts.now };
  const record: DecisionRecord = {
    id: idOf('decision', input.uuid),
    tenantId: input.tenantId,
    connectionId: input.facts.asked.id,
    verdict: input.decision.verdict,
    taskId: task?.id ?? input.decision.taskId,
    policyVersion: input.policy.version,
    decision: input.decision,
    request: input.request,
    facts: input.facts,
    decidedAt: input.facts.now,
  };
  return { record, task, effects: [insert('decision', record), ...effects, ...holdMoney(held, purse)] };
};

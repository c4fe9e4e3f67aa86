import { pullOrigins } from '@freshet/domain';
import type {
  Breaker,
  BudgetCounter,
  Closure,
  Connection,
  LedgerEntry,
  Pull,
  Task,
  TaskId,
  TenantId,
} from '@freshet/domain';
import { breakersOver, isPresent, tellsOfOutages } from '@freshet/policy';
import type { CallEnd, OutcomeFacts, Phase, RefreshPolicy, SendingFacts, StartFacts } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Loader } from '@freshet/ports';
import type { Engine } from './engine.js';
import { loadKeptSweep } from './load-kept-sweep.js';
import { loadLearning } from './load-learning.js';
import { loadUsage, policyOf } from './load-refresh.js';

/** A task with what it holds, and the counters that count that. */
export interface TaskLoad {
  readonly task: Task;
  readonly pull: Pull;
  readonly entries: readonly LedgerEntry[];
  readonly counters: readonly BudgetCounter[];
}

export function* loadTask(tenantId: TenantId, id: TaskId): Loader<TaskLoad | undefined> {
  const task = yield* read('task', { tenantId, id });
  if (task === null) return undefined;
  return yield* loadHeld(task);
}

/** The pull of a task, and the money held for it. */
export function* loadHeld(task: Task): Loader<TaskLoad | undefined> {
  const { tenantId } = task;
  const pull = yield* read('pull', { tenantId, id: task.pullId });
  if (pull === null) return undefined;
  const entries = yield* read('ledgerOfPull', { tenantId, pullId: task.pullId });
  const counters: BudgetCounter[] = [];
  // A widened task was priced at two times, which may lie in two periods.
  for (const at of new Set(entries.filter(({ kind }) => kind === 'reserved').map((entry) => entry.at))) {
    const then = yield* read('budgetCounters', { tenantId, at });
    counters.push(...then.filter(({ id }) => counters.every((known) => known.id !== id)));
  }
  return { task, pull, entries, counters };
}

/** The task's connection, living or not, and its group. */
export interface GroupLoad {
  readonly connection: Connection;
  readonly group: readonly Connection[];
  readonly policy: RefreshPolicy;
}

export function* loadGroup(engine: Engine, task: Task): Loader<GroupLoad | undefined> {
  const group = yield* read('group', { tenantId: task.tenantId, id: task.connectionId });
  const connection = group.find((member) => member.id === task.connectionId);
  return connection === undefined ? undefined : { connection, group, policy: policyOf(engine, connection) };
}

function* loadClosures(task: Task, connection: Connection): Loader<readonly Closure[]> {
  return yield* read('closures', {
    tenantId: task.tenantId,
    connector: task.connector,
    provider: task.provider,
    institutionId: connection.institutionId,
    groupKey: connection.groupKey,
    connectionId: connection.id,
  });
}

export interface StartLoad {
  readonly facts: StartFacts;
  readonly connection: Connection;
  readonly policy: RefreshPolicy;
}

export function* loadStart(engine: Engine, tenantId: TenantId, id: TaskId): Loader<StartLoad | undefined> {
  const held = yield* loadTask(tenantId, id);
  if (held === undefined) return undefined;
  const found = yield* loadGroup(engine, held.task);
  if (found === undefined) return undefined;
  const { connection, group, policy } = found;
  const { task, pull } = held;
  const closures = yield* loadClosures(task, connection);
  const now = engine.clock.now();
  // Once the customer has left it is an unattended call, and meets the limits of one.
  const asks = { products: task.products, attended: isPresent(task, pull, now), except: pull.id };
  const usage = yield* loadUsage(connection, policy, asks, now);
  const facts = { ...held, group, closures, connectorOn: engine.connectorsOf(tenantId).has(task.connector), usage };
  return { facts, connection, policy };
}

/** What a worker asks again at the moment of sending: as little as it takes to see a pause, a deletion or another pull. */
export function* loadSending({ tenantId, id }: Task): Loader<Omit<SendingFacts, 'before'> | undefined> {
  const task = yield* read('task', { tenantId, id });
  if (task === null) return undefined;
  const pull = yield* read('pull', { tenantId, id: task.pullId });
  const group = yield* read('group', { tenantId, id: task.connectionId });
  const connection = group.find((member) => member.id === task.connectionId);
  if (pull === null || connection === undefined) return undefined;
  return { task, pull, group, closures: yield* loadClosures(task, connection) };
}

export interface OutcomeLoad {
  readonly facts: OutcomeFacts;
  readonly policy: RefreshPolicy;
}

/** An answer as it came in, and when; null: none did, and a lease is freed. */
export interface Answered {
  readonly answer: CallEnd;
  readonly phase: Phase;
}

/** The answers from which something is learned: data came, or the provider was reached and failed. */
const teaches: ReadonlySet<CallEnd['kind']> = new Set(['done', 'partial', 'customer-needed', 'unavailable']);

/** The breakers over a task, where its answer tells of outages. */
function* loadBreakers(
  task: Task,
  { institutionId }: Connection,
  answered: Answered | null,
): Loader<readonly Breaker[]> {
  if (answered === null || !tellsOfOutages(answered.answer, answered.phase)) return [];
  const found: Breaker[] = [];
  for (const { id } of breakersOver(task, institutionId)) {
    const breaker = yield* read('breaker', { id });
    if (breaker !== null) found.push(breaker);
  }
  return found;
}

export function* loadOutcome(
  engine: Engine,
  tenantId: TenantId,
  id: TaskId,
  answered: Answered | null,
): Loader<OutcomeLoad | undefined> {
  const held = yield* loadTask(tenantId, id);
  if (held === undefined) return undefined;
  const found = yield* loadGroup(engine, held.task);
  if (found === undefined) return undefined;
  const { connector } = held.task;
  const tellsStatus = engine.connectorsOf(tenantId).get(connector)?.capabilities.tellsStatus ?? false;
  // The job that an answer names: an earlier task with the same one had it started.
  const providerTaskId = answered?.answer.kind === 'accepted' ? answered.answer.providerTaskId : null;
  const same =
    providerTaskId === null ? null : yield* read('taskByProviderTask', { tenantId, connector, providerTaskId });
  const met = held.pull.endedAt === null ? null : yield* loadMet(held, found.policy);
  const closures = yield* loadClosures(held.task, found.connection);
  const learning =
    answered !== null && teaches.has(answered.answer.kind)
      ? yield* loadLearning(found.group, found.connection, found.policy, engine.clock.now())
      : null;
  const breakers = yield* loadBreakers(held.task, found.connection, answered);
  const earlierWithSameJob = same !== null && same.id !== id;
  const kept = yield* loadKeptSweep(engine, tenantId, found.policy);
  const facts = {
    ...held,
    group: found.group,
    earlierWithSameJob,
    met,
    closures,
    breakers,
    tellsStatus,
    learning,
    kept,
  };
  return { facts, policy: found.policy };
}

/** The pull that a call of ours met instead of starting one, where it is counted: ours from before, or told by the provider. */
function* loadMet({ task, pull }: TaskLoad, policy: RefreshPolicy): Loader<Pull | null> {
  return yield* read('latestPull', {
    tenantId: task.tenantId,
    scope: { kind: 'group', groupKey: task.groupKey },
    origins: pullOrigins,
    states: ['accepted', 'succeeded', 'partial'],
    attended: null,
    products: null,
    since: pull.at - (policy.coalesces?.withinMs ?? 0) - 1,
    except: pull.id,
  });
}

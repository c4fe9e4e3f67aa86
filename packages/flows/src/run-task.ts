import { isOpen } from '@freshet/domain';
import type {
  Connection,
  ConnectorName,
  CustomerPresence,
  Effect,
  Instant,
  RefreshAnswer,
  RefreshProgress,
  StatusAndReason,
  Task,
  TaskId,
  TenantId,
} from '@freshet/domain';
import { decideOutcome, decideRelease, decideSending, decideStart, isLastTry, newestData } from '@freshet/policy';
import type { CallEnd, NeverSent, Phase, SendingDecision, StartDecision } from '@freshet/policy';
import type { Connector } from '@freshet/ports';
import { call, callContext, connectionCall } from './connection-call.js';
import { callLeaseMs, turnInputs, type Engine } from './engine.js';
import { loadOutcome, loadSending, loadStart, type StartLoad } from './load-task.js';
import { presenceBelongsTo } from './request-refresh.js';

/** The worker does not hold the task any more: it stops, and writes nothing. */
class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** What it was started under has changed: nothing was sent, and the task is queued again. */
class PutBack extends Error {
  override readonly name = 'PutBack';
}

interface Started {
  readonly start: StartDecision;
  readonly load: StartLoad;
}

const lease = (engine: Engine, connector: ConnectorName) => {
  const realNow = engine.clock.realNow();
  return { owner: engine.workerId, until: realNow + callLeaseMs(engine, connector), realNow };
};

const start = async (engine: Engine, tenantId: TenantId, id: TaskId): Promise<Started | undefined> => {
  const decided = await engine.store.turn(
    () => loadStart(engine, tenantId, id),
    (load): { readonly effects: readonly Effect[]; readonly started?: Started } => {
      if (load === undefined) return { effects: [] };
      const decision = decideStart(
        load.facts,
        load.policy,
        lease(engine, load.facts.task.connector),
        turnInputs(engine, id),
      );
      return { effects: decision.effects, started: { start: decision, load } };
    },
  );
  return decided.started;
};

/** Makes `sent` durable, or stops the call. */
const markSent = async (engine: Engine, { start: { task, attended }, load }: Started): Promise<void> => {
  const { id, fence } = task;
  const decided = await engine.store.turn(
    () => loadSending(task),
    (facts): SendingDecision =>
      facts === undefined
        ? { go: 'held', effects: [] }
        : decideSending(
            { ...facts, before: load.facts.group },
            fence,
            attended,
            load.policy,
            lease(engine, task.connector),
            turnInputs(engine, id),
          ),
  );
  if (decided.go === 'held') throw new LeaseLost(`task ${id} is not this worker's any more`);
  if (decided.go === 'later') throw new PutBack(`task ${id} may not be sent now`);
};

/** The customer's address, only where they are present for this very call. */
const presenceOf = (engine: Engine, { start: { attended, task }, load }: Started): CustomerPresence | null => {
  const sealed = load.facts.pull.presence;
  if (!attended || sealed === null) return null;
  const opened = engine.vault.open(sealed, presenceBelongsTo(task.id));
  return opened === undefined ? null : (JSON.parse(opened) as CustomerPresence);
};

const forced = async (engine: Engine, connector: Connector, started: Started): Promise<RefreshAnswer | NeverSent> => {
  const { task } = started.start;
  const { connection, facts } = started.load;
  const request = {
    ...connectionCall(engine, connection),
    pullId: task.pullId,
    products: task.products,
    allProducts: connection.products.every((product) => task.products.includes(product)),
    from: task.from,
    to: task.to,
    historicalLoaded: facts.group.some((member) => member.historicalLoaded),
    presence: presenceOf(engine, started),
  };
  // Whatever keeps `sent` from being durable keeps the call from being made: the lease runs out, and it is tried again.
  let notSent: Error | undefined;
  let isSent = false;
  const sending = async (): Promise<void> => {
    try {
      await markSent(engine, started);
      isSent = true;
    } catch (error) {
      notSent = error as Error;
      throw error;
    }
  };
  const answer = await call<RefreshAnswer | undefined>(engine, connector, 'refresh', async (to) => {
    try {
      return await to.refresh(request, { ...callContext(engine, to.name), sending });
    } catch (error) {
      if (notSent === undefined) throw error;
      return undefined;
    }
  });
  if (notSent !== undefined || answer === undefined) throw notSent;
  // Lost before its first byte: that it did not happen is known.
  if (answer.kind !== 'unknown' || isSent) return answer;
  return { kind: 'never-sent', message: answer.message };
};

/** The call that a worker made under its lease; null for a look, which needs that nobody makes one. */
type Held = Pick<Task, 'fence'> | null;

/** Whether what was seen may still be written: not if another worker took the task meanwhile, or makes its call. */
const mayWrite = (engine: Engine, task: Task, held: Held): boolean =>
  held === null
    ? task.state === 'running' && task.leaseOwner === null
    : task.fence === held.fence && task.leaseOwner === engine.workerId;

/** Records what an answer means, in one turn. The task as it is then. */
export const settle = async (
  engine: Engine,
  tenantId: TenantId,
  id: TaskId,
  answer: CallEnd,
  held: Held,
): Promise<Task | undefined> => {
  const phase: Phase = held === null ? 'look' : 'call';
  const decided = await engine.store.turn(
    () => loadOutcome(engine, tenantId, id, { answer, phase }),
    (load): { readonly task?: Task; readonly isStale?: boolean; readonly effects: readonly Effect[] } => {
      if (load === undefined) return { effects: [] };
      const { task } = load.facts;
      if (!mayWrite(engine, task, held)) return { task, isStale: held !== null, effects: [] };
      return decideOutcome(load.facts, answer, phase, load.policy, turnInputs(engine, id));
    },
  );
  if (decided.isStale === true) throw new LeaseLost(`task ${id} was taken over before its answer came`);
  return decided.task;
};

const startAndCall = async (engine: Engine, connector: Connector, tenantId: TenantId, id: TaskId): Promise<void> => {
  const started = await start(engine, tenantId, id);
  if (started === undefined || started.start.go !== 'call') return;
  try {
    const answer = await forced(engine, connector, started);
    await settle(engine, tenantId, id, answer, started.start.task);
  } catch (error) {
    if (error instanceof PutBack) {
      engine.log.info('a call was overtaken by a closure, a change or a new window: queued again', { taskId: id });
    } else if (error instanceof LeaseLost) {
      engine.log.warn('a worker lost its lease and stopped', { taskId: id, workerId: engine.workerId });
    } else throw error;
  }
};

/** So many changes between a call and a look at it are already unusual. */
const CHANGES_LOOKED_AT = 20;

/** The status when the call was sent: a webhook may have moved it since. */
const statusAt = async (engine: Engine, connection: Connection, at: Instant): Promise<StatusAndReason> => {
  const { tenantId, id: connectionId } = connection;
  const page = { tenantId, connectionId, limit: CHANGES_LOOKED_AT, before: null };
  const changes = await engine.store.read('historyPage', page);
  const first = changes.filter((change) => change.at >= at && change.fromStatus !== null).at(-1);
  return first === undefined
    ? { status: connection.status, reason: connection.statusReason }
    : { status: first.fromStatus ?? connection.status, reason: first.fromReason };
};

/** What the provider shows of a call that was made, free of charge; undefined: its rows are gone. */
export const lookAtTask = async (
  engine: Engine,
  connector: Connector,
  task: Task,
): Promise<RefreshProgress | undefined> => {
  const { tenantId } = task;
  const pull = await engine.store.read('pull', { tenantId, id: task.pullId });
  const group = await engine.store.read('group', { tenantId, id: task.connectionId });
  const connection = group.find((member) => member.id === task.connectionId);
  if (pull === null || connection === undefined) return undefined;
  const sentAt = pull.sentAt ?? pull.at;
  const request = {
    ...connectionCall(engine, connection),
    providerTaskId: task.providerTaskId,
    products: task.products,
    sentAt,
    // Of any twin: they share one provider connection.
    asOfBefore: newestData(group),
    statusBefore: await statusAt(engine, connection, sentAt),
  };
  return call(engine, connector, 'progress', (to) => to.progress(request, callContext(engine, to.name)));
};

const look = async (engine: Engine, connector: Connector, task: Task): Promise<void> => {
  const progress = await lookAtTask(engine, connector, task);
  if (progress !== undefined) await settle(engine, task.tenantId, task.id, progress, null);
};

/** Where the connector is switched off, or the reader is a caller that never reported, only time can end a task. */
const watchWithoutLooking = async (engine: Engine, task: Task): Promise<void> => {
  await settle(engine, task.tenantId, task.id, { kind: 'pending' }, null);
};

/** Never sent, again and again: whatever ends its workers is not tried for ever. */
const NEVER_SENT: NeverSent = {
  kind: 'never-sent',
  message: 'every worker that took it was gone before it could send',
};

/** Frees what a worker that is gone still holds: never sent is queued again (a few times), sent is looked for. */
const release = (engine: Engine, tenantId: TenantId, id: TaskId): Promise<unknown> =>
  engine.store.turn(
    () => loadOutcome(engine, tenantId, id, null),
    (load): { readonly effects: readonly Effect[] } => {
      if (load === undefined) return { effects: [] };
      const { facts, policy } = load;
      const realNow = engine.clock.realNow();
      const freed = decideRelease(facts, realNow, turnInputs(engine, id));
      const isLast = facts.pull.state === 'reserved' && isLastTry(facts.task, policy);
      return freed.effects.length > 0 && isLast
        ? decideOutcome(facts, NEVER_SENT, 'call', policy, turnInputs(engine, id))
        : freed;
    },
  );

/**
 * One due task, one step on: a queued one is started and its call made; a running one is looked at; what a dead worker
 * held is freed. Whoever else runs it at the same time, the call is made at most once.
 */
export const runTask = async (engine: Engine, tenantId: TenantId, id: TaskId): Promise<void> => {
  const task = await engine.store.read('task', { tenantId, id });
  if (task === null || !isOpen(task.state)) return;
  const connector = engine.connectorsOf(tenantId).get(task.connector);
  if (task.leaseUntil !== null) {
    await release(engine, tenantId, id);
  } else if (task.state === 'running') {
    const mayLook = connector !== undefined && task.executor === 'engine';
    await (mayLook ? look(engine, connector, task) : watchWithoutLooking(engine, task));
  } else if (connector === undefined) {
    await start(engine, tenantId, id);
  } else {
    await startAndCall(engine, connector, tenantId, id);
  }
};

/** Frees what dead workers hold. */
export const releaseDeadLeases = async (engine: Engine, limit: number): Promise<number> => {
  const dead = await engine.store.read('deadLeases', { realNow: engine.clock.realNow(), limit });
  for (const { tenantId, id } of dead) await release(engine, tenantId, id);
  return dead.length;
};

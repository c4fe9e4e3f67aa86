import type { Connection, ConnectorName, Effect, Instant, Task, TaskId, TenantId } from '@freshet/domain';
import {
  decideLoan,
  decideRenewalSending,
  decideRenewed,
  RENEWING_MS,
  type LoanDecision,
  type RefreshPolicy,
  type RenewalDecision,
  type RenewalEnd,
  type RenewalLease,
} from '@freshet/policy';
import { read, type ConnectionCall, type Connector, type HeldToken, type RenewalAnswer } from '@freshet/ports';
import type { TokenKeeping } from '@freshet/ports';
import { call, callContext, connectionCall, credentialsBelongTo } from './connection-call.js';
import { callLeaseMs, turnInputs, type Engine } from './engine.js';
import { loadOutcome, type Answered } from './load-task.js';

export type LoanResult =
  | { readonly kind: 'not-found' }
  /** No permit, or one that has ended. */
  | { readonly kind: 'not-allowed'; readonly task: Task }
  /** Its team keeps the tokens. */
  | { readonly kind: 'not-kept' }
  | { readonly kind: 'connector-off'; readonly connector: string }
  /** Only the customer helps. */
  | { readonly kind: 'not-refreshable'; readonly connection: Connection }
  /** Somebody renews it at this moment, or the token service has to be left alone for a while. */
  | { readonly kind: 'later'; readonly retryAt: Instant }
  | { readonly kind: 'lent'; readonly token: string; readonly expiresAt: Instant | null };

const leaseOf = (engine: Engine, connector: ConnectorName, id: string): RenewalLease => {
  const realNow = engine.clock.realNow();
  return { id, until: realNow + callLeaseMs(engine, connector), realNow };
};

/** What a loan is decided from, and the call that it may take; no token is among the facts. */
interface LoanLoad {
  readonly facts: Parameters<typeof decideLoan>[0];
  readonly policy: RefreshPolicy;
  readonly connection: Connection;
  readonly keeping: TokenKeeping | undefined;
  readonly connector: Connector | undefined;
  readonly asked: ConnectionCall;
  readonly held: HeldToken;
}

/** The worst that a loan can end in: a token that is dead. What that needs to know is loaded. */
const MAY_COME_TO: Answered = {
  answer: { kind: 'customer-needed', event: 'failed_token_expired', message: '' },
  phase: 'look',
};

const NOTHING_HELD: HeldToken = { token: null, expiresAt: null, renewable: false };

function* loadLoan(engine: Engine, tenantId: TenantId, id: TaskId) {
  const load = yield* loadOutcome(engine, tenantId, id, MAY_COME_TO);
  const connection = load?.facts.group.find((member) => member.id === load.facts.task.connectionId);
  if (load === undefined || connection === undefined) return undefined;
  const renewal = yield* read('tokenRenewal', { tenantId, id: connection.id });
  const connector = engine.connectorsOf(tenantId).get(connection.connector);
  const keeping = connector?.tokens;
  const asked = connectionCall(engine, connection);
  const held = asked.credentials === null || keeping === undefined ? NOTHING_HELD : keeping.tokenIn(asked.credentials);
  const isKept = held.token !== null || held.renewable;
  const facts = {
    outcome: load.facts,
    renewal,
    kept: isKept ? { until: held.token === null ? null : held.expiresAt, renewable: held.renewable } : null,
    connectorOff: connector === undefined && connection.credentials !== null,
  };
  return { facts, policy: load.policy, connection, connector, keeping, asked, held } satisfies LoanLoad;
}

/** The lease was taken over: this worker sends nothing. */
class RenewalTakenOver extends Error {
  override readonly name = 'RenewalTakenOver';
}

const markSent = async (engine: Engine, { tenantId, id, connector }: Connection, lease: string): Promise<void> => {
  const { go } = await engine.store.turn(
    () => read('tokenRenewal', { tenantId, id }),
    (renewal) => decideRenewalSending(renewal, leaseOf(engine, connector, lease), turnInputs(engine, id)),
  );
  if (!go) throw new RenewalTakenOver(`the renewal of ${id} was taken over before it was sent`);
};

const NEVER_SENT: RenewalEnd = { kind: 'put-off', until: null };

const endOf = (engine: Engine, connection: Connection, answer: RenewalAnswer, isSent: boolean): RenewalEnd => {
  switch (answer.kind) {
    case 'renewed': {
      const sealed = engine.vault.seal(JSON.stringify(answer.credentials), credentialsBelongTo(connection));
      return { kind: 'renewed', credentials: sealed };
    }
    case 'customer-needed':
      return { kind: 'dead' };
    case 'limited':
      return { kind: 'put-off', until: answer.until };
    case 'unavailable':
      return { kind: 'put-off', until: answer.retryAt };
    case 'refused':
      engine.log.warn('a token was not renewed', { connectionId: connection.id, why: answer.message });
      return NEVER_SENT;
    case 'unknown':
      return isSent ? { kind: 'lost' } : NEVER_SENT;
  }
};

interface Renewed {
  readonly end: RenewalEnd;
  readonly token: HeldToken;
}

/** Null: another worker took it over before anything was sent. */
const renew = async (
  engine: Engine,
  {
    connection,
    connector,
    keeping,
    asked,
  }: LoanLoad & { readonly connector: Connector; readonly keeping: TokenKeeping },
  lease: string,
): Promise<Renewed | null> => {
  let notSent: Error | undefined;
  let isSent = false;
  const sending = async (): Promise<void> => {
    try {
      await markSent(engine, connection, lease);
      isSent = true;
    } catch (error) {
      notSent = error as Error;
      throw error;
    }
  };
  const answer = await call<RenewalAnswer | undefined>(engine, connector, 'renew', async () => {
    try {
      return await keeping.renew(asked, { ...callContext(engine, connector.name), sending });
    } catch (error) {
      if (notSent === undefined) throw error;
      return undefined;
    }
  });
  if (notSent instanceof RenewalTakenOver) return null;
  if (notSent !== undefined || answer === undefined) throw notSent;
  const token = answer.kind === 'renewed' ? keeping.tokenIn(answer.credentials) : NOTHING_HELD;
  return { end: endOf(engine, connection, answer, isSent), token };
};

const settleRenewal = (
  engine: Engine,
  { connection }: LoanLoad,
  id: TaskId,
  lease: string,
  end: RenewalEnd,
): Promise<RenewalDecision> =>
  engine.store.turn(
    () => loadLoan(engine, connection.tenantId, id),
    (load): RenewalDecision =>
      load === undefined
        ? { go: 'dead', effects: [] }
        : decideRenewed(
            { outcome: load.facts.outcome, renewal: load.facts.renewal },
            end,
            { lease, credentials: connection.credentials },
            load.policy,
            turnInputs(engine, id),
          ),
  );

const lent = (engine: Engine, { token, expiresAt }: HeldToken): LoanResult =>
  token === null ? { kind: 'later', retryAt: engine.clock.now() + RENEWING_MS } : { kind: 'lent', token, expiresAt };

const renewAndLend = async (engine: Engine, load: LoanLoad, id: TaskId, lease: string): Promise<LoanResult> => {
  const { connection, connector, keeping } = load;
  if (connector === undefined || keeping === undefined)
    return { kind: 'connector-off', connector: connection.connector };
  const renewed = await renew(engine, { ...load, connector, keeping }, lease);
  if (renewed === null) return { kind: 'later', retryAt: engine.clock.now() + RENEWING_MS };
  const settled = await settleRenewal(engine, load, id, lease, renewed.end);
  if (settled.go === 'later') return { kind: 'later', retryAt: settled.retryAt };
  if (settled.go === 'dead') return { kind: 'not-refreshable', connection: await present(engine, connection) };
  return lent(engine, renewed.token);
};

const present = async ({ store }: Engine, connection: Connection): Promise<Connection> =>
  (await store.read('connection', { tenantId: connection.tenantId, id: connection.id })) ?? connection;

/**
 * The caller of a permit borrows the token that its read is made with: the one that is kept where it is current, else a
 * renewed one. `refused`: the one that it was lent for this permit was answered as dead.
 */
export const borrowToken = async (
  engine: Engine,
  tenantId: TenantId,
  id: TaskId,
  refused = false,
): Promise<LoanResult> => {
  const lease = engine.ids.next();
  const { load, loan } = await engine.store.turn(
    () => loadLoan(engine, tenantId, id),
    (found): { load?: LoanLoad; loan?: LoanDecision; readonly effects: readonly Effect[] } => {
      if (found === undefined) return { effects: [] };
      const decided = decideLoan(
        found.facts,
        refused,
        found.policy,
        leaseOf(engine, found.connection.connector, lease),
        turnInputs(engine, id),
      );
      return { load: found, loan: decided, effects: decided.effects };
    },
  );
  if (load === undefined || loan === undefined) return { kind: 'not-found' };
  const { connection, facts } = load;
  switch (loan.go) {
    case 'lend':
      return lent(engine, load.held);
    case 'renew':
      return renewAndLend(engine, load, id, lease);
    case 'later':
      return { kind: 'later', retryAt: loan.retryAt };
    case 'not-allowed':
      return { kind: 'not-allowed', task: facts.outcome.task };
    case 'connector-off':
      return { kind: 'connector-off', connector: connection.connector };
    case 'not-kept':
      return { kind: 'not-kept' };
    case 'dead':
    case 'not-refreshable':
      return { kind: 'not-refreshable', connection: await present(engine, connection) };
  }
};

import { HOUR, idOf, insert, MINUTE, pullOrigins, standingOf, update } from '@freshet/domain';
import type { Connection, Effect, ProviderEvent, Pull, TenantId, WebhookId, WebhookRecord } from '@freshet/domain';
import { decideEvent, groupKeyOf, type EventFacts, type RefreshPolicy } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Connector, Loader, RawWebhook } from '@freshet/ports';
import { callContext } from './connection-call.js';
import { turnInputs, type Engine } from './engine.js';
import { loadLearning } from './load-learning.js';
import { loadHoldings } from './load-holdings.js';
import { policyOf } from './load-refresh.js';

export type WebhookResult =
  | { readonly kind: 'unknown-connector' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'stored'; readonly replay: boolean };

/** Verified, stored raw, answered. What it means is read afterwards: it is only a hint. */
export const receiveWebhook = async (
  engine: Engine,
  tenantId: TenantId,
  connectorName: string,
  raw: RawWebhook,
): Promise<WebhookResult> => {
  const connector = engine.connectorsOf(tenantId).get(connectorName);
  if (connector === undefined || !connector.capabilities.webhooks) return { kind: 'unknown-connector' };
  const verdict = await connector.verifyWebhook(raw, callContext(engine, connectorName));
  if (!verdict.genuine) return { kind: 'refused', why: verdict.why };
  const now = engine.clock.now();
  const row: WebhookRecord = {
    id: idOf('webhook', engine.ids.next()),
    tenantId,
    connector: connectorName,
    eventKey: verdict.eventKey,
    body: new TextDecoder().decode(raw.body),
    state: 'received',
    error: null,
    attempts: 0,
    receivedAt: now,
    dueAt: now,
  };
  const stored = await engine.store.turn(
    () => read('webhookByKey', { tenantId, connector: connectorName, eventKey: verdict.eventKey }),
    (earlier) => ({ replay: earlier !== null, effects: earlier === null ? [insert('webhook', row)] : [] }),
  );
  return { kind: 'stored', replay: stored.replay };
};

type Handled = Exclude<ProviderEvent, { kind: 'ignored' }>;

interface EventLoad {
  readonly facts: EventFacts;
  readonly policy: RefreshPolicy;
}

/** The key of the group that the connection is in by what the event tells of it. */
const keyAfter = (connection: Connection, event: Handled, policy: RefreshPolicy): string => {
  if (event.kind !== 'link-completed') return connection.groupKey;
  const providerConnectionId = event.providerConnectionId ?? connection.providerConnectionId;
  return groupKeyOf({ ...connection, status: 'ACTIVE', providerConnectionId }, policy.duplicates);
};

/** The group that it comes into, and what goes along; nothing where it stays. */
function* loadJoined(
  engine: Engine,
  connection: Connection,
  event: Handled,
  policy: RefreshPolicy,
): Loader<Pick<EventFacts, 'joins' | 'holdings'>> {
  const groupKey = keyAfter(connection, event, policy);
  if (groupKey === connection.groupKey) return { joins: [], holdings: {} };
  const joins = yield* read('groupByKey', { tenantId: connection.tenantId, groupKey });
  const leaves = { policy, now: engine.clock.now() };
  const holdings = {
    [connection.groupKey]: yield* loadHoldings(connection, connection.groupKey, leaves),
    [groupKey]: yield* loadHoldings(connection, groupKey, null),
  };
  return { joins, holdings };
}

/** The connection that an event is about: a job's end names the job before it names a connection. */
function* loadConnection(tenantId: TenantId, connector: string, event: Handled): Loader<Connection | null> {
  if (event.kind === 'job-ended') {
    const { providerTaskId } = event;
    const task = yield* read('taskByProviderTask', { tenantId, connector, providerTaskId });
    if (task !== null) return yield* read('connection', { tenantId, id: task.connectionId });
  }
  return yield* read('connectionByExternalId', { tenantId, connector, externalId: event.externalId });
}

/** The pull that data of that moment may belong to: of the last minutes, whoever made it. */
function* loadLastPull({ tenantId, groupKey }: Connection, at: number): Loader<Pull | null> {
  return yield* read('latestPull', {
    tenantId,
    scope: { kind: 'group', groupKey },
    origins: pullOrigins,
    states: ['sent', 'accepted', 'succeeded', 'partial', 'unknown'],
    attended: null,
    products: null,
    // A call of ours may have been given up long before its data is told of.
    since: at - HOUR,
    except: null,
  });
}

function* loadEvent(
  engine: Engine,
  tenantId: TenantId,
  connector: string,
  event: Handled,
): Loader<EventLoad | undefined> {
  const connection = yield* loadConnection(tenantId, connector, event);
  if (connection === null) return undefined;
  const policy = policyOf(engine, connection);
  const members = yield* read('group', { tenantId, id: connection.id });
  const openTask = yield* read('openTask', { tenantId, groupKey: connection.groupKey });
  const awaitedPull = yield* read('latestPull', {
    tenantId,
    scope: { kind: 'group', groupKey: connection.groupKey },
    origins: ['connect', 'repair', 'import', 'products'],
    states: ['accepted'],
    attended: null,
    products: null,
    since: Number.MIN_SAFE_INTEGER,
    except: null,
  });
  const joined = yield* loadJoined(engine, connection, event, policy);
  const now = engine.clock.now();
  const teaches = event.kind === 'aggregated' || event.kind === 'change-told';
  const learning = teaches ? yield* loadLearning(members, connection, now) : null;
  const lastPull = event.kind === 'aggregated' ? yield* loadLastPull(connection, Math.min(event.at, now)) : null;
  return { facts: { connection, group: members, ...joined, openTask, awaitedPull, learning, lastPull }, policy };
}

/** `waits`: it cannot be taken in yet; `unknown`: it is about nothing of ours. */
type Taken = 'taken' | 'waits' | 'unknown';

const take = async (engine: Engine, webhook: WebhookRecord, event: Handled): Promise<Taken> => {
  const decided = await engine.store.turn(
    () => loadEvent(engine, webhook.tenantId, webhook.connector, event),
    (load): { readonly taken: Taken; readonly effects: readonly Effect[] } => {
      if (load === undefined) return { taken: 'unknown', effects: [] };
      const { waits, effects } = decideEvent(load.facts, event, load.policy, turnInputs(engine, webhook.id));
      return { taken: waits ? 'waits' : 'taken', effects };
    },
  );
  if (decided.taken === 'taken' && event.kind === 'status-told') noteUnknownWord(engine, webhook, event);
  return decided.taken;
};

const noteUnknownWord = (
  engine: Engine,
  webhook: WebhookRecord,
  event: Extract<Handled, { kind: 'status-told' }>,
): void => {
  if (standingOf({ status: event.status, reason: event.reason }) !== 'UNKNOWN') return;
  const facts = { connector: webhook.connector, status: event.status, reason: event.reason, webhookId: webhook.id };
  engine.log.warn('a provider told a status that is not in the table: kept verbatim, not refreshable', facts);
};

/** Tried again a few times where the engine itself failed at it; then it is kept as failed, and seen. */
const MAX_ATTEMPTS = 5;

const close = async (
  engine: Engine,
  webhook: WebhookRecord,
  end: Partial<Omit<WebhookRecord, 'id'>>,
): Promise<void> => {
  await engine.store.turn(
    () => read('webhook', { tenantId: webhook.tenantId, id: webhook.id }),
    () => ({ effects: [update('webhook', webhook.id, end)] }),
  );
};

const translate = (connector: Connector, webhook: WebhookRecord): readonly Handled[] =>
  connector
    .translateWebhook(webhook.body, webhook.receivedAt)
    .filter((event): event is Handled => event.kind !== 'ignored');

/** Taken by one worker: to any other it is not due for a while, and should this one die, it is due again. */
const CLAIM_MS = MINUTE;

const claim = async (engine: Engine, tenantId: TenantId, id: WebhookId): Promise<WebhookRecord | null> => {
  const decided = await engine.store.turn(
    () => read('webhook', { tenantId, id }),
    (webhook): { readonly webhook: WebhookRecord | null; readonly effects: readonly Effect[] } => {
      const now = engine.clock.now();
      if (webhook === null || webhook.dueAt === null || webhook.dueAt > now) return { webhook: null, effects: [] };
      const taken = { attempts: webhook.attempts + 1, dueAt: now + webhook.attempts * MINUTE + CLAIM_MS };
      return { webhook: { ...webhook, ...taken }, effects: [update('webhook', id, taken)] };
    },
  );
  return decided.webhook;
};

/** How long an event waits for a refresh to end before it is looked at again. */
const WAIT_MS = MINUTE;

/** One that waits has not failed: it is taken again, however often, and what was taken of it already is a replay then. */
const endOf = (engine: Engine, webhook: WebhookRecord, taken: readonly Taken[]): Partial<Omit<WebhookRecord, 'id'>> => {
  if (taken.includes('waits')) return { attempts: webhook.attempts - 1, dueAt: engine.clock.now() + WAIT_MS };
  const isUnmatched = taken.length > 0 && taken.every((each) => each === 'unknown');
  return { state: isUnmatched ? 'unmatched' : 'processed', dueAt: null };
};

/** What a stored webhook means, event by event. One about nothing that we know is kept as `unmatched`. */
export const processWebhook = async (engine: Engine, tenantId: TenantId, id: WebhookId): Promise<void> => {
  const webhook = await claim(engine, tenantId, id);
  if (webhook === null) return;
  const connector = engine.connectorsOf(tenantId).get(webhook.connector);
  try {
    if (connector === undefined) throw new Error(`connector ${webhook.connector} is switched off`);
    const events = translate(connector, webhook);
    const taken: Taken[] = [];
    for (const event of events) taken.push(await take(engine, webhook, event));
    await close(engine, webhook, endOf(engine, webhook, taken));
  } catch (error) {
    const { attempts } = webhook;
    engine.log.warn('a webhook could not be processed', { webhookId: id, attempts, error: String(error) });
    const giveUp = attempts >= MAX_ATTEMPTS;
    await close(engine, webhook, { error: String(error), ...(giveUp ? { state: 'failed', dueAt: null } : {}) });
  }
};

/** In the order in which they came; resolves once all that was due is done. */
export const processDueWebhooks = async (engine: Engine, limit: number): Promise<number> => {
  const due = await engine.store.read('dueWebhooks', { now: engine.clock.now(), limit });
  for (const { tenantId, id } of due) await processWebhook(engine, tenantId, id);
  return due.length;
};

import { idOf, insert, MINUTE, standingOf, update } from '@freshet/domain';
import type { Connection, Effect, ProviderEvent, TenantId, WebhookId, WebhookRecord } from '@freshet/domain';
import { decideEvent, groupKeyOf, type EventFacts, type RefreshPolicy } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Connector, Loader, RawWebhook } from '@freshet/ports';
import { callContext } from './connection-call.js';
import { turnInputs, type Engine } from './engine.js';
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
  const connector = engine.connectors.get(connectorName);
  if (connector === undefined || !connector.capabilities.webhooks) return { kind: 'unknown-connector' };
  const verdict = await connector.verifyWebhook(raw, callContext(engine));
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

/** The group that the connection comes into by what the event tells of it. */
function* loadJoined(connection: Connection, event: Handled, policy: RefreshPolicy): Loader<readonly Connection[]> {
  if (event.kind !== 'link-completed') return [];
  const after = {
    ...connection,
    status: 'ACTIVE',
    providerConnectionId: event.providerConnectionId ?? connection.providerConnectionId,
  };
  const groupKey = groupKeyOf(after, policy.duplicates);
  if (groupKey === connection.groupKey) return [];
  return yield* read('groupByKey', { tenantId: connection.tenantId, groupKey });
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
  const joins = yield* loadJoined(connection, event, policy);
  return { facts: { connection, group: members, joins, openTask, awaitedPull }, policy };
}

const take = async (engine: Engine, webhook: WebhookRecord, event: Handled): Promise<boolean> => {
  const decided = await engine.store.turn(
    () => loadEvent(engine, webhook.tenantId, webhook.connector, event),
    (load): { readonly known: boolean; readonly effects: readonly Effect[] } =>
      load === undefined
        ? { known: false, effects: [] }
        : { known: true, ...decideEvent(load.facts, event, load.policy, turnInputs(engine, webhook.id)) },
  );
  if (decided.known && event.kind === 'status-told') noteUnknownWord(engine, webhook, event);
  return decided.known;
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

/** What a stored webhook means, event by event. One about nothing that we know is kept as `unmatched`. */
export const processWebhook = async (engine: Engine, tenantId: TenantId, id: WebhookId): Promise<void> => {
  const webhook = await claim(engine, tenantId, id);
  if (webhook === null) return;
  const connector = engine.connectors.get(webhook.connector);
  try {
    if (connector === undefined) throw new Error(`connector ${webhook.connector} is switched off`);
    const events = translate(connector, webhook);
    const known: boolean[] = [];
    for (const event of events) known.push(await take(engine, webhook, event));
    const unmatched = known.length > 0 && !known.includes(true);
    await close(engine, webhook, { state: unmatched ? 'unmatched' : 'processed', dueAt: null });
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

import { countedPullStates, HOUR, idOf, insert, MINUTE, standingOf, update } from '@freshet/domain';
import type {
  Connection,
  Effect,
  Feed,
  Instant,
  ProviderEvent,
  Pull,
  Task,
  TenantId,
  WebhookId,
  WebhookRecord,
} from '@freshet/domain';
import {
  decideEvent,
  ECHO_MS,
  isBackgroundMissed,
  keyToldBy,
  nearestPull,
  othersMayCost,
  type EventFacts,
  type RefreshPolicy,
} from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Connector, Loader, RawWebhook, UsageQuery, UsageScope } from '@freshet/ports';
import { callContext } from './connection-call.js';
import { turnInputs, type Engine } from './engine.js';
import { loadKeptSweep } from './load-kept-sweep.js';
import { loadLearning } from './load-learning.js';
import { loadHoldings } from './load-holdings.js';
import { loadFeeds } from './load-late.js';
import { activeOf, asProviderConnection, policyOf } from './load-refresh.js';
import { loadHeld } from './load-task.js';
import { noteFeeds } from './note-feeds.js';

export type WebhookResult =
  | { readonly kind: 'unknown-connector' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'stored'; readonly replay: boolean };

/** Bodies may hold account numbers and names: they are sealed, each to its own event. */
const bodyBelongsTo = ({ tenantId, connector, eventKey }: Pick<WebhookRecord, 'tenantId' | 'connector' | 'eventKey'>) =>
  `body of ${JSON.stringify([tenantId, connector, eventKey])}`;

/** Verified, stored as it came, answered. What it means is read afterwards: it is only a hint. */
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
  const about = { tenantId, connector: connectorName, eventKey: verdict.eventKey };
  const row: WebhookRecord = {
    ...about,
    id: idOf('webhook', engine.ids.next()),
    body: engine.vault.seal(new TextDecoder().decode(raw.body), bodyBelongsTo(about)),
    state: 'received',
    error: null,
    attempts: 0,
    receivedAt: now,
    dueAt: now,
  };
  const stored = await engine.store.turn(
    () => read('webhookByKey', about),
    (earlier) => ({ replay: earlier !== null, effects: earlier === null ? [insert('webhook', row)] : [] }),
  );
  return { kind: 'stored', replay: stored.replay };
};

export type Handled = Exclude<ProviderEvent, { kind: 'ignored' }>;

export interface EventLoad {
  readonly facts: EventFacts;
  readonly policy: RefreshPolicy;
}

/** The group that it comes into, and what goes along; nothing where it stays. */
function* loadJoined(
  engine: Engine,
  connection: Connection,
  event: Handled,
  policy: RefreshPolicy,
): Loader<Pick<EventFacts, 'joins' | 'holdings'>> {
  const groupKey = keyToldBy(connection, event, policy);
  if (groupKey === connection.groupKey) return { joins: [], holdings: {} };
  const joins = yield* read('groupByKey', { tenantId: connection.tenantId, groupKey });
  // An event that comes late takes along what counted when it happened.
  const leaves = { policy, now: Math.min(event.at, engine.clock.now()) };
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

type Asked = Pick<UsageQuery, 'scope' | 'origins' | 'states' | 'since' | 'except'>;

function* loadNewest({ tenantId }: Connection, asked: Asked): Loader<Pull | null> {
  return yield* read('latestPull', { tenantId, attended: null, products: null, ...asked });
}

const EVER = Number.MIN_SAFE_INTEGER;

/** More than this in so short a time are not told apart. */
const PULLS_AROUND = 50;

/** The pull that data of that moment may belong to, whoever made it: the nearest. A call of ours may have been given up long before. */
function* loadPullAround({ tenantId, groupKey }: Connection, at: Instant): Loader<Pull | null> {
  const scope: UsageScope = { kind: 'group', groupKey };
  const [from, until] = [at - HOUR, at + ECHO_MS + 1];
  const around = yield* read('pullsBetween', { tenantId, scope, from, until, limit: PULLS_AROUND });
  return nearestPull(around, at);
}

type PullFacts = Pick<EventFacts, 'awaitedPull' | 'lastPull' | 'lastLink' | 'earlierBackgroundAt'>;

/** The pulls that an event may be about, or may be a second word on. */
function* loadPulls(connection: Connection, event: Handled, now: Instant): Loader<PullFacts> {
  const { id: connectionId, groupKey } = connection;
  const group: UsageScope = { kind: 'group', groupKey };
  const own: UsageScope = { kind: 'connection', groupKey, connectionId };
  const awaitedPull = yield* loadNewest(connection, {
    scope: group,
    origins: ['connect', 'repair', 'import', 'products'],
    states: ['accepted'],
    since: EVER,
    except: null,
  });
  if (event.kind !== 'aggregated' && event.kind !== 'link-completed')
    return { awaitedPull, lastPull: null, lastLink: null, earlierBackgroundAt: null };
  const lastPull = yield* loadPullAround(connection, Math.min(event.at, now));
  if (event.kind === 'aggregated') return { awaitedPull, lastPull, lastLink: null, earlierBackgroundAt: null };
  const links = { scope: own, origins: ['connect', 'repair'], states: countedPullStates, since: EVER } as const;
  const lastLink = yield* loadNewest(connection, { ...links, except: null });
  const earlier = { scope: group, origins: ['background'], states: countedPullStates, since: EVER } as const;
  const earlierBackground = yield* loadNewest(connection, { ...earlier, except: lastPull?.id ?? null });
  return { awaitedPull, lastPull, lastLink, earlierBackgroundAt: earlierBackground?.at ?? null };
}

type WaitingFacts = Pick<EventFacts, 'queued' | 'late'>;

/** What data that comes makes needless, or on time: a refresh that still waits, and the watch over what was late. */
function* loadWaiting(
  { kind }: Handled,
  active: Connection,
  group: readonly Connection[],
  openTask: Task | null,
  policy: RefreshPolicy,
  now: Instant,
): Loader<WaitingFacts> {
  if (kind !== 'aggregated') return {};
  const queued = openTask?.state === 'queued' ? ((yield* loadHeld(openTask)) ?? null) : null;
  if (!isBackgroundMissed(policy, asProviderConnection(active, group), now)) return { queued };
  const watch = yield* read('backgroundWatch', { tenantId: active.tenantId, id: active.id });
  if (watch === null || watch.lateSince === null) return { queued };
  return { queued, late: { watch, feeds: { feeds: yield* loadFeeds(active), watched: null } } };
}

export function* loadEvent(
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
  const joined = yield* loadJoined(engine, connection, event, policy);
  const now = engine.clock.now();
  const teaches = event.kind === 'aggregated' || event.kind === 'change-told';
  const learning = teaches ? yield* loadLearning(members, connection, policy, now) : null;
  const pulls = yield* loadPulls(connection, event, now);
  const hasHistory = members.some((member) => member.historicalLoaded);
  const mayCost = event.kind === 'aggregated' && othersMayCost(policy.price, hasHistory);
  const counters = mayCost ? yield* read('budgetCounters', { tenantId, at: now }) : [];
  const waiting = yield* loadWaiting(event, activeOf(members, connection), members, openTask, policy, now);
  const kept = yield* loadKeptSweep(engine, tenantId, policy);
  const tellsStatus = engine.connectorsOf(tenantId).get(connector)?.capabilities.tellsStatus ?? false;
  const known = { connection, group: members, ...joined, openTask, tellsStatus };
  const facts = { ...known, ...pulls, learning, counters, kept, ...waiting };
  return { facts, policy };
}

/** `waits`: it cannot be taken in yet; `unknown`: it is about nothing of ours. */
type Taken = 'taken' | 'waits' | 'unknown';

/** Who tells it, and of whose connection. */
interface Telling {
  readonly tenantId: TenantId;
  readonly connector: string;
  readonly cause: string;
}

/** One event of a provider's, however it was heard of. */
export const takeEvent = async (engine: Engine, telling: Telling, event: Handled): Promise<Taken> => {
  const decided = await engine.store.turn(
    () => loadEvent(engine, telling.tenantId, telling.connector, event),
    (load): { readonly taken: Taken; readonly feeds: readonly Feed[]; readonly effects: readonly Effect[] } => {
      if (load === undefined) return { taken: 'unknown', feeds: [], effects: [] };
      const { waits, effects } = decideEvent(load.facts, event, load.policy, turnInputs(engine, telling.cause));
      return { taken: waits ? 'waits' : 'taken', feeds: load.facts.late?.feeds.feeds ?? [], effects };
    },
  );
  if (decided.taken === 'taken' && event.kind === 'status-told') noteUnknownWord(engine, telling, event);
  noteFeeds(engine, decided.feeds, decided.effects);
  return decided.taken;
};

const noteUnknownWord = (
  engine: Engine,
  { connector, cause }: Telling,
  event: Extract<Handled, { kind: 'status-told' }>,
): void => {
  if (standingOf({ status: event.status, reason: event.reason }) !== 'UNKNOWN') return;
  const facts = { connector, status: event.status, reason: event.reason, cause };
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

const translate = (engine: Engine, connector: Connector, webhook: WebhookRecord): readonly Handled[] => {
  const body = engine.vault.open(webhook.body, bodyBelongsTo(webhook));
  if (body === undefined) throw new Error('its body does not open: sealed under another key, or tampered with');
  return connector
    .translateWebhook(body, webhook.receivedAt)
    .filter((event): event is Handled => event.kind !== 'ignored');
};

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
    const events = translate(engine, connector, webhook);
    const taken: Taken[] = [];
    const telling = { tenantId, connector: webhook.connector, cause: webhook.id };
    for (const event of events) taken.push(await takeEvent(engine, telling, event));
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

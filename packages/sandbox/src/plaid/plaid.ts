import { connectionKey } from '../books/books.js';
import type { Connection } from '../books/records.js';
import type { Emulation } from '../emulation.js';
import type { WebhookHabits } from '../webhooks/outbox.js';
import { serveWire, type Answer, type Call, type Wire, type WireRoute } from '../wire/exchange.js';
import type { World } from '../world.js';
import { clientOf, connectionMeant, fieldOf, guardPlaid } from './access.js';
import { PLAID, plaidAnswer, plaidError, refusedBy } from './answers.js';
import { changeStatus, tell } from './events.js';
import { accessTokenOf, isGone, itemErrorOf, itemOf, itemView, keep, keepItem, stampOf, statusView } from './items.js';
import { overLimit } from './limits.js';
import { completeUpdate, createLinkToken, importItem, removeItem } from './link.js';
import { handlePulls, watchBackground } from './pulls.js';
import { balanceGet, refreshProduct } from './refresh.js';
import { PlaidSigner } from './signing.js';

const CONSENT_END_DUE = 'plaid-consent-end';
const CONSENT_WARNING_DUE = 'plaid-consent-warning';
const WARNED_BEFORE_MS = 7 * 24 * 60 * 60_000;
/** "Up to 24 hours, with a delay of 30 seconds, and each next four times longer" (plaid.com/docs/api/webhooks). */
const FIRST_RETRY_MS = 30_000;
const RETRY_GROWTH = 4;
const RETRY_FOR_MS = 24 * 60 * 60_000;

export async function emulatePlaid(world: World): Promise<Emulation> {
  const signer = await PlaidSigner.of(world.books);
  world.outbox.register('plaid', plaidWebhookHabits(world, signer));
  handlePulls(world);
  handleConsents(world);
  return {
    connector: 'plaid',
    serve: (app) => serveWire(app, world, plaidWire(world, signer)),
    adopt: (connection) => adopt(world, connection),
    announce: (connection, status, reason) => {
      changeStatus(world, connection, status, reason, { at: world.clock.now(), fault: null });
    },
    completeWidget: (session, at) => (completeUpdate(world, session, at) === null ? null : { taskId: null }),
  };
}

function plaidWebhookHabits(world: World, signer: PlaidSigner): WebhookHabits {
  return {
    indent: 2,
    headers: async (body) => ({ 'plaid-verification': await signer.sign(body, world.clock.now()) }),
    retryAfterMs: (_result, attempts, sinceFirstMs) => {
      const pauseMs = FIRST_RETRY_MS * RETRY_GROWTH ** (attempts - 1);
      return sinceFirstMs + pauseMs > RETRY_FOR_MS ? null : pauseMs;
    },
  };
}

/** Whoever has the Item's token is its owner: it is kept where it was told, else made up. */
function adopt(world: World, connection: Connection): void {
  const key = connectionKey('plaid', connection.externalId);
  const accessToken = accessTokenOf(connection);
  const adopted = keep(world, { ...connection, credentials: { ...connection.credentials, accessToken } });
  // What Plaid shows begins with the data that there is, and does not follow what comes by other products.
  keepItem(world, itemOf(world, adopted));
  watchBackground(world, adopted);
  const { consentExpiresAt: end } = adopted;
  const now = world.clock.now();
  // A consent that had ended before is not news: the status that was told stands.
  if (end === null || end <= now) return;
  world.schedule.plan(CONSENT_END_DUE, key, end);
  if (end - WARNED_BEFORE_MS > now) world.schedule.plan(CONSENT_WARNING_DUE, key, end - WARNED_BEFORE_MS);
}

function handleConsents(world: World): void {
  const whole = (key: string): Connection | null => {
    const connection = world.books.connections.get(key);
    return connection === undefined || isGone(connection) || itemErrorOf(connection) !== null ? null : connection;
  };
  world.schedule.on(CONSENT_END_DUE, (key, at) => {
    const connection = whole(key);
    if (connection?.consentExpiresAt !== at) return;
    changeStatus(world, connection, 'RECONNECT_REQUIRED', 'TOKEN_EXPIRED', { at, fault: null });
  });
  world.schedule.on(CONSENT_WARNING_DUE, (key, at) => {
    const connection = whole(key);
    if (connection?.consentExpiresAt !== at + WARNED_BEFORE_MS) return;
    const end = { consent_expiration_time: stampOf(connection.consentExpiresAt) };
    tell(world, 'ITEM', 'PENDING_EXPIRATION', connection, { at, fault: null }, end);
  });
}

function plaidWire(world: World, signer: PlaidSigner): Wire {
  return {
    connector: 'plaid',
    provider: PLAID,
    guard: (call) => guardPlaid(world, call),
    malformed: () => plaidError('INVALID_BODY'),
    refusedBy,
    routes: plaidRoutes(world, signer),
  };
}

function plaidRoutes(world: World, signer: PlaidSigner): WireRoute[] {
  const route = (url: string, operation: string, answer: (world: World, call: Call) => Answer): WireRoute => ({
    method: 'POST',
    url,
    operation,
    about: (call) => {
      const connection = connectionMeant(world, call);
      return connection === null ? [] : [connection];
    },
    answer: (call) => answer(world, call),
  });
  return [
    route('/transactions/refresh', 'refresh', (world, call) => refreshProduct(world, call, 'transactions')),
    route('/investments/refresh', 'refresh', (world, call) => refreshProduct(world, call, 'investments')),
    route('/accounts/balance/get', 'refresh', balanceGet),
    route('/item/get', 'status', getItem),
    route('/item/remove', 'delete', removeItem),
    route('/item/import', 'import', importItem),
    route('/link/token/create', 'repair', createLinkToken),
    route('/webhook_verification_key/get', 'keys', (_world, call) => {
      const key = signer.key(fieldOf(call, 'key_id'));
      return key === null ? plaidError('INVALID_WEBHOOK_VERIFICATION_KEY_ID') : plaidAnswer({ key });
    }),
  ];
}

function getItem(world: World, call: Call): Answer {
  const connection = connectionMeant(world, call);
  if (connection === null) return plaidError('INVALID_ACCESS_TOKEN');
  const limit = overLimit(world, 'item', connection.externalId, clientOf(call), call.at);
  if (limit !== null) return plaidError(limit);
  if (isGone(connection)) return plaidError('ITEM_NOT_FOUND');
  return plaidAnswer({ item: itemView(world, connection), status: statusView(world, connection) });
}

import { connectionKey } from '../books/books.js';
import type { Connection, WidgetSession } from '../books/records.js';
import type { Answer, Call } from '../wire/exchange.js';
import { openSession } from '../widget/sessions.js';
import type { World } from '../world.js';
import { missing } from './answers.js';
import { adoptLogin, accountsAnswer, customerOf, findLogin, isFound, keepLogin, setStatus } from './logins.js';
import { startPull } from './pulls.js';
import { tellAccounts, tellDone } from './webhooks.js';

const PAGE_LIFE_MS = 2 * 60 * 60_000;

export function getAccounts(world: World, call: Call): Answer {
  const found = findLogin(world, call);
  return isFound(found) ? accountsAnswer(found) : found;
}

export function deleteLogin(world: World, call: Call): Answer {
  const found = findLogin(world, call);
  if (!isFound(found)) return found;
  setStatus(world, found.connection, 'DELETED', null);
  return { status: 204 };
}

interface FixBody {
  readonly partnerId?: unknown;
  readonly customerId?: unknown;
  readonly institutionLoginId?: unknown;
  readonly redirectUri?: unknown;
  readonly webhook?: unknown;
  readonly webhookData?: unknown;
}

const textIn = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** The page on which the customer logs in anew. Its address tells when it ends. */
export function generateFix(world: World, call: Call): Answer {
  const body = (call.body ?? {}) as FixBody;
  const [partnerId, customerId] = [textIn(body.partnerId), textIn(body.customerId)];
  const loginId = textIn(body.institutionLoginId);
  if (partnerId === null) return missing('partnerId');
  if (customerId === null) return missing('customerId');
  if (loginId === null) return missing('institutionLoginId');
  const found = findLogin(world, { ...call, params: { customerId } }, loginId);
  if (!isFound(found)) return found;
  const given = (body.webhookData ?? {}) as Readonly<Record<string, unknown>>;
  keepLogin(world, { ...found.login, webhookData: textIn(body.webhook) === null ? null : given });
  const expiresAt = call.at + PAGE_LIFE_MS;
  const { url } = openSession(world, {
    connector: 'finicity',
    purpose: 'repair',
    externalIds: [loginId],
    customer: customerOf(found.connection),
    providers: [],
    redirectUrl: textIn(body.redirectUri),
    expiresAt,
  });
  const link = `${url}?customerId=${encodeURIComponent(customerId)}&type=fix&timestamp=${call.at}&ttl=${expiresAt}`;
  return { status: 200, body: { link }, about: [found.connection] };
}

/** The customer has logged in: the accounts are well again, and an aggregation nobody asked for follows. */
export function completeFix(world: World, session: WidgetSession, at: number): { readonly taskId: null } | null {
  const [externalId = ''] = session.externalIds;
  const connection = world.books.connections.need(connectionKey('finicity', externalId));
  if (connection.status === 'DELETED') return null;
  const mended = setStatus(world, connection, 'ACTIVE', null);
  const login = world.books.finicityLogins.need(externalId);
  const accounts = login.accounts.map((account) => ({ ...account, code: 0 }));
  const found = { connection: mended, login: keepLogin(world, { ...login, accounts }) };
  tellDone(world, found, { at, fault: null });
  if (login.running === null) {
    startPull(world, found, { isJob: false, isHistoric: false, outcome: 'success', webhooks: null, at });
  }
  return { taskId: null };
}

/** As if it had happened at the bank: the last attempt has met it, and whoever listens is told. */
export function announceStatus(world: World, connection: Connection, status: string, reason: string | null): void {
  const at = world.clock.now();
  const changed = world.books.connections.put(connectionKey('finicity', connection.externalId), {
    ...connection,
    status,
    statusReason: reason,
  });
  const login = adoptLogin(world, changed);
  const accounts = login.accounts.map((account) => ({ ...account, attemptAt: at }));
  tellAccounts(world, { connection: changed, login: keepLogin(world, { ...login, accounts }) }, { at, fault: null });
}

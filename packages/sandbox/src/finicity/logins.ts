import { connectionKey } from '../books/books.js';
import type { Connection, FinicityAccount, FinicityLogin } from '../books/records.js';
import { derivedNumber } from '../identifiers.js';
import type { Answer, Call } from '../wire/exchange.js';
import type { World } from '../world.js';
import { customerNotFound, loginNotFound } from './answers.js';

const DAY_MS = 24 * 60 * 60_000;
/** What an ordinary refresh brings, and all that the bank has. */
const ORDINARY_HISTORY_MS = 180 * DAY_MS;
const WHOLE_HISTORY_MS = 730 * DAY_MS;
const DEFAULT_TYPES = 'checking,savings';
const ID_SPREAD = 1_000_000_000;
const GONE: readonly string[] = ['DELETED', 'EXPIRED'];

/** What the accounts show in a status that somebody registered; the rest show that all is well. */
const CODES: Readonly<Record<string, number | null>> = {
  IN_PROGRESS: null,
  'RECONNECT_REQUIRED/LOGIN_REQUIRED': 103,
  'RECONNECT_REQUIRED/TOKEN_EXPIRED': 947,
  'RECONNECT_REQUIRED/OTHER': 945,
  RECONNECT_REQUIRED: 103,
  UNRECOVERABLE: 103,
  'DEGRADED/INSTITUTION_ACTION_REQUIRED': 108,
  DEGRADED: 102,
};

const shownOf = ({ status, statusReason }: Connection): string => `${status}/${statusReason ?? ''}`;

function codeOf(connection: Connection): number | null {
  const known = CODES[shownOf(connection)] ?? CODES[connection.status];
  return known === undefined ? 0 : known;
}

/** A customer's id at Finicity. */
export const customerOf = (connection: Connection): string =>
  connection.credentials['customerId'] ?? connection.customerId;

export const keep = (world: World, connection: Connection): Connection =>
  world.books.connections.put(connectionKey(connection.connector, connection.externalId), connection);
export const keepLogin = (world: World, login: FinicityLogin): FinicityLogin =>
  world.books.finicityLogins.put(login.externalId, login);

function newAccounts(connection: Connection): FinicityAccount[] {
  const types = (connection.credentials['accountTypes'] ?? DEFAULT_TYPES).split(',');
  return types.map((type, place) => ({
    id: String(5_000_000_000 + derivedNumber(`${connection.externalId} account ${place}`, ID_SPREAD)),
    type: type.trim(),
    code: codeOf(connection),
    attemptAt: connection.lastSuccessAt,
    successAt: connection.lastSuccessAt,
    balanceAt: connection.lastSuccessAt,
    oldestAt: connection.createdAt - ORDINARY_HISTORY_MS,
  }));
}

/** After a registration. One that names another status than before has all accounts show it. */
export function adoptLogin(world: World, connection: Connection): FinicityLogin {
  const known = world.books.finicityLogins.get(connection.externalId);
  const statusShown = shownOf(connection);
  if (known === undefined) {
    const fresh = { externalId: connection.externalId, running: null, askedAt: [], webhookData: null };
    return keepLogin(world, { ...fresh, accounts: newAccounts(connection), statusShown });
  }
  if (known.statusShown === statusShown) return known;
  const accounts = known.accounts.map((account) => ({ ...account, code: codeOf(connection) }));
  return keepLogin(world, { ...known, accounts, statusShown });
}

/** The one place where a login changes status by itself. */
export function setStatus(
  world: World,
  connection: Connection,
  status: string,
  statusReason: string | null,
): Connection {
  const changed = keep(world, { ...connection, status, statusReason });
  const login = world.books.finicityLogins.need(connection.externalId);
  keepLogin(world, { ...login, statusShown: shownOf(changed) });
  return changed;
}

export interface Found {
  readonly connection: Connection;
  readonly login: FinicityLogin;
}

export const isFound = (found: Found | Answer): found is Found => 'login' in found;

/** The login that the path names, if it is the customer's that the path names. */
export function findLogin(world: World, call: Call, externalId = call.params['loginId'] ?? ''): Found | Answer {
  const customer = call.params['customerId'] ?? '';
  const connection = world.books.connections.get(connectionKey('finicity', externalId));
  const isTheirs = connection !== undefined && customerOf(connection) === customer;
  if (isTheirs && !GONE.includes(connection.status)) {
    return { connection, login: world.books.finicityLogins.need(externalId) };
  }
  const isKnown = world.books.connections.find('connector', 'finicity').some((one) => customerOf(one) === customer);
  return isKnown ? loginNotFound() : customerNotFound();
}

const seconds = (time: number): number => Math.floor(time / 1000);
const told = (name: string, time: number | null) => (time === null ? {} : { [name]: seconds(time) });

/** As the account record has it: what was never tried has neither code nor dates. */
export function accountView({ connection, login }: Found, account: FinicityAccount) {
  return {
    id: account.id,
    number: `XXXX${account.id.slice(-4)}`,
    accountNumberDisplay: account.id.slice(-4),
    name: `${account.type} account`,
    accountNickname: `${account.type} account`,
    balance: 401.26,
    type: account.type,
    ...(account.code === null ? {} : { aggregationStatusCode: account.code }),
    status: connection.status === 'IN_PROGRESS' ? 'pending' : 'active',
    customerId: customerOf(connection),
    institutionId: connection.institutionId,
    ...told('balanceDate', account.balanceAt),
    ...told('aggregationSuccessDate', account.successAt),
    ...told('aggregationAttemptDate', account.attemptAt),
    createdDate: seconds(connection.createdAt),
    lastUpdatedDate: seconds(account.attemptAt ?? connection.createdAt),
    currency: 'USD',
    ...told('lastTransactionDate', account.successAt),
    oldestTransactionDate: seconds(account.oldestAt),
    // A number in the record, a string in the path.
    institutionLoginId: /^\d{1,15}$/.test(login.externalId) ? Number(login.externalId) : login.externalId,
    ...(connection.consentExpiresAt === null
      ? { authorizationExpires: false }
      : { authorizationExpires: true, authorizationEndDate: seconds(connection.consentExpiresAt) }),
  };
}

export function accountsAnswer(found: Found): Answer {
  return { status: 200, body: { accounts: found.login.accounts.map((account) => accountView(found, account)) } };
}

export const withHistory = (connection: Connection, account: FinicityAccount): FinicityAccount => ({
  ...account,
  oldestAt: connection.createdAt - WHOLE_HISTORY_MS,
});

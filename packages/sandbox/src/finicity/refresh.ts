import type { Connection, FinicityPull, PullOutcome } from '../books/records.js';
import { OUTCOME_FAULTS, WEBHOOK_FAULTS, type FaultName, type OutcomeFault } from '../faults.js';
import type { Answer, Call } from '../wire/exchange.js';
import type { World } from '../world.js';
import { aggregationStatus, bankLimit, finicityError, missing, resourceNotFound } from './answers.js';
import { accountsAnswer, customerOf, findLogin, isFound, keepLogin, setStatus, type Found } from './logins.js';
import { startPull } from './pulls.js';

const HOUR_MS = 60 * 60_000;
const MODES = ['standard', 'historic', 'custom'] as const;
const BALANCES: readonly string[] = ['BALANCES'];
const WITH_LIVE_BALANCE: readonly string[] = ['checking', 'savings', 'moneyMarket', 'cd'];
const DEFAULT_CACHE_MINUTES = 30;
const MINUTE_MS = 60_000;

const OUTCOMES: Readonly<Record<Exclude<OutcomeFault, 'reconnect-required'>, PullOutcome>> = {
  'login-required': 'login-required',
  partial: 'partial',
  'silent-noop': 'nothing',
};

/**
 * The accounts are in the reply as they stand: the emulator answers at once, where Finicity holds the line until the
 * attempt has ended, for up to three minutes. A caller that hangs up meets the same.
 */
export function refreshV1(world: World, call: Call): Answer {
  return started(world, call, false, false, (found) => accountsAnswer(found));
}

export function refreshV2(world: World, call: Call): Answer {
  return started(world, call, false, false, () => ({ status: 204 }));
}

export function startJob(world: World, call: Call): Answer {
  const body = (call.body ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof body['institutionLoginId'] !== 'string') return missing('institutionLoginId');
  const mode = MODES.find((known) => known === body['mode']);
  if (mode === undefined) return finicityError(400, '10010', 'mode is not one of standard, historic, custom');
  const accepted = (_found: Found, pull: FinicityPull): Answer => ({
    status: 202,
    body: { refreshId: pull.id, status: 'NEW' },
  });
  return started(world, call, true, mode === 'historic', accepted);
}

/** The login that a job's body names. */
export const loginInBody = (call: Call): string => {
  const { institutionLoginId } = (call.body ?? {}) as { readonly institutionLoginId?: unknown };
  return typeof institutionLoginId === 'string' ? institutionLoginId : '';
};

export function getJob(world: World, call: Call): Answer {
  const pull = world.books.finicityPulls.get(call.params['refreshId'] ?? '');
  const found = pull === undefined ? resourceNotFound() : findLogin(world, call, pull.externalId);
  if (pull === undefined || !pull.isJob || !isFound(found)) return resourceNotFound();
  const codes = Object.entries(pull.codes ?? {});
  const isFailed = codes.length > 0 && codes.every(([, code]) => code !== 0);
  const ended = isFailed ? 'FAILED' : 'COMPLETED';
  const status = pull.codes === null ? 'IN_PROGRESS' : ended;
  const accounts = codes.map(([accountId, aggregationStatusCode]) => ({ accountId, aggregationStatusCode }));
  return { status: 200, body: { refreshId: pull.id, status, accounts }, about: [found.connection] };
}

function started(
  world: World,
  call: Call,
  isJob: boolean,
  isHistoric: boolean,
  answer: (found: Found, pull: FinicityPull) => Answer,
): Answer {
  const found = findLogin(world, call, isJob ? loginInBody(call) : undefined);
  if (!isFound(found)) return found;
  const stopped = stoppedBy(world, call, found);
  if (stopped !== null) return stopped;
  const { connection } = found;
  const target = { provider: connection.provider, externalIds: [connection.externalId], operation: 'refresh' };
  const outcome = world.faults.take(OUTCOME_FAULTS, target)?.fault ?? null;
  const webhooks = world.faults.take(WEBHOOK_FAULTS, target)?.fault ?? null;
  const faults: FaultName[] = [outcome, webhooks].filter((fault) => fault !== null);
  if (outcome === 'reconnect-required') return { ...broken(world, found, call.at), faults };
  const ending = outcome === null ? 'success' : OUTCOMES[outcome];
  const pull = startPull(world, asked(world, found, call.at), {
    isJob,
    isHistoric,
    outcome: ending,
    webhooks,
    at: call.at,
  });
  const isBilled = ending === 'success' || ending === 'partial';
  const products = connection.products;
  return { ...answer(found, pull), faults, billed: isBilled ? [{ connection, products }] : [] };
}

/** The bank has ended the access, and it shows as soon as it is asked. */
function broken(world: World, { connection, login }: Found, at: number): Answer {
  const accounts = login.accounts.map((account) => ({ ...account, code: 947, attemptAt: at }));
  keepLogin(world, { ...login, accounts });
  setStatus(world, connection, 'RECONNECT_REQUIRED', 'TOKEN_EXPIRED');
  return aggregationStatus(947);
}

/** What keeps an attempt from being made, or from coming to anything. */
function stoppedBy(world: World, call: Call, { connection, login }: Found): Answer | null {
  if (login.running !== null) return aggregationStatus(325);
  if (isOverBankLimit(world, connection, call.at)) return bankLimit();
  const window = world.books.maintenance.get(connection.institutionId);
  if (window !== undefined && window.start <= call.at && (window.end === null || call.at < window.end)) {
    return aggregationStatus(102);
  }
  const codes = login.accounts.map(({ code }) => code);
  // A wrong password is wrong again.
  const standing = codes.find((code) => code !== null && code !== 0 && code !== 102);
  if (standing === undefined || standing === null || connection.status === 'PARTIALLY_ACTIVE') return null;
  const accounts = login.accounts.map((account) => ({ ...account, attemptAt: call.at }));
  keepLogin(world, { ...login, accounts });
  return aggregationStatus(standing);
}

/**
 * Banks limit the calls of a period; nobody says how many. A connection that is registered with `bankCallsPerHour` among its
 * credentials has a bank that takes so many of all its customers.
 */
function isOverBankLimit(world: World, connection: Connection, at: number): boolean {
  const most = Number(connection.credentials['bankCallsPerHour'] ?? Number.POSITIVE_INFINITY);
  const atBank = world.books.connections
    .find('connector', 'finicity')
    .filter((other) => other.institutionId === connection.institutionId);
  const asked = atBank.flatMap((other) => world.books.finicityLogins.get(other.externalId)?.askedAt ?? []);
  return asked.filter((time) => at - time < HOUR_MS).length >= most;
}

function asked(world: World, { connection, login }: Found, at: number): Found {
  const askedAt = [...login.askedAt.filter((time) => at - time < HOUR_MS), at];
  return { connection, login: keepLogin(world, { ...login, askedAt }) };
}

/** The account's login, whoever's it is; the path names no login. */
export function loginOfAccount(world: World, call: Call): string {
  const accountId = call.params['accountId'] ?? '';
  const theirs = world.books.connections
    .find('connector', 'finicity')
    .filter((connection) => customerOf(connection) === call.params['customerId']);
  const holder = theirs.find(({ externalId }) =>
    world.books.finicityLogins.get(externalId)?.accounts.some(({ id }) => id === accountId),
  );
  return holder?.externalId ?? '';
}

/** Answered by the bank at once, and billed each time; from the cache where the caller takes one so old. */
export function liveBalance(world: World, call: Call): Answer {
  const found = findLogin(world, call, loginOfAccount(world, call));
  if (!isFound(found)) return found;
  const account = found.login.accounts.find(({ id }) => id === call.params['accountId']);
  if (account === undefined) return resourceNotFound();
  if (!WITH_LIVE_BALANCE.includes(account.type)) {
    return finicityError(400, '14020', 'Bad request. (Account type not supported).');
  }
  const stopped = stoppedBy(world, call, found);
  if (stopped !== null) return stopped;
  const { connection } = found;
  const target = { provider: connection.provider, externalIds: [connection.externalId], operation: 'refresh' };
  const outcome = world.faults.take(OUTCOME_FAULTS, target)?.fault ?? null;
  if (outcome === 'reconnect-required') return { ...broken(world, found, call.at), faults: [outcome] };
  if (outcome === 'login-required') return { ...refusedLogin(world, found, call.at), faults: [outcome] };
  const cacheMinutes = Number(call.query['balance_cache_interval'] ?? DEFAULT_CACHE_MINUTES);
  const cachedAt = account.balanceAt ?? 0;
  // A bank that answers with what it had before is the silent way of doing nothing.
  const isCached = call.at - cachedAt < cacheMinutes * MINUTE_MS || outcome === 'silent-noop';
  const at = isCached ? cachedAt : call.at;
  const accounts = found.login.accounts.map((one) => (one.id === account.id ? { ...one, balanceAt: at } : one));
  keepLogin(world, { ...asked(world, found, call.at).login, accounts });
  const faults: FaultName[] = outcome === null ? [] : [outcome];
  return {
    status: 200,
    body: balanceView(found, account.id, at),
    faults,
    billed: [{ connection, products: BALANCES }],
  };
}

function refusedLogin(world: World, { connection, login }: Found, at: number): Answer {
  const accounts = login.accounts.map((account) => ({ ...account, code: 103, attemptAt: at }));
  keepLogin(world, { ...login, accounts });
  setStatus(world, connection, 'RECONNECT_REQUIRED', 'LOGIN_REQUIRED');
  return aggregationStatus(103);
}

function balanceView({ connection }: Found, accountId: string, at: number) {
  const seconds = Math.floor(at / 1000);
  return {
    id: Number(customerOf(connection)) || customerOf(connection),
    realAccountNumberLast4: accountId.slice(-4),
    availableBalance: 173.47,
    availableBalanceDate: seconds,
    clearedBalance: 222.25,
    clearedBalanceDate: seconds,
    aggregationStatusCode: 0,
    currency: 'USD',
  };
}

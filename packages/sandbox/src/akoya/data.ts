import { connectionKey } from '../books/books.js';
import type { Connection } from '../books/records.js';
import { OUTCOME_FAULTS, type OutcomeFault } from '../faults.js';
import { derivedNumber, derivedUuid } from '../identifiers.js';
import type { Answer, Call } from '../wire/exchange.js';
import type { World } from '../world.js';
import { fdxError, notAuthorised } from './answers.js';
import { connectionOf, endConsent } from './tokens.js';

/** Who caused the read, in Akoya's header or in FDX's own. */
const ACTOR_HEADERS = ['x-akoya-interaction-type', 'fdx-api-actor-type'] as const;
const ACTORS: readonly string[] = ['user', 'batch'];
const ACCOUNTS = 2;
const CENTS = 100;

/** The connection that the ID token is for. */
export function readerOf(world: World, call: Call): Connection | null {
  const bearer = /^Bearer (\S+)$/i.exec(String(call.headers['authorization'] ?? ''))?.[1] ?? '';
  const token = world.books.akoyaTokens.get(bearer);
  if (token?.use !== 'id' || (token.expiresAt ?? 0) <= call.at) return null;
  return connectionOf(world, token);
}

/** Who may read at all, and whether the read says who caused it. */
export function guardData(world: World, call: Call): Answer | null {
  const told = ACTOR_HEADERS.map((name) => call.headers[name]).filter((value) => value !== undefined);
  const isTold = told.length > 0 && told.every((value) => ACTORS.includes(String(value).toLowerCase()));
  if (!isTold) return fdxError(400, 703, 'Invalid input: say who caused the read, USER or BATCH');
  const connection = readerOf(world, call);
  if (connection === null || connection.status === 'RECONNECT_REQUIRED') return notAuthorised();
  if (call.params['provider_id'] !== connection.institutionId) return { status: 403 };
  const window = world.books.maintenance.get(connection.provider);
  const isClosed = window !== undefined && window.start <= call.at && (window.end === null || call.at < window.end);
  return isClosed ? fdxError(503, 503, 'Scheduled maintenance') : null;
}

function accountIds({ externalId }: Connection): readonly string[] {
  return Array.from({ length: ACCOUNTS }, (_, number) => derivedUuid(`${externalId}#account${number}`));
}

function depositAccount(connection: Connection, accountId: string, at: number): object {
  const balance = derivedNumber(`${accountId}#${connection.pulls}`, 1_000_000) / CENTS;
  return {
    depositAccount: {
      accountId,
      accountType: 'CHECKING',
      currency: { currencyCode: 'USD' },
      currentBalance: balance,
      availableBalance: balance,
      balanceAsOf: new Date(at).toISOString(),
    },
  };
}

function transaction(connection: Connection, accountId: string, number: number, at: number): object {
  const transactionId = derivedUuid(`${accountId}#${connection.pulls}#${number}`);
  const amount = derivedNumber(transactionId, 10_000) / CENTS;
  return {
    depositTransaction: {
      accountId,
      transactionId,
      amount,
      debitCreditMemo: 'DEBIT',
      status: 'POSTED',
      postedTimestamp: new Date(at).toISOString(),
      description: 'Sandbox purchase',
    },
  };
}

type Body = (connection: Connection, fault: OutcomeFault | null, call: Call) => Answer | object;

/** One read that goes to the bank: billed, whatever it brings. */
function read(world: World, call: Call, products: readonly string[], brings: Partial<Connection>, body: Body): Answer {
  const connection = readerOf(world, call);
  if (connection === null) return notAuthorised();
  const target = { provider: connection.provider, externalIds: [connection.externalId], operation: 'refresh' };
  const fault = world.faults.take(OUTCOME_FAULTS, target)?.fault ?? null;
  const faults = fault === null ? [] : [fault];
  const billed = [{ connection, products }];
  if (fault === 'login-required' || fault === 'reconnect-required') {
    if (fault === 'reconnect-required') endConsent(world, connection, call.at);
    return { ...notAuthorised(), billed, faults };
  }
  const answer = body(connection, fault, call);
  if ('status' in answer) return { ...answer, billed, faults };
  const after = { lastSuccessAt: call.at, lastForcedAt: call.at, pulls: connection.pulls + 1 };
  world.books.connections.put(connectionKey('akoya', connection.externalId), {
    ...connection,
    ...after,
    ...(fault === 'silent-noop' ? {} : brings),
  });
  return { status: fault === 'partial' ? 206 : 200, body: answer, billed, faults };
}

export function readAccounts(world: World, call: Call): Answer {
  return read(world, call, ['BALANCES'], {}, (connection, fault) => ({
    accounts: accountIds(connection).map((accountId, place) =>
      fault === 'partial' && place > 0
        ? { error: { code: 501, message: 'Subsystem unavailable' }, accountId }
        : depositAccount(connection, accountId, call.at),
    ),
  }));
}

/** What the bank has that no read has brought yet is on the first account. */
export function readTransactions(world: World, call: Call): Answer {
  const accountId = call.params['account_id'] ?? '';
  return read(world, call, ['TRANSACTIONS'], { waitingTransactions: 0 }, (connection, fault) => {
    const place = accountIds(connection).indexOf(accountId);
    if (place < 0) return fdxError(404, 701, 'Account not found');
    const count = place === 0 && fault !== 'silent-noop' ? connection.waitingTransactions : 0;
    const transactions = Array.from({ length: count }, (_, number) =>
      transaction(connection, accountId, number, call.at),
    );
    return { transactions };
  });
}

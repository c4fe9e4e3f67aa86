import { randomUUID } from 'node:crypto';

import { connectionKey } from '../books/books.js';
import type { Connection, FinicityAccount, FinicityPull, PullOutcome } from '../books/records.js';
import type { WebhookFault } from '../faults.js';
import { derivedNumber, pullDurationMs } from '../identifiers.js';
import type { World } from '../world.js';
import { keep, keepLogin, setStatus, withHistory, type Found } from './logins.js';
import { tellAccounts, tellTransactions } from './webhooks.js';

const PULL_DUE = 'finicity-pull';
const NIGHT_DUE = 'finicity-night';
const DAY_MS = 24 * 60 * 60_000;
/** A connection that was just registered is not pulled at once, whatever its time of night is. */
const FIRST_NIGHT_AFTER_MS = 60 * 60_000;
/** The batch runs in these hours, UTC: the night of the United States. */
const NIGHT_BEGINS_MS = 5 * 60 * 60_000;
const NIGHT_LASTS_MS = 5 * 60 * 60_000;
const WELL = 0;

export interface PullStart {
  readonly isJob: boolean;
  readonly isHistoric: boolean;
  readonly outcome: PullOutcome;
  readonly webhooks: WebhookFault | null;
  readonly at: number;
}

export function handlePulls(world: World): void {
  world.schedule.on(PULL_DUE, (pullId, at) => finishPull(world, pullId, at));
  world.schedule.on(NIGHT_DUE, (key, at) => nightlyBatch(world, key, at));
}

/** It ends one to two seconds later; where nothing will ever come of it, it does not hold up the next. */
export function startPull(world: World, { connection, login }: Found, start: PullStart): FinicityPull {
  const { at, ...plan } = start;
  const { externalId } = connection;
  const pulls = keep(world, { ...connection, pulls: connection.pulls + 1, lastForcedAt: at }).pulls;
  const id = randomUUID();
  const pull = world.books.finicityPulls.put(id, { id, externalId, ...plan, codes: null });
  if (plan.outcome === 'nothing') return pull;
  keepLogin(world, { ...login, running: id });
  world.schedule.plan(PULL_DUE, id, at + pullDurationMs(externalId, pulls));
  return pull;
}

/** What each account comes to. At least one of several succeeds where only some fail. */
function codesOf(accounts: readonly FinicityAccount[], outcome: PullOutcome): Readonly<Record<string, number>> {
  const codeAt = (place: number): number => {
    if (outcome === 'login-required') return 103;
    return outcome === 'partial' && place === accounts.length - 1 ? 102 : WELL;
  };
  return Object.fromEntries(accounts.map(({ id }, place) => [id, codeAt(place)]));
}

function finishPull(world: World, pullId: string, at: number): void {
  const pull = world.books.finicityPulls.need(pullId);
  const connection = world.books.connections.need(connectionKey('finicity', pull.externalId));
  const login = world.books.finicityLogins.need(pull.externalId);
  const codes = codesOf(login.accounts, pull.outcome);
  world.books.finicityPulls.put(pullId, { ...pull, codes });
  const accounts = login.accounts.map((account) => {
    const reached = attempted(account, codes[account.id] ?? WELL, at);
    return pull.isHistoric && reached.code === WELL ? withHistory(connection, reached) : reached;
  });
  const ended = { connection, login: keepLogin(world, { ...login, accounts, running: null }) };
  // Deleted while it ran: it tells nobody.
  if (connection.status === 'DELETED') return;
  const came = pull.outcome === 'success' || pull.outcome === 'partial';
  const [status, reason] = STATUS_AFTER[pull.outcome];
  const found = came ? connection.waitingTransactions : 0;
  const changed = setStatus(world, came ? withData(connection, at) : connection, status, reason);
  const telling = { at, fault: pull.webhooks };
  const shown = { connection: changed, login: ended.login };
  tellAccounts(world, shown, telling);
  if (found > 0) tellTransactions(world, shown, found, telling);
}

const STATUS_AFTER: Readonly<Record<PullOutcome, readonly [string, string | null]>> = {
  success: ['ACTIVE', null],
  nothing: ['ACTIVE', null],
  partial: ['PARTIALLY_ACTIVE', 'PARTIAL_AGGREGATION_SUCCESS'],
  'login-required': ['RECONNECT_REQUIRED', 'LOGIN_REQUIRED'],
};

const attempted = (account: FinicityAccount, code: number, at: number): FinicityAccount =>
  code === WELL
    ? { ...account, code, attemptAt: at, successAt: at, balanceAt: at }
    : { ...account, code, attemptAt: at };

const withData = (connection: Connection, at: number): Connection => ({
  ...connection,
  lastSuccessAt: at,
  waitingTransactions: 0,
});

export function planNight(world: World, connection: Connection, after: number): void {
  const { externalId } = connection;
  const timeOfDayMs = NIGHT_BEGINS_MS + derivedNumber(`${externalId} night`, NIGHT_LASTS_MS);
  const days = Math.ceil((after - timeOfDayMs) / DAY_MS);
  world.schedule.plan(NIGHT_DUE, connectionKey('finicity', externalId), days * DAY_MS + timeOfDayMs);
}

export function watchNight(world: World, connection: Connection): void {
  const key = connectionKey('finicity', connection.externalId);
  if (connection.status === 'DELETED' || world.schedule.isPlanned(NIGHT_DUE, key)) return;
  planNight(world, connection, world.clock.now() + FIRST_NIGHT_AFTER_MS);
}

/** Free, unasked, for accounts whose last attempt went well alone, and silent unless there was something new. */
function nightlyBatch(world: World, key: string, at: number): void {
  const connection = world.books.connections.get(key);
  if (connection === undefined || connection.status === 'DELETED') return;
  planNight(world, connection, at + 1);
  const login = world.books.finicityLogins.need(connection.externalId);
  if (login.accounts.every(({ code }) => code !== WELL)) return;
  const accounts = login.accounts.map((account) => (account.code === WELL ? attempted(account, WELL, at) : account));
  const found = connection.waitingTransactions;
  const shown = {
    connection: keep(world, withData(connection, at)),
    login: keepLogin(world, { ...login, accounts }),
  };
  if (found === 0) return;
  tellAccounts(world, shown, { at, fault: null });
  tellTransactions(world, shown, found, { at, fault: null });
}

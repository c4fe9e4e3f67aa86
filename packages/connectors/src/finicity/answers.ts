import type { ChangeAnswer, Instant, LinkAnswer, RefreshAnswer, RefreshProgress } from '@freshet/domain';
import type { RefreshCall } from '@freshet/ports';

import { isSuccess, jsonOf, type Exchange, type Reply } from '../http/exchange.js';
import { failureOf, lookFailed, plainCode, type Failure, type FailureReading } from '../http/failure.js';
import { readRetryAfter } from '../http/retry-after.js';
import { webAddress } from '../http/wire-values.js';
import { failedByCodes, progressOfAccounts, type AccountsLook } from './accounts.js';
import type { FinicityExchange } from './client.js';
import { codeRowOf, failedBy } from './codes.js';
import {
  finicityAccounts,
  finicityBalance,
  finicityCode,
  finicityJob,
  finicityLink,
  type FinicityAccount,
  type FinicityJob,
} from './wire.js';

/** No HTTP 429 is documented for what we call: one that comes is not taken for more than this login's. */
const reading = (exchange: Exchange, now: Instant): FailureReading => ({
  who: 'Finicity',
  now,
  scope: 'group',
  code: finicityCode(jsonOf(exchange)),
});

/** No token, no call: such an answer stands as it is. */
const isExchange = (given: FinicityExchange): given is Exchange =>
  given.kind === 'reply' || given.kind === 'unsent' || given.kind === 'lost';

const finicityFailure = (given: FinicityExchange, now: Instant): Failure =>
  isExchange(given) ? failureOf(given, reading(given, now)) : given;

const lookFailure = (given: FinicityExchange, now: Instant): RefreshProgress => {
  if (isExchange(given)) return lookFailed(given, reading(given, now));
  return { kind: 'unknown', message: given.kind === 'limited' ? 'Finicity gives no token for now' : given.message };
};

/** The customer or the login is not there: 14001 is also said of other resources, 38007 of the login alone. */
const GONE_CODES: readonly (string | null)[] = ['14001', '38007'];
const isGone = (given: FinicityExchange): boolean =>
  given.kind === 'reply' && given.status === 404 && GONE_CODES.includes(finicityCode(jsonOf(given)));

/**
 * The code in the body, before anything is read from HTTP: a wrong password comes as a 500, the bank's limit as a 202.
 * Undefined: the body says nothing of an attempt, or nothing that settles whether one was made.
 */
const typedAnswer = (reply: Reply, now: Instant): RefreshAnswer | undefined => {
  const code = finicityCode(jsonOf(reply));
  const row = codeRowOf(code);
  if (code === null || row === undefined || row.leavesCallOpen === true || row.ending.kind === 'success') {
    return undefined;
  }
  if (row.ending.kind === 'busy') return { kind: 'busy', runningId: null };
  const failed = failedBy(code, `Finicity refuses the refresh (HTTP ${reply.status}, code ${code})`);
  const until = readRetryAfter(reply.headers['retry-after'], now);
  if (failed.kind === 'limited') return { ...failed, until };
  return failed.kind === 'unavailable' ? { ...failed, retryAt: until } : failed;
};

/** HTTP 203: the bank asks a question, and nobody is there to answer it. */
const QUESTION_STATUS = 203;
const asked: RefreshAnswer = {
  kind: 'customer-needed',
  event: 'failed_login_required',
  message: 'the bank asks Finicity for a second factor (HTTP 203)',
};

/** What a refresh's reply says unless it is a success. */
const unsuccessful = (given: FinicityExchange, now: Instant): RefreshAnswer | undefined => {
  if (!isExchange(given) || given.kind !== 'reply') return finicityFailure(given, now);
  const typed = typedAnswer(given, now);
  if (typed !== undefined) return typed;
  if (given.status === QUESTION_STATUS) return asked;
  return isSuccess(given) ? undefined : finicityFailure(given, now);
};

const accepted = (providerTaskId: string | null): RefreshAnswer => ({
  kind: 'accepted',
  providerTaskId,
  coalesced: false,
});

/** The accounts in a reply; null where it shows none. */
export const accountsIn = (given: FinicityExchange): readonly FinicityAccount[] | null =>
  isExchange(given) && isSuccess(given) ? finicityAccounts.parse(jsonOf(given)).accounts : null;

/** Accounts in the reply that the attempt has not come to yet are looked at later; so are those of v2, which shows none. */
export const refreshAnswerOf = (
  given: FinicityExchange,
  call: RefreshCall,
  sentAt: Instant,
  now: Instant,
): RefreshAnswer => {
  const failed = unsuccessful(given, now);
  if (failed !== undefined) return failed;
  const accounts = accountsIn(given);
  if (accounts === null) return accepted(null);
  const shown = progressOfAccounts(accounts, { products: call.products, sentAt, asOfBefore: null }, now);
  return shown.kind === 'pending' ? accepted(null) : shown;
};

export const jobAnswerOf = (given: FinicityExchange, now: Instant): RefreshAnswer => {
  const failed = unsuccessful(given, now);
  if (failed !== undefined) return failed;
  const { refreshId } = finicityJob.parse(isExchange(given) ? jsonOf(given) : undefined);
  if (refreshId !== null) return accepted(refreshId);
  return { kind: 'unknown', message: 'Finicity took the refresh but did not name its job' };
};

/** The balance came with the reply: there is nothing to wait for. */
export const balanceAnswerOf = (given: FinicityExchange, now: Instant): RefreshAnswer => {
  const failed = unsuccessful(given, now);
  if (failed !== undefined) return failed;
  const balance = finicityBalance.parse(isExchange(given) ? jsonOf(given) : undefined);
  const code = balance.aggregationStatusCode;
  if (code !== null && code !== '0') return failedBy(code, `Finicity has no live balance (code ${code})`);
  const asOf = balance.availableBalanceDate ?? balance.clearedBalanceDate;
  if (asOf === null) return { kind: 'unknown', message: 'Finicity answered without a dated balance' };
  return { kind: 'done', asOf, newData: null };
};

export const progressAnswerOf = (given: FinicityExchange, look: AccountsLook, now: Instant): RefreshProgress => {
  const accounts = accountsIn(given);
  if (accounts !== null && accounts.length > 0) return progressOfAccounts(accounts, look, now);
  if (isGone(given)) return { kind: 'refused', message: 'Finicity no longer knows the login' };
  return accounts === null
    ? lookFailure(given, now)
    : { kind: 'unknown', message: 'Finicity shows no account of the login' };
};

const progressOfCompleted = ({ accounts }: FinicityJob): RefreshProgress => {
  const codes = accounts.flatMap(({ aggregationStatusCode: code }) => (code === null ? [] : [code]));
  const failed = codes.filter((code) => code !== '0');
  // The job tells no time of the data.
  if (failed.length === 0) return { kind: 'done', asOf: null, newData: null };
  return failed.length < codes.length
    ? { kind: 'partial', asOf: null, newData: null, products: null }
    : failedByCodes(failed);
};

const progressOfFailed = ({ accounts }: FinicityJob): RefreshProgress => {
  const failed = accounts.flatMap(({ aggregationStatusCode: code }) => (code === null || code === '0' ? [] : [code]));
  const message = 'Finicity ended the refresh as FAILED';
  return failed.length > 0 ? failedByCodes(failed) : { kind: 'unavailable', who: 'provider', retryAt: null, message };
};

const jobStates: Readonly<Record<string, (job: FinicityJob) => RefreshProgress>> = {
  NEW: () => ({ kind: 'pending' }),
  IN_PROGRESS: () => ({ kind: 'pending' }),
  COMPLETED: progressOfCompleted,
  FAILED: progressOfFailed,
};

export const jobProgressOf = (given: FinicityExchange, now: Instant): RefreshProgress => {
  if (!isExchange(given) || !isSuccess(given)) return lookFailure(given, now);
  const job = finicityJob.parse(jsonOf(given));
  const state = job.status !== null && Object.hasOwn(jobStates, job.status) ? jobStates[job.status] : undefined;
  if (state !== undefined) return state(job);
  return { kind: 'unknown', message: `Finicity shows the job as ${plainCode(job.status) ?? 'nothing'}` };
};

/** Nothing was sent that could do anything: whatever stopped the reading, the refresh surely did not happen. */
export const notRead = (given: FinicityExchange, now: Instant): RefreshAnswer => {
  const failure = finicityFailure(given, now);
  if (failure.kind !== 'unknown') return failure;
  return { kind: 'unavailable', who: 'provider', retryAt: null, message: failure.message };
};

/** `ttl` in the address is the instant, in milliseconds, at which it ends. */
const expiryIn = (address: string): Instant | null => {
  const ttl = new URL(address).searchParams.get('ttl') ?? '';
  return /^\d{13}$/.test(ttl) ? Number(ttl) : null;
};

export const linkAnswerOf = (given: FinicityExchange, now: Instant): LinkAnswer => {
  if (!isExchange(given) || !isSuccess(given)) return finicityFailure(given, now);
  const connectUrl = webAddress(finicityLink.parse(jsonOf(given)).link);
  if (connectUrl === null) return { kind: 'unknown', message: 'Finicity answered without an address for the customer' };
  return { kind: 'link', connectUrl, expiresAt: expiryIn(connectUrl) };
};

export const removalAnswerOf = (given: FinicityExchange, now: Instant): ChangeAnswer => {
  if (isExchange(given) && isSuccess(given)) return { kind: 'accepted' };
  return isGone(given) ? { kind: 'gone' } : finicityFailure(given, now);
};

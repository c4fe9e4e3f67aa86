import type {
  ChangeAnswer,
  Instant,
  LinkAnswer,
  Product,
  RefreshAnswer,
  RefreshProgress,
  StatusShown,
  StatusTold,
} from '@freshet/domain';
import { MINUTE, SECOND } from '@freshet/domain';
import type { ProgressCall, RefreshCall } from '@freshet/ports';

import { isSuccess, jsonOf, type Exchange } from '../http/exchange.js';
import { failureOf, lookFailed, plainCode, type Failure, type FailureReading } from '../http/failure.js';
import { readRetryAfter } from '../http/retry-after.js';
import { webAddress } from '../http/wire-values.js';
import { rowOf, standingOfMx, WAITS_FOR_ANSWER, type MxEnding } from './statuses.js';
import { mxMember, mxWidget, type MxMember } from './wire.js';

/**
 * MX documents no code in its error bodies, only a sentence. A 429 is said of a client's requests a second, and of the
 * balance checks of one member: the member is closed for it, which is the least.
 */
const LIMIT_SCOPE = 'group';
/** docs.mx.com/api-reference/platform-api/reference/request-widget-url: or when it is first used. */
const WIDGET_LIFE_MS = 10 * MINUTE;
/** MX's clock may be behind ours by this much before its stamps hide. */
const CLOCK_TOLERANCE_MS = 30 * SECOND;

const reading = (now: Instant): FailureReading => ({ who: 'MX', now, scope: LIMIT_SCOPE, code: null });

export const mxFailure = (exchange: Exchange, now: Instant): Failure => failureOf(exchange, reading(now));

/** The member in a reply; null where it is none. */
export const memberIn = (exchange: Exchange): MxMember | null => {
  if (!isSuccess(exchange)) return null;
  const { member } = mxMember.parse(jsonOf(exchange));
  const isShown = member.connection_status !== undefined || member.aggregated_at !== null;
  return isShown || member.is_being_aggregated !== null ? member : null;
};

export const toldOf = ({ connection_status: word }: MxMember): StatusTold | null =>
  // The status has no time of its own: it is as of the reading.
  word === undefined ? null : { ...standingOfMx(word), at: null };

/** What the provider's own pull brings: the webhook of one names the same. */
const AGGREGATED = ['BALANCES', 'TRANSACTIONS'] as const satisfies readonly Product[];

/** Its data too, as far as the last job has processed it. */
export const shownOf = (member: MxMember): StatusShown | null => {
  const told = toldOf(member);
  const { successfully_aggregated_at: at } = member;
  if (told === null || at === null) return told;
  const products = AGGREGATED.filter((product) => broughtOf[product](member) !== false);
  return { ...told, data: [{ products, at }] };
};

const wordOf = ({ connection_status: word }: MxMember): string =>
  word === null ? 'without credentials' : (plainCode(word) ?? 'an unknown status');

type Stopped = Extract<RefreshAnswer & RefreshProgress, { kind: 'customer-needed' | 'refused' | 'unavailable' }>;

/** What an ending is as an answer: to a call that it keeps from being made, or of a job that came to it. */
const stoppedBy = (ending: MxEnding, member: MxMember): Stopped => {
  const message = `MX shows the member as ${wordOf(member)}`;
  const told = toldOf(member);
  if (ending === 'never') return { kind: 'refused', message, told };
  if (ending === 'institution-unavailable' || ending === 'provider-unavailable') {
    const who = ending === 'institution-unavailable' ? 'institution' : 'provider';
    return { kind: 'unavailable', who, retryAt: null, message, told };
  }
  return { kind: 'customer-needed', event: ending, message, told };
};

/** Why MX would not start a job for the member as it is; null where it would. */
const obstacleIn = (member: MxMember, isAttended: boolean): RefreshAnswer | null => {
  const { connection_status: word, most_recent_job_guid: runningId } = member;
  const row = word === undefined ? undefined : rowOf(word);
  const waits = word === WAITS_FOR_ANSWER;
  if (member.is_being_aggregated === true && !waits) return { kind: 'busy', runningId };
  if (row?.force === 'busy') return { kind: 'busy', runningId };
  const isBarred = row?.force === 'no' || (row?.force === 'attended' && !isAttended);
  if (isBarred) return stoppedBy(row.ending ?? 'never', member);
  return member.needs_updated_credentials === true ? stoppedBy('failed_login_required', member) : null;
};

/** A status that nobody has read yet: whether a job would be of use in it is not known. */
const strangeIn = (member: MxMember): RefreshAnswer | null => {
  const { connection_status: word } = member;
  return word === undefined || rowOf(word) !== undefined ? null : stoppedBy('never', member);
};

export type BeforeCall =
  { readonly clear: true; readonly member: MxMember } | { readonly clear: false; readonly answer: RefreshAnswer };

/** The free read before the call. Where it fails nothing was asked for, so nothing is unknown. */
export const beforeCall = (exchange: Exchange, call: RefreshCall, now: Instant): BeforeCall => {
  const member = memberIn(exchange);
  if (member !== null) {
    const obstacle = obstacleIn(member, call.presence !== null) ?? strangeIn(member);
    return obstacle === null ? { clear: true, member } : { clear: false, answer: obstacle };
  }
  const failure = mxFailure(exchange, now);
  if (failure.kind !== 'unknown') return { clear: false, answer: failure };
  return { clear: false, answer: { kind: 'unavailable', who: 'provider', retryAt: null, message: failure.message } };
};

type StartVerdict = 'busy' | 'limited' | 'refused' | 'unknown';

/**
 * What a code says of a job's start, by docs.mx.com/api-reference/platform-api/v20111101/overview/errors; where others
 * differ, they are named. A code that is not here goes by its class.
 */
export const startVerdicts: Readonly<Record<number, readonly [verdict: StartVerdict, why: string]>> = {
  400: ['refused', 'the institution does not offer this job'],
  401: ['refused', 'the client id or the key is wrong'],
  403: ['refused', 'the address is not allowed, or the client does not have this job'],
  404: ['refused', 'there is no such user or member'],
  405: ['refused', 'a condition of the job is not met'],
  406: ['refused', 'no API version was named'],
  409: ['busy', 'a job of another kind is running'],
  // Such a call carries no data that could be wrong: MX's own widget takes it for "too soon" (VerifyError.js).
  422: ['limited', 'it cannot be processed'],
  429: ['limited', 'too many calls, or too many balance checks of the member (Atrium: five in two hours)'],
  // Typed as maintenance, but a proxy says the same of a request that went on behind it.
  503: ['unknown', 'the platform is being updated'],
};

const startFailure = (exchange: Exchange, now: Instant): RefreshAnswer => {
  const failure = mxFailure(exchange, now);
  if (exchange.kind !== 'reply') return failure;
  const { status, headers } = exchange;
  const [verdict, why] = startVerdicts[status] ?? [failure.kind, undefined];
  if (verdict === 'busy') return { kind: 'busy', runningId: null };
  if (verdict === 'limited') {
    const until = readRetryAfter(headers['retry-after'], now);
    return { kind: 'limited', until, scope: LIMIT_SCOPE, said: String(status) };
  }
  return 'message' in failure && why !== undefined ? { ...failure, message: `${failure.message}: ${why}` } : failure;
};

const hasStarted = (before: MxMember, after: MxMember): boolean =>
  after.is_being_aggregated === true || after.aggregated_at !== before.aggregated_at;

/**
 * MX answers 202 whether it starts a job or not: that it shows no new one is no proof of either, and a look at the
 * member settles it. Only a member that broke since it was read, and that nothing runs for, surely gets no job. The id
 * is that of a job that was not there before: an old one would pass for the task that has it already.
 */
export const startAnswerOf = (exchange: Exchange, before: MxMember, now: Instant): RefreshAnswer => {
  if (!isSuccess(exchange)) return startFailure(exchange, now);
  const after = memberIn(exchange);
  const obstacle = after === null || hasStarted(before, after) ? null : obstacleIn(after, true);
  if (obstacle?.kind === 'customer-needed' || obstacle?.kind === 'refused') return obstacle;
  const job = after?.most_recent_job_guid ?? null;
  return {
    kind: 'accepted',
    providerTaskId: job === before.most_recent_job_guid ? null : job,
    coalesced: false,
  };
};

const isSince = (stamp: Instant | null, call: ProgressCall): stamp is Instant =>
  stamp !== null && stamp >= call.sentAt - CLOCK_TOLERANCE_MS;

/** Newer than the newest data before the call; where none is known, not from before the call at all. */
const hasAdvanced = (stamp: Instant | null, call: ProgressCall): stamp is Instant =>
  call.asOfBefore === null ? stamp !== null && stamp >= call.sentAt : isSince(stamp, call) && stamp > call.asOfBefore;

/** What the last job has brought of a product; null where MX does not tell. */
const broughtOf: Readonly<Record<Product, (member: MxMember) => boolean | null>> = {
  BALANCES: (member) => member.has_processed_accounts,
  TRANSACTIONS: (member) => member.has_processed_transactions,
  INVESTMENT_HOLDINGS: (member) => member.has_processed_accounts,
  INVESTMENT_TRANSACTIONS: (member) => member.has_processed_transactions,
  IDENTIFIERS: (member) => member.has_processed_account_numbers === true,
  // Of a job of its own, which is not started here.
  OWNERS: () => false,
};

const arrived = (asOf: Instant, member: MxMember, call: ProgressCall): RefreshProgress => {
  const products = call.products.filter((product) => broughtOf[product](member) !== false);
  const told = toldOf(member);
  // The status does not say whether anything was new: the webhook does.
  return products.length === call.products.length
    ? { kind: 'done', asOf, newData: null, told }
    : { kind: 'partial', asOf, newData: null, products, told };
};

/**
 * What the member shows of a job that was asked for. Where none has begun since, it is still waited for: MX pulled nothing
 * and billed nothing for a 202 within its pause, but no field says so.
 */
export const progressOf = (member: MxMember, call: ProgressCall): RefreshProgress => {
  const word = member.connection_status;
  const hasRun = call.providerTaskId !== null || isSince(member.aggregated_at, call);
  const ending = word === undefined ? null : (rowOf(word)?.ending ?? null);
  if (hasRun && word === WAITS_FOR_ANSWER && ending !== null) return stoppedBy(ending, member);
  // Statuses of a job that runs say nothing of the connection yet.
  if (member.is_being_aggregated === true) return { kind: 'pending' };
  const asOf = member.successfully_aggregated_at;
  if (hasAdvanced(asOf, call)) return arrived(asOf, member, call);
  return hasRun && ending !== null ? stoppedBy(ending, member) : { kind: 'pending', told: toldOf(member) };
};

/** MX's own 404, not that of something in between. */
const isUnknownThere = (exchange: Exchange): boolean =>
  exchange.kind === 'reply' && exchange.status === 404 && exchange.body.kind === 'json';

export const progressAnswerOf = (exchange: Exchange, call: ProgressCall, now: Instant): RefreshProgress => {
  const member = memberIn(exchange);
  if (member !== null) return progressOf(member, call);
  if (isUnknownThere(exchange)) return { kind: 'refused', message: 'MX no longer knows the member' };
  return lookFailed(exchange, reading(now));
};

export const linkAnswerOf = (exchange: Exchange, now: Instant): LinkAnswer => {
  if (!isSuccess(exchange)) return mxFailure(exchange, now);
  const connectUrl = webAddress(mxWidget.parse(jsonOf(exchange)).widget_url.url);
  if (connectUrl === null) return { kind: 'unknown', message: 'MX answered without an address for the customer' };
  return { kind: 'link', connectUrl, expiresAt: now + WIDGET_LIFE_MS };
};

export const changeAnswerOf = (exchange: Exchange, now: Instant): ChangeAnswer => {
  if (isSuccess(exchange)) return { kind: 'accepted' };
  return isUnknownThere(exchange) ? { kind: 'gone' } : mxFailure(exchange, now);
};

import type {
  ChangeAnswer,
  CustomerNeededEvent,
  Instant,
  LinkAnswer,
  RefreshAnswer,
  RefreshProgress,
  StatusAndReason,
  StatusShown,
  StatusTold,
} from '@freshet/domain';
import { SECOND } from '@freshet/domain';
import type { ProgressCall } from '@freshet/ports';
import { decodeJwt } from 'jose';

import { isSuccess, jsonOf, type Exchange } from '../http/exchange.js';
import { failureOf, lookFailed, type Failure, type FailureReading } from '../http/failure.js';
import { webAddress } from '../http/wire-values.js';
import { failedRowFor, statusInPresentTerms, type FailedEnding } from './statuses.js';
import { meldCode, meldConnection, meldLink, type MeldConnection } from './wire.js';

/** A 429 at Meld is the aggregator's pause for that login (MX: three hours), which twins share: it closes the group. */
const reading = (exchange: Exchange, now: Instant): FailureReading => ({
  who: 'Meld',
  now,
  scope: 'group',
  code: meldCode(jsonOf(exchange)),
});

export const meldFailure = (exchange: Exchange, now: Instant): Failure => failureOf(exchange, reading(exchange, now));

/** Meld keeps no job that could be looked at: its `requestId` is for support. What it brought shows on the connection. */
export const refreshAnswerOf = (exchange: Exchange, now: Instant): RefreshAnswer =>
  isSuccess(exchange) ? { kind: 'accepted', providerTaskId: null, coalesced: false } : meldFailure(exchange, now);

export const toldOf = ({ status, statusReason }: MeldConnection): StatusTold | null =>
  // The resource shows no time of its status: it is as of the reading.
  status === null ? null : { ...statusInPresentTerms(status, statusReason), at: null };

/** Its data too: the stamp is of all that the connection has. */
export const shownOf = (connection: MeldConnection): StatusShown | null => {
  const told = toldOf(connection);
  const { successfullyAggregatedAt: at } = connection;
  return told === null || at === null ? told : { ...told, data: [{ products: null, at }] };
};

/** The resource in a reply; null where it is none. */
export const connectionIn = (exchange: Exchange): MeldConnection | null => {
  if (!isSuccess(exchange)) return null;
  const connection = meldConnection.parse(jsonOf(exchange));
  return connection.status === null && connection.successfullyAggregatedAt === null ? null : connection;
};

/** A provider's clock may be behind ours by this much before its stamp hides. */
const CLOCK_TOLERANCE_MS = 30 * SECOND;

/**
 * Whether the stamp is of this refresh: newer than the newest data before it, and not from before the call. Where the
 * data before it is known, clocks that differ a little are forgiven: at worst a background pull that ended as we called
 * passes for ours, and its data is as fresh.
 */
const hasAdvanced = (stamp: Instant | null, call: ProgressCall): stamp is Instant => {
  if (stamp === null) return false;
  if (call.asOfBefore === null) return stamp >= call.sentAt;
  return stamp > call.asOfBefore && stamp >= call.sentAt - CLOCK_TOLERANCE_MS;
};

/** An inactive twin takes over its predecessor's status when it is refreshed: that its status changed says nothing. */
const isNews = (told: StatusAndReason, before: StatusAndReason | null): boolean =>
  before !== null &&
  before.reason !== 'INACTIVE_DUPLICATE' &&
  (told.status !== before.status || told.reason !== before.reason);

const isOutage = (ending: FailedEnding): ending is 'institution-unavailable' | 'provider-unavailable' =>
  ending === 'institution-unavailable' || ending === 'provider-unavailable';

const failedProgress = (ending: FailedEnding, told: StatusTold): RefreshProgress => {
  const message = `Meld shows the connection as ${told.status}${told.reason === null ? '' : ` (${told.reason})`}`;
  if (ending === 'gone') return { kind: 'refused', message, told };
  if (isOutage(ending)) {
    const who = ending === 'institution-unavailable' ? 'institution' : 'provider';
    return { kind: 'unavailable', who, retryAt: null, message, told };
  }
  const event: CustomerNeededEvent = ending;
  return { kind: 'customer-needed', event, message, told };
};

/** What the connection shows of a refresh that was accepted, or whose reply was lost. */
export const progressOf = (connection: MeldConnection, call: ProgressCall): RefreshProgress => {
  const told = toldOf(connection);
  const asOf = connection.successfullyAggregatedAt;
  if (hasAdvanced(asOf, call)) {
    const isPartial = told?.status === 'PARTIALLY_ACTIVE' && told.reason !== 'INACTIVE_DUPLICATE';
    // Meld says neither which products came nor whether anything was new.
    return isPartial
      ? { kind: 'partial', asOf, newData: null, products: null, told }
      : { kind: 'done', asOf, newData: null, told };
  }
  const row = told === null ? undefined : failedRowFor(told);
  if (told === null || row === undefined) return { kind: 'pending', told };
  const counts = row.counts === 'any' || isNews(told, call.statusBefore ?? null);
  return counts ? failedProgress(row.ending, told) : { kind: 'pending', told };
};

export const progressAnswerOf = (exchange: Exchange, call: ProgressCall, now: Instant): RefreshProgress => {
  const connection = connectionIn(exchange);
  if (connection !== null) return progressOf(connection, call);
  // Meld's own 404, not that of something in between.
  const isGone = exchange.kind === 'reply' && exchange.status === 404 && exchange.body.kind === 'json';
  if (isGone) return { kind: 'refused', message: 'Meld no longer knows the connection' };
  return lookFailed(exchange, reading(exchange, now));
};

/** The connect token's own end: the documented three hours and the token's claim have been seen to differ. */
const expiryOf = (connectToken: string | null): Instant | null => {
  try {
    const { exp } = decodeJwt(connectToken ?? '');
    return exp === undefined ? null : exp * SECOND;
  } catch {
    return null;
  }
};

export const linkAnswerOf = (exchange: Exchange, now: Instant): LinkAnswer => {
  if (!isSuccess(exchange)) return meldFailure(exchange, now);
  const { widgetUrl, connectToken } = meldLink.parse(jsonOf(exchange));
  const connectUrl = webAddress(widgetUrl);
  if (connectUrl === null) return { kind: 'unknown', message: 'Meld answered without an address for the customer' };
  return { kind: 'link', connectUrl, expiresAt: expiryOf(connectToken) };
};

/** 404: unknown there. 409: deleted already, said for a delete only. */
export const changeAnswerOf = (exchange: Exchange, gone: readonly number[], now: Instant): ChangeAnswer => {
  if (isSuccess(exchange)) return { kind: 'accepted' };
  const isGone = exchange.kind === 'reply' && exchange.body.kind !== 'unreadable' && gone.includes(exchange.status);
  return isGone ? { kind: 'gone' } : meldFailure(exchange, now);
};

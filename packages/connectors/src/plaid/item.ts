import type {
  CustomerNeededEvent,
  Instant,
  Product,
  RefreshProgress,
  StatusAndReason,
  StatusShown,
  StatusTold,
} from '@freshet/domain';
import { DAY, SECOND } from '@freshet/domain';
import type { ProgressCall } from '@freshet/ports';

import { isSuccess, jsonOf, type Exchange } from '../http/exchange.js';
import { isGone, plaidLookFailed, rowOf, standingOfError } from './errors.js';
import { broughtBy, callsFor, productsOf, readJob, type ForcedCall } from './forced-calls.js';
import { plaidItem, type PlaidError, type PlaidItem, type PlaidItemReply, type PlaidUpdates } from './wire.js';

/** PENDING_EXPIRATION and PENDING_DISCONNECT come about seven days before (specification): an Item shows as much. */
const WARNED_BEFORE_MS = 7 * DAY;

/** What an Item without an error shows, the most pressing first. */
const standingOfWell = ({ consent_expiration_time: end, update_type }: PlaidItem, now: Instant): StatusAndReason => {
  if (end !== null && end <= now) return { status: 'RECONNECT_REQUIRED', reason: 'TOKEN_EXPIRED' };
  if (update_type === 'user_present_required') return { status: 'DEGRADED', reason: 'INTERACTIVE_REFRESH' };
  const isEnding = end !== null && end - now <= WARNED_BEFORE_MS;
  return { status: 'ACTIVE', reason: isEnding ? 'ACCESS_EXPIRING_SOON' : null };
};

/** As of the reading: Plaid tells no time of it. */
export const statusOfItem = (item: PlaidItem, now: Instant): StatusTold => {
  const failed = item.error === null ? null : standingOfError(item.error);
  return { ...(failed ?? standingOfWell(item, now)), at: null };
};

/** Its data too: of transactions and of investments the Item tells when they last came; of balances it does not. */
export const shownByItem = ({ item, status }: PlaidItemReply, now: Instant): StatusShown => {
  const data = (['transactions', 'investments'] as const).flatMap((name) => {
    const at = status[name].last_successful_update;
    return at === null ? [] : [{ products: productsOf[name], at }];
  });
  return { ...statusOfItem(item, now), ...(data.length > 0 ? { data } : {}) };
};

/** Null where the Item is well: what a refresh brought moves the status by itself then. */
export const toldByItem = (item: PlaidItem, now: Instant): StatusTold | null => {
  const told = statusOfItem(item, now);
  return told.status === 'ACTIVE' && told.reason === null ? null : told;
};

/**
 * That some products cannot be forced at all (nothing failed) is no fault of the Item: its own word stands, ACTIVE where
 * it is well.
 */
export const partialWord = (isWell: boolean, told: StatusTold | null): StatusTold | null =>
  told ?? (isWell ? { status: 'ACTIVE', reason: null, at: null } : null);

/** The Item in a reply; null where the reply has none. */
export const itemIn = (exchange: Exchange): PlaidItemReply | null => {
  if (!isSuccess(exchange)) return null;
  const reply = plaidItem.parse(jsonOf(exchange));
  return reply.item.item_id === null ? null : reply;
};

/** The calls whose success the Item shows; the balances came in their reply, or nobody will know. */
type ShownCall = Exclude<ForcedCall, 'balance'>;
const isShown = (call: ForcedCall): call is ShownCall => call !== 'balance';

type Seen = 'came' | 'failed' | 'pending';

/** Plaid's stamps are of whole seconds, and ours is not: what it did in our second is after it. */
const fromThen = (stamp: Instant | null, sentAt: Instant): stamp is Instant =>
  stamp !== null && stamp >= Math.floor(sentAt / SECOND) * SECOND;

/** Plaid's clock may be behind ours by this much before its stamp hides. */
const CLOCK_TOLERANCE_MS = 30 * SECOND;

const isNewer = (stamp: Instant | null, { sentAt, asOfBefore }: ProgressCall): stamp is Instant =>
  fromThen(stamp, sentAt) ||
  (stamp !== null && asOfBefore !== null && stamp > asOfBefore && stamp >= sentAt - CLOCK_TOLERANCE_MS);

const seen = ({ last_successful_update, last_failed_update }: PlaidUpdates, call: ProgressCall): Seen => {
  if (isNewer(last_successful_update, call)) return 'came';
  return fromThen(last_failed_update, call.sentAt) ? 'failed' : 'pending';
};

/** An error in which no refresh is taken: whatever still runs ends by it. */
const endingError = ({
  error,
}: PlaidItem): { readonly error: PlaidError; readonly event: CustomerNeededEvent } | null => {
  const row = error === null ? undefined : rowOf(error);
  return error !== null && row?.kind === 'customer-needed' ? { error, event: row.event } : null;
};

/** Codes of webhooks that tell of data (specification). That none was sent says nothing: some are sent only to some clients. */
const DATA_WEBHOOKS: readonly (string | null)[] = [
  'SYNC_UPDATES_AVAILABLE',
  'DEFAULT_UPDATE',
  'INITIAL_UPDATE',
  'HISTORICAL_UPDATE',
];

const newDataIn = ({ status: { last_webhook } }: PlaidItemReply, { sentAt }: ProgressCall): true | null =>
  fromThen(last_webhook.sent_at, sentAt) && DATA_WEBHOOKS.includes(last_webhook.code_sent) ? true : null;

const failedProgress = (reply: PlaidItemReply, told: StatusTold | null): RefreshProgress => {
  const ending = endingError(reply.item);
  if (ending !== null) {
    const message = `Plaid shows the Item with ${ending.error.error_code}`;
    return { kind: 'customer-needed', event: ending.event, message, told };
  }
  const message = 'Plaid could not update the Item at the institution';
  return { kind: 'unavailable', who: 'institution', retryAt: null, message, told };
};

/** What the calls of a task are known to have brought. */
interface Outcome {
  readonly came: readonly ForcedCall[];
  readonly asOf: Instant | null;
}

/** `isOver`: an error of the Item's ends what still runs. */
const outcomeIn = (reply: PlaidItemReply, call: ProgressCall, isOver: boolean): Outcome | 'pending' => {
  const job = readJob(call.providerTaskId);
  const shown = (job ?? callsFor(call.products)).filter(isShown);
  const runs = shown.length === 0 || shown.some((name) => seen(reply.status[name], call) === 'pending');
  if (runs && !isOver) return 'pending';
  const came = shown.filter((name) => seen(reply.status[name], call) === 'came');
  const stamps = came.map((name) => reply.status[name].last_successful_update ?? call.sentAt);
  // The balances were read as the call was made.
  const hasBalance = job?.includes('balance') === true;
  const ages = hasBalance ? [...stamps, call.sentAt] : stamps;
  return { came: hasBalance ? [...came, 'balance'] : came, asOf: ages.length === 0 ? null : Math.min(...ages) };
};

const isForced = (products: readonly Product[], came: readonly ForcedCall[]): boolean =>
  callsFor(products).every((name) => came.includes(name));

/** What the Item shows of a refresh that was taken, or whose reply was lost. */
export const progressOfItem = (reply: PlaidItemReply, call: ProgressCall, now: Instant): RefreshProgress => {
  const told = toldByItem(reply.item, now);
  const outcome = outcomeIn(reply, call, endingError(reply.item) !== null);
  if (outcome === 'pending') return { kind: 'pending', told };
  if (outcome.came.length === 0) return failedProgress(reply, told);
  const [products, newData] = [broughtBy(outcome.came, call.products), newDataIn(reply, call)];
  if (products.length === call.products.length) return { kind: 'done', asOf: outcome.asOf, newData, told };
  const isWhole = isForced(call.products, outcome.came);
  // Each call is billed for itself, and only for what it brought.
  const inPart = isWhole ? {} : { billedInPart: true };
  return { kind: 'partial', asOf: outcome.asOf, newData, products, told: partialWord(isWhole, told), ...inPart };
};

export const progressAnswerOf = (exchange: Exchange, call: ProgressCall, now: Instant): RefreshProgress => {
  const reply = itemIn(exchange);
  if (reply !== null) return progressOfItem(reply, call, now);
  if (isGone(exchange)) return { kind: 'refused', message: 'Plaid no longer knows the Item' };
  return plaidLookFailed(exchange, now);
};

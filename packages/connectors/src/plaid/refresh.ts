import type { Accepted, Instant, RefreshAnswer, StatusTold } from '@freshet/domain';
import type { RefreshCall } from '@freshet/ports';

import { isSuccess, jsonOf, type Exchange } from '../http/exchange.js';
import { failureIn, type PlaidFailure } from './errors.js';
import { broughtBy, writeJob, type ForcedCall } from './forced-calls.js';
import { partialWord, toldByItem } from './item.js';
import { plaidBalances, plaidRequest } from './wire.js';

/** What became of one of a task's calls. */
export type CallEnd =
  /** Plaid pulls; what it brings shows on the Item. */
  | { readonly call: ForcedCall; readonly kind: 'taken'; readonly requestId: string | null }
  /** The data was in the reply. */
  | {
      readonly call: ForcedCall;
      readonly kind: 'came';
      readonly requestId: string | null;
      readonly asOf: Instant;
      readonly told: StatusTold | null;
    }
  | { readonly call: ForcedCall; readonly kind: 'failed'; readonly failure: PlaidFailure };

/** As old as the oldest that Plaid tells the age of; the others are of this moment. */
const endOfBalance = (exchange: Exchange, now: Instant): CallEnd => {
  const { accounts, item } = plaidBalances.parse(jsonOf(exchange));
  if (accounts === null) {
    const failure = { kind: 'unknown', message: 'Plaid answered without balances' } as const;
    return { call: 'balance', kind: 'failed', failure };
  }
  const ages = accounts.flatMap(({ balances }) => balances.last_updated_datetime ?? []);
  const { request_id: requestId } = plaidRequest.parse(jsonOf(exchange));
  return { call: 'balance', kind: 'came', requestId, asOf: Math.min(now, ...ages), told: toldByItem(item, now) };
};

export const endOfCall = (call: ForcedCall, exchange: Exchange, now: Instant): CallEnd => {
  if (!isSuccess(exchange)) return { call, kind: 'failed', failure: failureIn(exchange, now) };
  if (call === 'balance') return endOfBalance(exchange, now);
  return { call, kind: 'taken', requestId: plaidRequest.parse(jsonOf(exchange)).request_id };
};

/** Which of several failures speaks for all: what may have happened first, what asking again changes last. */
const LOUDEST_FIRST = ['unknown', 'customer-needed', 'limited', 'unavailable', 'busy', 'refused'] as const;

const loudest = (failures: readonly PlaidFailure[]): PlaidFailure | undefined =>
  LOUDEST_FIRST.map((kind) => failures.find((failure) => failure.kind === kind)).find((found) => found !== undefined);

/** The limit that one of them met, while others went well. */
const limitedIn = (ends: readonly CallEnd[]): Pick<Accepted, 'limitedInPart'> => {
  const met = ends.flatMap((end) => (end.kind === 'failed' ? end.failure : [])).find(({ kind }) => kind === 'limited');
  if (met?.kind !== 'limited') return {};
  const { until, scope, said } = met;
  return { limitedInPart: { until, scope, ...(said === undefined ? {} : { said }) } };
};

/** The calls that were taken or came, in one word that no other task has. A reply without an id has the attempt's. */
const accepted = (ends: readonly CallEnd[], call: RefreshCall): Accepted => {
  const calls = ends.flatMap((end) => {
    if (end.kind === 'failed' && end.failure.kind !== 'busy') return [];
    return { call: end.call, requestId: (end.kind === 'failed' ? null : end.requestId) ?? call.pullId };
  });
  return { kind: 'accepted', providerTaskId: writeJob(calls), coalesced: false, ...limitedIn(ends) };
};

const ofBalancesAlone = (
  { asOf, told }: CallEnd & { readonly kind: 'came' },
  ends: readonly CallEnd[],
  call: RefreshCall,
): RefreshAnswer => {
  const products = broughtBy(['balance'], call.products);
  if (products.length === call.products.length) return { kind: 'done', asOf, newData: null, told };
  const isInPart = ends.length > 1;
  const inPart = isInPart ? { billedInPart: true, ...limitedIn(ends) } : {};
  return { kind: 'partial', asOf, newData: null, products, told: partialWord(!isInPart, told), ...inPart };
};

/**
 * One answer for all calls of a task. One that may have happened makes the whole unknown, whatever became of the others:
 * the money of all is held until the Item shows what came. What a call was refused for is kept, where others went well,
 * only as far as it is the Item's own.
 */
export const refreshAnswerOf = (ends: readonly CallEnd[], call: RefreshCall): RefreshAnswer => {
  const failures = ends.flatMap((end) => (end.kind === 'failed' ? end.failure : []));
  const failure = loudest(failures);
  const came = ends.find((end): end is CallEnd & { readonly kind: 'came' } => end.kind === 'came');
  const isTaken = ends.some(({ kind }) => kind === 'taken');
  if (failure !== undefined && (failure.kind === 'unknown' || (came === undefined && !isTaken))) return failure;
  const told = failures.find((each) => each.told !== undefined)?.told ?? came?.told ?? null;
  const isRunning = isTaken || failures.some(({ kind }) => kind === 'busy');
  if (came === undefined || isRunning) return { ...accepted(ends, call), told };
  return ofBalancesAlone({ ...came, told }, ends, call);
};

import type { DecisionReason, ReasonCode } from '@freshet/domain';
import { NOT_RECORDED, spokenData, type Spoken } from './spoken.js';

const status = (data: Spoken): string => {
  const reason = data.word('reason');
  return reason === null ? data.text('status') : `${data.text('status')} (${reason})`;
};

const until = (data: Spoken, key: string): string =>
  data.number(key) === null ? 'until somebody opens it' : `until ${data.instant(key)}`;

const range = (data: Spoken, from: string, to: string): string =>
  data.number(to) === null ? `${data.instant(from)} on` : `${data.instant(from)} to ${data.instant(to)}`;

const closed = (data: Spoken, how: string): string => {
  const what = data.word('scope') ?? 'provider';
  return `Forced refreshes of this ${what} are ${how} ${until(data, 'until')}.`;
};

/** A breaker, while it waits or while one task tries it. */
const heldBack = (data: Spoken): string => {
  const tried = data.word('probe') === null ? '' : ` The refresh ${data.text('probe')} is trying it.`;
  return `${closed(data, 'held back after failures in a row')}${tried}`;
};

const helps = (data: Spoken): string => {
  const operation = data.word('operation');
  if (operation === null) return 'nothing brings it back';
  return operation === 'repair' ? 'the customer has to repair it' : 'the customer has to connect it';
};

const switchesOn = (data: Spoken): string => {
  const needs = data.list('needs');
  if (needs === NOT_RECORDED) return '';
  return needs === 'none' ? ', and this service has none of that name' : `: to switch it on, set ${needs}`;
};

const age = (data: Spoken): string =>
  data.number('asOf') === null
    ? 'Some of what was asked for has never arrived'
    : `The oldest of what was asked for is from ${data.instant('asOf')}, ${data.duration('ageMs')} old`;

const limitReached = (data: Spoken): string => {
  const used = `The limit ${data.text('name')} (${data.text('limit')} per ${data.text('scope')}) is used up`;
  if (data.number('limit') === 0) return `The limit ${data.text('name')} has no place for such a request.`;
  return data.number('allowedAt') === null ? `${used}.` : `${used}; it lets one pass at ${data.instant('allowedAt')}.`;
};

const heldBy: Readonly<Record<string, string>> = {
  open: 'The provider',
  limits: 'A limit',
  budget: 'A budget',
};

const heldLonger = (data: Spoken): string => {
  const by = heldBy[data.text('by')] ?? 'Something else';
  return data.number('until') === null
    ? `${by} holds it back too, and nobody can tell until when.`
    : `${by} holds it back too, until ${data.instant('until')}.`;
};

const nextFree = (data: Spoken): string =>
  data.number('nextBackgroundAt') === null
    ? 'No background refresh is expected.'
    : `The next background refresh is ${data.duration('waitMs')} away, longer than the ${data.duration('patienceMs')} ` +
      'that the caller would wait.';

const changes = (data: Spoken): string => (data.rounded('missedChanges') === '1' ? 'change was' : 'changes were');

/** How stale the copy is thought to be, and from what. */
const staleness = (data: Spoken): string => {
  if (data.number('missedChanges') === null) return 'Some of what was asked for has never arrived.';
  if (data.number('toldAt') !== null) return `The provider told of something new at ${data.instant('toldAt')}.`;
  if (data.number('olderThanMs') !== null) return `It is older than the ${data.duration('olderThanMs')} asked for.`;
  return (
    `About ${data.rounded('missedChanges')} ${changes(data)} missed since the last data (${data.rounded('changesPerDay')} ` +
    `a day), so the copy is stale with a chance of ${data.percent('staleChance')}.`
  );
};

/** What its places have to bring, under the limit whose are dearest. */
const placeWanted = (data: Spoken): string => {
  if (data.number('placePrice') === null) return '';
  const free =
    data.number('placeFreeAt') === null ? '' : `, where the next comes free at ${data.instant('placeFreeAt')}`;
  const why =
    data.number('placeMissed') === null
      ? 'so that its own last'
      : `a later refresh is turned away for it with a chance of ${data.percent('placeMissed')}`;
  return ` and ${data.rounded('placePrice')} for its place under ${data.text('placeUnder')}${free} (${why})`;
};

/** Both sides of the scales, in fresh reads. */
const scales = (data: Spoken): string => {
  const byWhom =
    data.word('priceSetBy') === 'catalogue'
      ? 'by the worth configured'
      : `by what the budget ${data.text('priceSetBy')} can afford`;
  return (
    `Read ${data.rounded('readsPerDay')} times a day, it would gain ${data.rounded('freshReads')} fresh reads by a ` +
    `refresh now; ${data.rounded('price')} are wanted for its money (${byWhom})${placeWanted(data)}`
  );
};

const worthForcing = (data: Spoken): string =>
  data.number('price') === null
    ? `${nextFree(data)} A forced one is worth its price.`
    : `${nextFree(data)} ${staleness(data)} ${scales(data)}: it is worth its price.`;

const worthWaiting = (data: Spoken): string => {
  const wanted = (data.number('price') ?? Number.POSITIVE_INFINITY) + (data.number('placePrice') ?? 0);
  const later = (data.number('freshReads') ?? 0) >= wanted;
  const because = later ? 'the next read is expected to be the better moment' : 'it is not worth its price';
  return `${nextFree(data)} ${staleness(data)} ${scales(data)}: ${because}.`;
};

const forced = (data: Spoken): string => {
  const price = data.number('costMicros') === null ? 'whose price is not known' : `for ${data.money('costMicros')}`;
  const promotes = data.word('promotes');
  const place = promotes === null ? '' : ` Once the provider accepts it, it takes the place of ${promotes}.`;
  const given = data.word('executor') === 'caller' ? 'is given to its caller' : 'is queued';
  return `A live pull ${price} ${given}.${place}`;
};

/** More than the budget ever has free, or not now. */
const noRoom = (data: Spoken): string =>
  `another ${data.money('costMicros')} do not fit${data.number('allowedAt') === null ? ', nor will they' : ''}`;

const spokenFor = (data: Spoken): string =>
  `The budget ${data.text('budget')} has ${data.money('usedMicros')} of ${data.money('amountMicros')} spoken for ` +
  `until ${data.instant('periodEnd')}`;

/** One sentence for each code. A code without one does not compile. */
const sentences: Readonly<Record<ReasonCode, (data: Spoken) => string>> = {
  STATUS_ALLOWS: (data) => `The status ${status(data)} allows a refresh.`,
  STATUS_ATTENDED_ONLY: (data) => `The status ${status(data)} allows a refresh only while the customer is present.`,
  STATUS_FORBIDS: (data) =>
    `The status ${status(data)} of ${data.text('connectionId')} forbids a refresh: ${helps(data)}.`,
  PRODUCTS_GRANTED: (data) => `Granted, and asked for: ${data.list('products')}.`,
  PRODUCT_NOT_GRANTED: (data) =>
    `Not granted on this connection: ${data.list('products')}; granted: ${data.list('granted')}.`,
  RANGE_OUT_OF_REACH: (data) =>
    data.number('earliest') === null
      ? 'The provider takes no time range.'
      : `A range has to lie between ${data.instant('earliest')} and ${data.instant('latest')}, and begin before it ends.`,
  NONE_IN_FLIGHT: () => 'No refresh is under way.',
  IN_FLIGHT: (data) =>
    `The refresh ${data.text('taskId')} is ${data.text('state')}; it brings ${data.list('products')}.`,
  IN_FLIGHT_WIDENED: (data) => `It was still waiting, so it brings these too: ${data.list('products')}.`,
  IN_FLIGHT_LACKS_PRODUCTS: (data) => `It will not bring ${data.list('products')}.`,
  IN_FLIGHT_RANGE_WIDENED: (data) => `It was still waiting, so it brings what is from ${range(data, 'from', 'to')}.`,
  IN_FLIGHT_LACKS_RANGE: (data) =>
    `It will not bring all from ${range(data, 'from', 'to')}: only what is from ${range(data, 'broughtFrom', 'broughtTo')}.`,
  NONE_RECENT: () => 'The provider hands back no earlier pull for this one.',
  RECENT_COUNTS: (data) =>
    `The pull of ${data.instant('at')} counts as this one: the provider hands it back until ${data.instant('until')}.`,
  FRESHNESS_NOT_ASKED: () => 'No age was asked for.',
  FRESHNESS_NOT_WEIGHED: () => 'Mode force does not ask how fresh the data is.',
  FRESH_ENOUGH: (data) => `${age(data)}: within the ${data.duration('maxAgeMs')} asked for.`,
  NOT_FRESH_ENOUGH: (data) => `${age(data)}: not within the ${data.duration('maxAgeMs')} asked for.`,
  PROVIDER_OPEN: () => 'The provider can be forced now.',
  CONNECTOR_OFF: (data) => `The connector ${data.text('connector')} is switched off${switchesOn(data)}.`,
  NO_FORCED_REFRESH: (data) => `The provider ${data.text('provider')} has no forced refresh at all.`,
  UNATTENDED_FORBIDDEN: (data) =>
    `The provider ${data.text('provider')} forbids forcing a refresh without the customer.`,
  CUSTOMER_REQUIRED: (data) => `In the status ${status(data)} a refresh works only while the customer is present.`,
  PROVIDER_PAUSED: (data) => closed(data, 'paused by an operator'),
  PROVIDER_IN_MAINTENANCE: (data) => closed(data, 'held back by a maintenance'),
  BREAKER_OPEN: heldBack,
  LIMITS_ALLOW: (data) => `The limits let it pass: ${data.list('limits')}.`,
  LIMIT_REACHED: limitReached,
  LIMIT_TOLD_BY_PROVIDER: (data) =>
    `The provider told us to wait ${until(data, 'until')}, for this ${data.text('scope')}.`,
  NO_BUDGET: () => 'No budget is configured.',
  BUDGETS_ALLOW: (data) => `Its ${data.money('costMicros')} fit the budgets: ${data.list('budgets')}.`,
  BUDGET_EXHAUSTED: (data) => `${spokenFor(data)}: ${noRoom(data)}.`,
  BUDGET_KEPT_FOR_ATTENDED: (data) =>
    `${spokenFor(data)}, and keeps ${data.money('keptMicros')} for customers who are there: ` + `${noRoom(data)}.`,
  BUDGET_PACED: (data) =>
    `${spokenFor(data)}, and is to last: ${data.money('allowedMicros')} of it are free by now, so ` +
    `${noRoom(data)}${data.number('allowedAt') === null ? '' : ` before ${data.instant('allowedAt')}`}.`,
  BUDGET_OVERRUN: (data) =>
    `${spokenFor(data)}. It is soft: another ${data.money('costMicros')} pass, and overrun it by ` +
    `${data.money('overrunMicros')}.`,
  HELD_LONGER: heldLonger,
  PRICE_UNKNOWN: () => 'The price is not known, so no budget can hold it back.',
  BACKGROUND_IN_TIME: (data) =>
    `A free background refresh is expected at ${data.instant('nextBackgroundAt')}, in ${data.duration('waitMs')}: ` +
    `soon enough for the ${data.duration('patienceMs')} that the caller would wait.`,
  BACKGROUND_INSTEAD: (data) =>
    `A free background refresh is expected at ${data.instant('nextBackgroundAt')}: it comes instead.`,
  BACKGROUND_LATE: (data) =>
    `The background refresh that was expected at ${data.instant('expectedAt')} did not come: it is ${data.duration('lateMs')} ` +
    'late, and is not waited for.',
  FEED_SILENT: (data) =>
    `Background refreshes of this ${data.text('scope')} have stopped coming: ${data.text('missed')} of the last ` +
    `${data.text('of')} were missed, and it has been silent since ${data.instant('sinceAt')} (${data.duration('silentMs')}).`,
  WORTH_FORCING: worthForcing,
  WORTH_WAITING: worthWaiting,
  WORTH_OVERDUE: (data) =>
    `${nextFree(data)} ${staleness(data)} ${scales(data)}: it is not worth its price, but nothing else would bring it.`,
  WORTH_UNKNOWN: (data) => `${nextFree(data)} Nothing is known of how it changes, so a forced one is made.`,
  WORTH_NOT_WEIGHED: () => 'Mode force does not weigh the price against a free refresh.',
  FORCED: forced,
};

/** The reason in plain English, with its numbers. */
export const renderReason = ({ code, data }: DecisionReason): string => sentences[code](spokenData(data));

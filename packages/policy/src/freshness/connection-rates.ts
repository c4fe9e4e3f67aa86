import type {
  ConnectionRates,
  DurationMs,
  ForcingFacts,
  Freshness,
  Instant,
  Product,
  ProviderName,
  Tally,
  TenantId,
} from '@freshet/domain';
import { DAY, HOUR } from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';
import { changesPerDay, noChangesSeen, observeChange } from './change-rate.js';
import { businessDays, type PostingHours } from './posting-hours.js';
import { noReadsSeen, observeReads, readsPerDay } from './read-rate.js';

/** One row for all twins. */
export const ratesId = (tenantId: TenantId, groupKey: string): string => JSON.stringify([tenantId, groupKey]);

const nothingSeen = (at: Instant): Tally => ({ yes: 0, no: 0, at });

export const nothingLearned = (
  of: { readonly tenantId: TenantId; readonly groupKey: string; readonly provider: ProviderName },
  policy: RefreshPolicy,
  now: Instant,
): ConnectionRates => ({
  id: ratesId(of.tenantId, of.groupKey),
  tenantId: of.tenantId,
  groupKey: of.groupKey,
  provider: of.provider,
  changes: {},
  reads: noReadsSeen(now),
  told: nothingSeen(now),
  words: nothingSeen(now),
  forced: nothingSeen(now),
  toldAt: null,
  changesPerDay: {},
  readsPerDay: policy.worth.readsPerDay,
  at: now,
});

/** What one pull that brought data showed. */
export interface Look {
  readonly products: readonly Product[];
  /** Of the data before it, per product; a product that had none tells nothing. */
  readonly before: Freshness;
  /** Of the data that it brought. */
  readonly asOf: Instant;
  /** Null: the provider does not say whether anything was new. */
  readonly newData: boolean | null;
  /** Requests for the group since they were last counted. */
  readonly requests: number;
}

/** How providers behave changes sooner than how customers live: an outage is no longer told by after some days. */
const TALLY_HALF_LIFE: DurationMs = 5 * DAY;

const faded = ({ yes, no, at }: Tally, now: Instant): Tally => {
  const share = 2 ** (-Math.max(0, now - at) / TALLY_HALF_LIFE);
  return { yes: yes * share, no: no * share, at: now };
};

const added = (tally: Tally, yes: boolean, now: Instant): Tally => {
  const before = faded(tally, now);
  return yes ? { ...before, yes: before.yes + 1 } : { ...before, no: before.no + 1 };
};

const learnChanges = (rates: ConnectionRates, look: Look, hours: PostingHours | null): ConnectionRates['changes'] => {
  const { newData, asOf, before } = look;
  if (newData === null) return rates.changes;
  const changes = { ...rates.changes };
  for (const product of look.products) {
    const from = before[product];
    if (from === undefined || from >= asOf) continue;
    const history = changes[product] ?? noChangesSeen(asOf);
    changes[product] = observeChange(history, businessDays(hours, from, asOf), newData, asOf);
  }
  return changes;
};

const estimates = (changes: ConnectionRates['changes'], policy: RefreshPolicy): ConnectionRates['changesPerDay'] =>
  Object.fromEntries(
    Object.entries(changes).map(([product, history]) => [product, changesPerDay(history, policy.worth.changesPerDay)]),
  );

/** Where the data before it ended: a word before that was of what had come already. */
const lookedSince = ({ products, before, asOf }: Look): Instant | null => {
  const from = Math.max(...products.map((product) => before[product] ?? Number.NEGATIVE_INFINITY));
  return from < asOf && from !== Number.NEGATIVE_INFINITY ? from : null;
};

/** What the look says of the provider's words: whether it told of what was found, and whether what it told was true. */
const learnWords = (rates: ConnectionRates, look: Look, now: Instant): Pick<ConnectionRates, 'told' | 'words'> => {
  const { told, words, toldAt } = rates;
  const since = lookedSince(look);
  if (look.newData === null || since === null) return { told, words };
  const heard = toldAt !== null && toldAt > since && toldAt <= look.asOf;
  return {
    told: look.newData ? added(told, heard, now) : told,
    words: heard ? added(words, look.newData, now) : words,
  };
};

/** The rates after data came: how long it took to change, how often it was read meanwhile. */
export const learnFromData = (
  rates: ConnectionRates,
  look: Look,
  policy: RefreshPolicy,
  hours: PostingHours | null,
  now: Instant,
): ConnectionRates => {
  const changes = learnChanges(rates, look, hours);
  const reads = observeReads(rates.reads, look.requests, now);
  return {
    ...rates,
    changes,
    reads,
    ...learnWords(rates, look, now),
    toldAt: rates.toldAt !== null && rates.toldAt > look.asOf ? rates.toldAt : null,
    changesPerDay: changes === rates.changes ? rates.changesPerDay : estimates(changes, policy),
    readsPerDay: readsPerDay(reads, policy.worth.readsPerDay),
    at: now,
  };
};

/** After a forced refresh ended: whether it brought data, or failed at the provider. */
export const learnFromForced = (rates: ConnectionRates, succeeded: boolean, now: Instant): ConnectionRates => ({
  ...rates,
  forced: added(rates.forced, succeeded, now),
  at: now,
});

/** The provider told that the bank has something that was not pulled yet. */
export const learnFromWord = (rates: ConnectionRates, at: Instant, now: Instant): ConnectionRates => ({
  ...rates,
  toldAt: Math.max(rates.toldAt ?? at, at),
  at: now,
});

type Prior = Pick<Tally, 'yes' | 'no'>;

const share = (tally: Tally | undefined, prior: Prior, now: Instant): number => {
  const { yes, no } = tally === undefined ? { yes: 0, no: 0 } : faded(tally, now);
  return (yes + prior.yes) / (yes + no + prior.yes + prior.no);
};

/** Nothing is known of a provider's word until it has been heard: silence then says nothing. */
const TOLD_PRIOR: Prior = { yes: 0, no: 1 };
/** Who tells of something new is believed, until it was wrong. */
const WORDS_PRIOR: Prior = { yes: 9, no: 1 };
/** Nine of ten forced refreshes that were accepted bring data. */
const FORCED_PRIOR: Prior = { yes: 9, no: 1 };

const SLOTS = 8;
/** A copy made now is stale after so many expected changes: what comes later is the same, forced or not. */
const CHANGES_AHEAD = 4;
const LONGEST_AHEAD: DurationMs = 90 * DAY;

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Everything that gate 9 weighs, from what was learned, or from the catalogue where nothing was. */
export const forcingFacts = (
  rates: ConnectionRates | null,
  hours: PostingHours | null,
  asks: {
    readonly products: readonly Product[];
    readonly freshness: Freshness;
    /** The newest data of all: what it did not bring was looked for then, too. Null: none ever came. */
    readonly lastDataAt: Instant | null;
    readonly nextBackgroundAt: Instant | null;
    readonly now: Instant;
  },
  policy: RefreshPolicy,
): ForcingFacts => {
  const { products, freshness, lastDataAt, nextBackgroundAt, now } = asks;
  let missed: number | null = 0;
  let fastest = 0;
  let oldest = now;
  for (const product of products) {
    const perDay = rates?.changesPerDay[product] ?? policy.worth.changesPerDay;
    const at = freshness[product] ?? lastDataAt ?? undefined;
    // Products change together (a transaction moves the balance): the likeliest one to have changed speaks for all.
    fastest = Math.max(fastest, perDay);
    oldest = Math.min(oldest, at ?? oldest);
    missed = at === undefined || missed === null ? null : Math.max(missed, perDay * businessDays(hours, at, now));
  }
  const stays = Math.min(LONGEST_AHEAD, (CHANGES_AHEAD / Math.max(fastest, 1e-6)) * DAY);
  const aheadMs = Math.max(HOUR / 60, Math.min(stays, nextBackgroundAt === null ? stays : nextBackgroundAt - now));
  const slotMs = aheadMs / SLOTS;
  const slots = Array.from({ length: SLOTS }, (_, slot) =>
    rounded(fastest * businessDays(hours, now + slot * slotMs, now + (slot + 1) * slotMs)),
  );
  const toldAt = rates?.toldAt ?? null;
  return {
    missedChanges: missed === null ? null : rounded(missed),
    changesPerDay: rounded(fastest),
    readsPerDay: rounded(rates?.readsPerDay ?? policy.worth.readsPerDay),
    toldAt: toldAt !== null && toldAt > oldest ? toldAt : null,
    toldShare: rounded(share(rates?.told, TOLD_PRIOR, now)),
    wordTrue: rounded(share(rates?.words, WORDS_PRIOR, now)),
    successChance: rounded(share(rates?.forced, FORCED_PRIOR, now)),
    slotMs: Math.round(slotMs),
    slots,
  };
};

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
import { changesPerDay, fading, noChangesSeen, observeChange } from './change-rate.js';
import { businessDays, type PostingHours } from './posting-hours.js';
import { noReadsSeen, observeReads, readsPerDay } from './read-rate.js';

/** One row for all twins. */
export const ratesId = (tenantId: TenantId, groupKey: string): string => JSON.stringify([tenantId, groupKey]);

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
  told: { yes: 0, no: 0 },
  forced: { yes: 0, no: 0 },
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
  /** Requests for the group since the rates were last made. */
  readonly requests: number;
}

const added = (tally: Tally, yes: boolean, share: number): Tally => ({
  yes: tally.yes * share + (yes ? 1 : 0),
  no: tally.no * share + (yes ? 0 : 1),
});

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
  const knows = look.newData === true;
  return {
    ...rates,
    changes,
    reads,
    told: knows ? added(rates.told, rates.toldAt !== null, fading(now - rates.at)) : rates.told,
    toldAt: rates.toldAt !== null && rates.toldAt > look.asOf ? rates.toldAt : null,
    changesPerDay: changes === rates.changes ? rates.changesPerDay : estimates(changes, policy),
    readsPerDay: readsPerDay(reads, policy.worth.readsPerDay),
    at: now,
  };
};

/** After a forced refresh ended: whether it brought data, or failed at the provider. */
export const learnFromForced = (rates: ConnectionRates, succeeded: boolean, now: Instant): ConnectionRates => ({
  ...rates,
  forced: added(rates.forced, succeeded, fading(now - rates.at)),
  at: now,
});

/** The provider told that the bank has something that was not pulled yet. */
export const learnFromWord = (rates: ConnectionRates, at: Instant, now: Instant): ConnectionRates => ({
  ...rates,
  toldAt: Math.max(rates.toldAt ?? at, at),
  at: now,
});

const share = ({ yes, no }: Tally, prior: Tally): number => (yes + prior.yes) / (yes + no + prior.yes + prior.no);

/** Nothing is known of a provider's word until it has been heard: silence then says nothing. */
const TOLD_PRIOR: Tally = { yes: 0, no: 2 };
/** Nine of ten forced refreshes that were accepted bring data. */
const FORCED_PRIOR: Tally = { yes: 9, no: 1 };

const SLOTS = 8;
/** A copy made now is stale after so many expected changes: what comes later is the same, forced or not. */
const CHANGES_AHEAD = 4;
const LONGEST_AHEAD: DurationMs = 14 * DAY;

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Everything that gate 9 weighs, from what was learned, or from the catalogue where nothing was. */
export const forcingFacts = (
  rates: ConnectionRates | null,
  hours: PostingHours | null,
  asks: {
    readonly products: readonly Product[];
    readonly freshness: Freshness;
    readonly nextBackgroundAt: Instant | null;
    readonly now: Instant;
  },
  policy: RefreshPolicy,
): ForcingFacts => {
  const { products, freshness, nextBackgroundAt, now } = asks;
  let missed: number | null = 0;
  let fastest = 0;
  let oldest = now;
  for (const product of products) {
    const perDay = rates?.changesPerDay[product] ?? policy.worth.changesPerDay;
    const at = freshness[product];
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
    toldShare: rates === null ? 0 : rounded(share(rates.told, TOLD_PRIOR)),
    successChance:
      rates === null ? rounded(share({ yes: 0, no: 0 }, FORCED_PRIOR)) : rounded(share(rates.forced, FORCED_PRIOR)),
    slotMs: Math.round(slotMs),
    slots,
  };
};

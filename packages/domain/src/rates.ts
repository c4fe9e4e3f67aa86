import type { ProviderName } from './connection.js';
import type { TenantId } from './ids.js';
import type { Product } from './products.js';
import type { DurationMs, Instant } from './time.js';

/** What was seen of one product's changes, with old observations fading. */
export interface ChangeHistory {
  /** Days between looks that found nothing new. */
  readonly unchangedDays: number;
  /** Intervals that ended in something new, by their length: their weight, and their days in all. */
  readonly changed: readonly (readonly [bin: number, weight: number, days: number])[];
  readonly at: Instant;
}

/** How often the product asked, with old requests fading. */
export interface ReadHistory {
  readonly reads: number;
  readonly days: number;
  readonly countedUntil: Instant;
  /** By when somebody had last asked, as far as that was counted; null: nobody did yet. */
  readonly lastAt: Instant | null;
}

/** Weights of two kinds of what was seen, fading since then. */
export interface Tally {
  readonly yes: number;
  readonly no: number;
  readonly at: Instant;
}

/** What is learned of one provider connection: how often its data changes, how often it is read, how its refreshes end. */
export interface ConnectionRates {
  /** Tenant and group: all twins are one. */
  readonly id: string;
  readonly tenantId: TenantId;
  readonly groupKey: string;
  readonly provider: ProviderName;
  readonly changes: Readonly<Partial<Record<Product, ChangeHistory>>>;
  readonly reads: ReadHistory;
  /** Of the changes that pulls found: those that the provider had told of before, and those that it had not. */
  readonly told: Tally;
  /** Of its words: those after which something new was found, and those after which nothing was. */
  readonly words: Tally;
  /** Of the forced refreshes: those that brought data, and those that failed at the provider. */
  readonly forced: Tally;
  /** The provider told of something new since the last data; null: it did not. */
  readonly toldAt: Instant | null;
  /** The estimates, made when something was learned. */
  readonly changesPerDay: Readonly<Partial<Record<Product, number>>>;
  readonly readsPerDay: number;
  readonly at: Instant;
}

/** When in the week the banks behind one provider post: 168 hours from Monday 00:00 UTC, 1 on average. */
export interface PostingProfile {
  /** Tenant and provider. */
  readonly id: string;
  readonly tenantId: TenantId;
  readonly provider: ProviderName;
  readonly hours: readonly number[];
  /** Intervals that it was made from. */
  readonly intervals: number;
  readonly at: Instant;
}

/** What a micro of a budget has to buy, in fresh reads: steered so that the budget lasts its period. */
export interface ShadowPrice {
  readonly perMicro: number;
  readonly at: Instant;
}

/** How much a limit's places are wanted that many connections share, and what they bring. */
export interface PlaceDemand {
  /** Refreshes that were forced in so much time as the limit's window is long, while it had a place left. */
  readonly perWindow: number;
  /** Fresh reads that a place brought lately, beyond what its money and its other places had to bring. */
  readonly worth: number;
  /** Until then it is counted: where the last place was taken, when the next comes back. */
  readonly at: Instant;
}

/** The same as it is kept: one row for each such limit and whom it holds back together. */
export interface LimitDemand extends PlaceDemand {
  readonly id: string;
  readonly tenantId: TenantId;
  readonly provider: ProviderName;
  readonly limit: string;
}

/** What forcing is weighed by, as far as it is known; part of a decision's facts. */
export interface ForcingFacts {
  /** Changes expected at the bank since the data that is asked for; null: some of it never arrived. */
  readonly missedChanges: number | null;
  readonly changesPerDay: number;
  readonly readsPerDay: number;
  /** The provider told of something new since then. */
  readonly toldAt: Instant | null;
  /** Share of the changes that the provider tells of before they are pulled. */
  readonly toldShare: number;
  /** Chance that there is something new where it told so. */
  readonly wordTrue: number;
  readonly successChance: number;
  /** From now to the next free refresh, or as far as a copy made now stays fresh: slots of this length ... */
  readonly slotMs: DurationMs;
  /** ... and the changes expected in each. */
  readonly slots: readonly number[];
}

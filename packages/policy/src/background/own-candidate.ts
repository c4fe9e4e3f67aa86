import { DAY, permissionsOf } from '@freshet/domain';
import type { Connection, ConnectionRates, DurationMs, Instant, LeftOutCause } from '@freshet/domain';
import { priceOf } from '../cost/price.js';
import type { RefreshPolicy } from '../policy.js';
import { offsetSeed, type SweepCandidate } from '../sweep/candidates.js';
import { nextPull } from '../sweep/next-pull.js';
import { defaultSweepRules, type SweepPlan, type SweepRules } from '../sweep/plan.js';
import { seedOf, slowedTo } from '../sweep/prepare.js';
import { steppedMs } from '../sweep/rungs.js';
import { LATE_SHARE } from './next-background.js';

/**
 * A team that configures a period expects it: the period is the shortest interval, and money alone makes it longer. What a
 * pull is worth says whose it is then.
 */
export const ownSweepRules: SweepRules = { ...defaultSweepRules, worthAtLeast: 0 };

/** At what prices a pull is planned again: those of the plan in force. */
export type SweepTerms = Pick<SweepPlan, 'prices' | 'rules'>;

/** Where no plan was made yet, nothing is short. */
export const openTerms: SweepTerms = {
  prices: { budgets: [], accounts: {}, institutions: {} },
  rules: ownSweepRules,
};

/** What a pull of ours is planned from, of a connection or of the facts of one. */
export type Pulled = Pick<
  Connection,
  | 'id'
  | 'connector'
  | 'institutionId'
  | 'status'
  | 'statusReason'
  | 'products'
  | 'historicalLoaded'
  | 'lastSuccessAt'
  | 'lastAttemptAt'
  | 'connectedAt'
>;

/** What is known beside the connection itself. */
export interface OwnPullFacts {
  readonly rates: ConnectionRates | null;
  /** When somebody last asked for it, or it came here; null: not known, taken as just now. */
  readonly lastReadAt: Instant | null;
  readonly terms: SweepTerms;
  readonly allowance?: SweepCandidate['allowance'];
  readonly closedUntil?: Instant | null;
}

export const nothingKnown: OwnPullFacts = { rates: null, lastReadAt: null, terms: openTerms };

/** Who holds an account or an institution, as the caps name them. */
export const accountKey = (connector: string, provider: string): string => JSON.stringify([connector, provider]);
export const institutionKey = (provider: string, institutionId: string): string =>
  JSON.stringify([provider, institutionId]);

/** When it was last pulled or tried, by whomever; one that never was counts from its connect. */
export const lastPullOf = (of: Pick<Pulled, 'lastSuccessAt' | 'lastAttemptAt' | 'connectedAt'>): Instant =>
  Math.max(of.lastSuccessAt ?? of.connectedAt, of.lastAttemptAt ?? Number.NEGATIVE_INFINITY);

/** The connection as a sweep weighs it; `anchor`: a time that one of its slots falls on. */
export const ownCandidate = (
  policy: RefreshPolicy,
  of: Pulled,
  { rates, lastReadAt, allowance = null, closedUntil = null }: OwnPullFacts,
  anchor: Instant,
): SweepCandidate => {
  const { provider, worth, background, forced, price } = policy;
  const cost = priceOf(price, of.products, of.historicalLoaded);
  const priceMicros = cost?.micros ?? 0;
  const rate = (product: Connection['products'][number]): number =>
    rates?.changesPerDay[product] ?? worth.changesPerDay;
  return {
    connectionId: of.id,
    provider,
    institution: institutionKey(provider, of.institutionId),
    account: accountKey(of.connector, provider),
    lastPullAt: lastPullOf(of),
    // Products change together: the likeliest one to have changed speaks for all.
    changesPerDay: Math.max(...of.products.map(rate)),
    readsPerDay: rates?.readsPerDay ?? worth.readsPerDay,
    valueMicros: Math.max(1, worth.valueMultiple * (price?.perRequestMicros ?? 0)),
    priceMicros,
    currency: priceMicros === 0 || cost === null ? null : cost.currency,
    backgroundPerDay: 0,
    minGapMs: background.everyMs,
    allowance,
    lastReadAt,
    seed: seedOf(anchor),
    tie: offsetSeed(of.id),
    unattended: forced.unattended && permissionsOf({ status: of.status, reason: of.statusReason }).refresh === 'yes',
    closedUntil,
  };
};

/** When a pull of ours goes at the prices in force. */
export interface OwnPullTime {
  /** Null: not until something of it changes. */
  readonly at: Instant | null;
  /** What keeps it from its period; null: nothing. `starving`: it goes whatever it is worth. */
  readonly held: LeftOutCause | 'starving' | null;
  /** Whether it is meant to grow old. */
  readonly mayAge: boolean;
}

/** From when on the allowance of any 24 hours lets one more pass. */
const allowedFrom = ({ allowance }: SweepCandidate): Instant => {
  const oldest = allowance?.usedAt.at(-allowance.count);
  return oldest === undefined ? Number.NEGATIVE_INFINITY : oldest + DAY;
};

const isAway = ({ lastReadAt }: SweepCandidate, rules: SweepRules, now: Instant): DurationMs =>
  slowedTo(rules, lastReadAt ?? Number.POSITIVE_INFINITY, now);

/** A time of day may be further away than a short period: it goes at the first that is a whole number of periods before. */
const withinPeriod = (anchor: Instant, everyMs: DurationMs, from: Instant): Instant => {
  const most = everyMs + everyMs / LATE_SHARE;
  return anchor - from <= most ? anchor : anchor - Math.ceil((anchor - from) / everyMs - 1) * everyMs;
};

/** `from`: nothing is planned before it; `anchor`: when it goes where nothing is short. */
export const ownPullAt = (
  candidate: SweepCandidate,
  terms: SweepTerms,
  { from, anchor }: { readonly from: Instant; readonly anchor: Instant },
): OwnPullTime => {
  const next = nextPull(candidate, terms, from);
  const slowed = isAway(candidate, terms.rules, from);
  if (next.at === null)
    return { at: null, held: next.leftOut, mayAge: next.leftOut === 'not-allowed' || next.leftOut === 'dormant' };
  const isPaced = next.everyMs !== null && next.everyMs <= steppedMs(candidate.minGapMs);
  if (!isPaced && next.cause === 'starving') return { at: next.at, held: 'starving', mayAge: false };
  if (!isPaced) return { at: next.at, held: slowed > 0 ? 'dormant' : 'no-money', mayAge: slowed > 0 };
  const paced = withinPeriod(anchor, candidate.minGapMs, from);
  const isClosed = candidate.closedUntil !== null && candidate.closedUntil > paced;
  // The ladder has few steps, a period any length: where nothing stands against it, the period itself is kept.
  if (!isClosed && allowedFrom(candidate) <= paced) return { at: paced, held: null, mayAge: false };
  return { at: Math.max(next.at, paced), held: isClosed ? 'closed' : 'cap', mayAge: false };
};

import type { BreakerRule, Budget, Limit, LimitedSign, Price, ReadOutcome, RefreshPolicy } from '../policy.js';
import { byCodeUnit } from './canonical-json.js';
import type { LimitSettings } from './schema/limit.js';
import type { BudgetSettings, ProviderSettings, RuleSettings, Settings } from './schema/settings.js';

type Per = Extract<LimitSettings, { kind: 'window' }>['per'];

const resolvePer = (per: Per): Extract<Limit, { kind: 'window' }>['per'] =>
  per.shape === 'calendar' ? per : { shape: per.shape, ms: per.length };

const resolveLimit = (name: string, limit: LimitSettings): Limit => {
  const { scope, applies, products } = limit;
  if (limit.kind === 'cooldown') {
    return { kind: 'cooldown', name, scope, applies, products, after: limit.after, forMs: limit.for };
  }
  const { count, counts, reserveForAttended } = limit;
  return {
    kind: 'window',
    name,
    scope,
    applies,
    products,
    count,
    per: resolvePer(limit.per),
    counts,
    reserveForAttended,
  };
};

/** In the order of their names, so that the same settings give the same list. */
const resolveLimits = (limits: Settings['limits']): readonly Limit[] =>
  Object.entries(limits)
    .toSorted(([a], [b]) => byCodeUnit(a, b))
    .map(([name, limit]) => resolveLimit(name, limit));

const resolvePrice = (price: RuleSettings['price']): Price | null =>
  price && {
    currency: price.currency,
    perRequestMicros: price.perRequest,
    productSets: (price.productSets ?? []).map(({ products, amount }) => ({ products, micros: amount })),
    historicalMicros: price.historical ?? 0,
    historicalAt: price.historicalAt ?? 'connect',
    alsoBilled: price.alsoBilled ?? [],
    billedOn: price.billedOn,
  };

/** Three days of a month: the first ones of a period are rarely the quietest. */
const HEAD_START = 0.1;

export const resolveBudget = (budget: BudgetSettings): Budget => ({
  name: budget.name,
  provider: budget.provider ?? null,
  currency: budget.currency,
  amountMicros: budget.amount,
  period: budget.period,
  timeZone: budget.timeZone,
  enforcement: budget.enforcement,
  headStart: budget.pacing === 'even' ? (budget.headStart ?? HEAD_START) : null,
  reserveForAttended: budget.reserveForAttended,
  alertAt: budget.alertAt,
});

const resolveExecution = (execution: Settings['execution']): RefreshPolicy['execution'] => ({
  maxAttempts: execution.maxAttempts,
  backoffMs: execution.backoff,
  maxBackoffMs: execution.maxBackoff,
  pollFirstMs: execution.pollFirst,
  pollMaxMs: execution.pollMax,
  giveUpMs: execution.giveUp,
  maxBlockMs: execution.maxBlock,
  untoldBlockMs: execution.untoldBlock,
});

const resolveBreaker = (breaker: Settings['breaker']): BreakerRule => ({
  failures: breaker.failures,
  of: breaker.of,
  withinMs: breaker.within,
  pauseMs: breaker.pause,
  maxPauseMs: breaker.maxPause,
  probeMs: breaker.probe,
});

const resolveConsent = (consent: Settings['consent']): RefreshPolicy['consent'] => ({
  warnMs: consent.warn,
  lapse: consent.lapse,
  lifeMs: consent.life ?? null,
  renewal: consent.renewal ?? null,
});

/** In the order of what they say, so that the same signs give the same list. */
export const resolveSigns = (limited: ProviderSettings['limited']): readonly LimitedSign[] =>
  Object.entries(limited ?? {})
    .toSorted(([a], [b]) => byCodeUnit(a, b))
    .map(([says, sign]) => ({
      says,
      in: sign.in,
      scope: sign.scope ?? null,
      spent: sign.spent ?? null,
      timeZone: sign.timeZone ?? null,
    }));

export const resolveOutcomes = (outcomes: ProviderSettings['outcomes']): Readonly<Record<string, ReadOutcome>> =>
  Object.fromEntries(
    Object.entries(outcomes ?? {}).map(([code, { outcome, who, event }]) => [
      code,
      { outcome, who: who ?? null, event: event ?? null },
    ]),
  );

/** Which policy is being made of the settings. */
export interface PolicyHead {
  readonly version: string;
  readonly provider: string;
  readonly known: boolean;
  readonly budgets: readonly Budget[];
  readonly limitedSigns: readonly LimitedSign[];
  readonly readOutcomes: Readonly<Record<string, ReadOutcome>>;
}

/** Settings as data have no units in their names; the policy that code reads has. */
export const resolvePolicy = (
  { version, provider, known, budgets, limitedSigns, readOutcomes }: PolicyHead,
  settings: Settings,
): RefreshPolicy => ({
  version,
  provider,
  known,
  duplicates: settings.duplicates,
  background: {
    owner: settings.background.owner,
    everyMs: settings.background.every,
    // What is not due yet is not stale, whatever an override for everybody says of it.
    staleAfterMs: Math.max(settings.background.staleAfter, settings.background.every),
    suppressedByForcedMs: settings.background.suppressedByForced,
  },
  forced: settings.forced,
  coalesces: settings.coalesces && {
    withinMs: settings.coalesces.within,
    scope: settings.coalesces.scope,
    origins: settings.coalesces.origins,
  },
  range: settings.range && { maxBackMs: settings.range.maxBack, overlapMs: settings.range.overlap },
  limits: resolveLimits(settings.limits),
  limitedSigns,
  readOutcomes,
  price: resolvePrice(settings.price),
  consent: resolveConsent(settings.consent),
  patienceMs: settings.patience,
  failuresToGiveUp: settings.failuresToGiveUp,
  worth: settings.worth,
  budgets,
  breaker: resolveBreaker(settings.breaker),
  execution: resolveExecution(settings.execution),
});

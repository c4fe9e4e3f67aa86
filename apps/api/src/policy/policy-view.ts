import { formatDuration, products, pullOrigins, type DurationMs, type Product } from '@freshet/domain';
import { limitScopes, type Limit, type Price, type RefreshPolicy, type Window } from '@freshet/policy';
import { z } from 'zod';
import { moneyView, toMoney } from '../http/wire.js';

const duration = z.string().meta({ format: 'duration' });
const product = z.enum(products);

const limitView = z.object({
  name: z.string(),
  kind: z.enum(['cooldown', 'window']),
  scope: z.enum(limitScopes),
  applies: z.enum(['all', 'attended', 'unattended']),
  products: z.array(product).nullable().meta({ description: 'Any of these; null: whatever is asked for.' }),
  after: z.enum(['success', 'attempt', 'any-pull']).optional(),
  for: duration.optional(),
  count: z.int().optional(),
  per: z
    .object({
      shape: z.enum(['rolling', 'fixed', 'calendar']),
      length: duration.optional(),
      unit: z.enum(['day', 'month']).optional(),
      timeZone: z.string().optional(),
    })
    .optional(),
  counts: z
    .object({
      origins: z.array(z.enum(pullOrigins)),
      on: z.enum(['attempt', 'success']),
      attended: z.boolean().nullable(),
    })
    .optional(),
  reserveForAttended: z.int().optional(),
});

const priceView = z.object({
  perRequest: moneyView,
  productSets: z.array(z.object({ products: z.array(product), price: moneyView })),
  historical: moneyView,
  historicalAt: z.enum(['connect', 'refresh']),
  alsoBilled: z.array(z.enum(pullOrigins)),
  billedOn: z.enum(['success', 'attempt']),
});

/** A policy as the catalogue and the policy file write it: durations and amounts, not milliseconds and micros. */
export const policyView = z
  .object({
    version: z.string(),
    duplicates: z.enum(['grouped', 'twins']),
    background: z.object({
      owner: z.enum(['provider', 'engine']),
      every: duration,
      staleAfter: duration,
      suppressedByForced: duration,
    }),
    forced: z.object({ available: z.boolean(), unattended: z.boolean(), executor: z.enum(['engine', 'caller']) }),
    coalesces: z
      .object({ within: duration, scope: z.enum(limitScopes), origins: z.array(z.enum(pullOrigins)) })
      .nullable(),
    range: z.object({ maxBack: duration, overlap: duration }).nullable(),
    limits: z.array(limitView),
    price: priceView.nullable(),
    consent: z.object({
      warn: duration,
      lapse: z.enum(['consent_ended', 'reconfirmation_lapsed']),
      life: duration.nullable(),
      renewal: z.enum(['reauthentication', 'reconfirmation']).nullable(),
    }),
    patience: duration,
    failuresToGiveUp: z.int(),
    worth: z.object({ valueMultiple: z.number(), changesPerDay: z.number(), readsPerDay: z.number() }),
    budgets: z.array(z.string()),
  })
  .meta({ id: 'Policy' });

type PolicyAnswer = z.infer<typeof policyView>;

const written = (ms: DurationMs): string => formatDuration(ms);

const toPer = (per: Window['per']) =>
  per.shape === 'calendar'
    ? { shape: per.shape, unit: per.unit, timeZone: per.timeZone }
    : { shape: per.shape, length: written(per.ms) };

const toLimit = (limit: Limit): PolicyAnswer['limits'][number] => {
  const { name, scope, applies, products: of } = limit;
  const base = { name, kind: limit.kind, scope, applies, products: of && [...of] };
  if (limit.kind === 'cooldown') return { ...base, after: limit.after, for: written(limit.forMs) };
  const { count, counts, reserveForAttended } = limit;
  return {
    ...base,
    count,
    per: toPer(limit.per),
    counts: { ...counts, origins: [...counts.origins] },
    reserveForAttended,
  };
};

const toPrice = ({
  currency,
  perRequestMicros,
  productSets,
  historicalMicros,
  historicalAt = 'connect',
  alsoBilled = [],
  billedOn,
}: Price): PolicyAnswer['price'] => {
  const money = (micros: number) => toMoney({ micros, currency });
  const toSet = (set: { readonly products: readonly Product[]; readonly micros: number }) => ({
    products: [...set.products],
    price: money(set.micros),
  });
  return {
    perRequest: money(perRequestMicros),
    productSets: productSets.map(toSet),
    historical: money(historicalMicros),
    historicalAt,
    alsoBilled: [...alsoBilled],
    billedOn,
  };
};

const toConsent = ({ warnMs, lapse, lifeMs, renewal }: RefreshPolicy['consent']): PolicyAnswer['consent'] => ({
  warn: written(warnMs),
  lapse,
  life: lifeMs === null ? null : written(lifeMs),
  renewal,
});

export const toPolicy = (policy: RefreshPolicy): PolicyAnswer => {
  const { background, forced, coalesces, range, consent, worth } = policy;
  return {
    version: policy.version,
    duplicates: policy.duplicates,
    background: {
      owner: background.owner,
      every: written(background.everyMs),
      staleAfter: written(background.staleAfterMs),
      suppressedByForced: written(background.suppressedByForcedMs),
    },
    forced: { available: forced.available, unattended: forced.unattended, executor: forced.executor },
    coalesces: coalesces && {
      within: written(coalesces.withinMs),
      scope: coalesces.scope,
      origins: [...coalesces.origins],
    },
    range: range && { maxBack: written(range.maxBackMs), overlap: written(range.overlapMs) },
    limits: policy.limits.map(toLimit),
    price: policy.price && toPrice(policy.price),
    consent: toConsent(consent),
    patience: written(policy.patienceMs),
    failuresToGiveUp: policy.failuresToGiveUp,
    worth: { valueMultiple: worth.valueMultiple, changesPerDay: worth.changesPerDay, readsPerDay: worth.readsPerDay },
    budgets: policy.budgets.map(({ name }) => name),
  };
};

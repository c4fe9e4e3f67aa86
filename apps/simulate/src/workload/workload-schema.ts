import { DAY, isCurrency, parseAmount, parseDuration, parseInstant } from '@freshet/domain';
import { HOURS_OF_WEEK, USUAL_START, type Signals, type Workload } from '@freshet/simulator';
import { z } from 'zod';

/** A text that means something, or a fault that says how it should have been written. */
const meaning = <Meaning>(read: (text: string) => Meaning | undefined, expected: string) =>
  z.string({ error: `expected ${expected}, as a quoted text` }).transform((text, context) => {
    const meant = read(text);
    if (meant !== undefined) return meant;
    context.addIssue({ code: 'custom', message: `expected ${expected}` });
    return z.NEVER;
  });

const duration = meaning(parseDuration, 'an ISO-8601 duration, such as PT3H');
const stretch = duration.refine((ms) => ms > 0, 'expected a duration longer than zero');
const price = meaning((text) => {
  const micros = parseAmount(text);
  return micros === undefined || micros <= 0 ? undefined : micros;
}, "an amount above zero with at most six decimals, such as '0.12'");

const orderly = (spread: { readonly min: number; readonly median: number; readonly max: number }): boolean =>
  spread.min <= spread.median && spread.median <= spread.max;
const ORDER = 'expected min <= median <= max';

const sigma = z.number().min(0).max(5);
const rate = z.number().positive().max(10_000);
const rates = z.strictObject({ median: rate, sigma, min: rate, max: rate }).refine(orderly, ORDER);
const delays = z.strictObject({ median: stretch, sigma, min: duration, max: stretch }).refine(orderly, ORDER);

const probability = z.number().min(0).max(1);
const hours = (count: number) => z.array(z.number().min(0)).length(count);

const signals = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('exact') }),
  z.strictObject({ kind: z.literal('webhooks'), loss: probability, delay: delays }),
]);

/** The whole week, hour by hour from Monday on; or working days, Saturday and Sunday. */
const postingHours = z
  .union([
    z.strictObject({ week: hours(HOURS_OF_WEEK) }),
    z.strictObject({ weekday: hours(24), saturday: hours(24), sunday: hours(24) }),
  ])
  .transform((profile) =>
    'week' in profile
      ? profile.week
      : [...Array.from({ length: 5 }, () => profile.weekday).flat(), ...profile.saturday, ...profile.sunday],
  )
  .refine((weights) => weights.some((weight) => weight > 0), 'expected a weight above zero in some hour');

const limits = z
  .strictObject({
    account: z.strictObject({ count: z.int().min(1), per: stretch }),
    connectionGap: stretch,
  })
  .partial();

const fields = z.strictObject({
  version: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'expected a name of small letters, digits and hyphens'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  start: meaning(parseInstant, 'an ISO-8601 instant').default(USUAL_START),
  days: z.int().min(1).max(3_660),
  connections: z.int().min(1).max(1_000_000),
  changesPerDay: rates,
  readsPerDay: rates,
  prices: z.strictObject({
    currency: z.string().refine(isCurrency, 'expected a currency of three capital letters, such as USD'),
    perRequest: z.array(price).min(1),
    billedOn: z.enum(['success', 'attempt']).default('attempt'),
  }),
  background: z.strictObject({ every: stretch }).default({ every: DAY }),
  postingHours: postingHours.optional(),
  signals: signals.default({ kind: 'none' }),
  forcedFailure: probability.default(0),
  limits: limits.default({}),
});

const signalsOf = (read: z.output<typeof signals>): Signals =>
  read.kind === 'webhooks' ? { kind: read.kind, loss: read.loss, delayMs: read.delay } : read;

/** A workload's file: texts with units, checked, as the plain numbers that the simulator takes. */
export const workloadSchema = fields.transform((read): Workload => ({
  name: read.name,
  seed: read.seed,
  start: read.start,
  days: read.days,
  connections: read.connections,
  changesPerDay: read.changesPerDay,
  readsPerDay: read.readsPerDay,
  currency: read.prices.currency,
  priceMicros: read.prices.perRequest,
  billedOn: read.prices.billedOn,
  backgroundEveryMs: read.background.every,
  hourWeights: read.postingHours ?? null,
  signals: signalsOf(read.signals),
  forcedFailure: read.forcedFailure,
  cap: read.limits.account === undefined ? null : { count: read.limits.account.count, perMs: read.limits.account.per },
  minGapMs: read.limits.connectionGap ?? 0,
}));

import { isIP } from 'node:net';
import { DAY, MINUTE, parseDuration, parseInstant, products, type DurationMs, type Instant } from '@freshet/domain';
import { z } from 'zod';

/** How far a caller's clock may be ahead of ours. */
const CLOCK_SKEW_MS = 5 * MINUTE;
const MAX_DURATION_MS = 366 * DAY;
/** Longer than any id of any provider. */
const MAX_ID = 256;

/** Absent, or null, which is the same everywhere. */
export const optional = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value): z.output<Schema> | undefined => value ?? undefined);

/** Control characters and halves of surrogate pairs: no id has them, and not every store keeps them as they are. */
const UNPRINTABLE = /[\p{Control}\p{Surrogate}]/u;
const isPlain = (text: string): boolean => !UNPRINTABLE.test(text);

export const text = (maxLength: number) =>
  z.string().min(1).max(maxLength).refine(isPlain, 'must not have control characters or broken ones');

/** An id in somebody else's terms. */
export const opaqueId = text(MAX_ID);

const parsedText = <Value>(
  parse: (text: string) => Value | undefined,
  rule: string,
  example: string,
  format?: string,
) =>
  z
    .string()
    .max(64)
    .meta({ examples: [example], ...(format === undefined ? {} : { format }) })
    .transform((given, context): Value => {
      const value = parse(given);
      if (value !== undefined) return value;
      context.addIssue(rule);
      return z.NEVER;
    });

export const instant = parsedText(
  parseInstant,
  'must be an ISO-8601 time with its offset, such as 2026-11-21T09:30:00.000Z',
  '2026-11-21T09:30:00.000Z',
  'date-time',
);

/** Something that has happened; a clock that is a little ahead is forgiven. */
export const pastInstant = (now: () => Instant) =>
  instant.refine((at) => at <= now() + CLOCK_SKEW_MS, 'must not be in the future');

const saneDuration = (given: string): DurationMs | undefined => {
  const ms = parseDuration(given);
  return ms !== undefined && ms > 0 && ms <= MAX_DURATION_MS ? ms : undefined;
};

export const duration = parsedText(
  saneDuration,
  'must be an ISO-8601 duration such as PT15M, longer than nothing and at most P366D (no months or years: their length varies)',
  'PT15M',
  'duration',
);

/** Where a wait is bounded: the rule names its own bound. */
export const durationUpTo = (mostMs: DurationMs, most: string, example: string) =>
  parsedText(
    (given) => {
      const ms = saneDuration(given);
      return ms === undefined || ms > mostMs ? undefined : ms;
    },
    `must be an ISO-8601 duration such as ${example}, longer than nothing and at most ${most}`,
    example,
    'duration',
  );

const isUnique = (list: readonly string[]): boolean => new Set(list).size === list.length;

export const productList = z
  .array(z.enum(products))
  .max(products.length)
  .refine(isUnique, 'must name each product once');

export const someProducts = productList.min(1, 'must name at least one product');

export const ipAddress = z
  .string()
  .max(45)
  .refine((given) => isIP(given) !== 0, 'must be an IPv4 or IPv6 address, the one that the customer came from')
  .meta({ examples: ['203.0.113.7'] });

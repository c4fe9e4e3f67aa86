import { isCurrency, isTimeZone, parseAmount, parseDuration, products, pullOrigins } from '@freshet/domain';
import type { DurationMs } from '@freshet/domain';
import { z } from 'zod';

/** A check and a conversion in one: what the text means, or a fault that says how it should have been written. */
const meaning = <Meaning>(read: (text: string) => Meaning | undefined, expected: string) =>
  z.string({ error: `expected ${expected}, as a quoted text` }).transform((text, context) => {
    const meant = read(text);
    if (meant !== undefined) return meant;
    context.addIssue({ code: 'custom', message: `expected ${expected}` });
    return z.NEVER;
  });

/** Milliseconds, from ISO-8601. */
export const duration = meaning<DurationMs>(parseDuration, 'an ISO-8601 duration of zero or more, such as PT3H');

/** A length that cannot be nothing: a window of zero would count nothing, a cadence of zero would never stop. */
export const stretch = meaning<DurationMs>((text) => {
  const ms = parseDuration(text);
  return ms === 0 ? undefined : ms;
}, 'an ISO-8601 duration longer than zero, such as PT3H');

/** Micros, from a decimal string: a YAML number would already have gone through a float. */
export const amount = meaning<number>((text) => {
  const micros = parseAmount(text);
  return micros === undefined || micros < 0 ? undefined : micros;
}, "an amount of zero or more with at most six decimals, such as '0.12'");

export const currency = z.string().refine(isCurrency, 'expected a currency of three capital letters, such as USD');
export const timeZone = z.string().refine(isTimeZone, 'expected an IANA time zone, such as Europe/London');
export const connectorName = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, 'expected a connector in small letters, such as meld');
export const providerName = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'expected a provider in capitals, such as MX');
export const limitName = z.string().regex(/^[a-z][a-z0-9-]*$/, 'expected a name in small letters, such as mx-cooldown');

export const product = z.enum(products);
export const origins = z.array(z.enum(pullOrigins)).min(1).readonly();

const many = z.int().min(1);
const rate = z.number().min(0);

/** The settings that belong together, field by field. An override that names one leaves the others of its section alone. */
export const sections = {
  background: {
    owner: z.enum(['provider', 'engine']),
    every: stretch,
    staleAfter: stretch,
    suppressedByForced: duration,
  },
  forced: {
    available: z.boolean(),
    unattended: z.boolean(),
    executor: z.enum(['engine', 'caller']),
  },
  consent: {
    warn: duration,
    lapse: z.enum(['consent_ended', 'reconfirmation_lapsed']),
  },
  worth: {
    valueMultiple: rate,
    changesPerDay: rate,
    readsPerDay: rate,
  },
  execution: {
    maxAttempts: many,
    backoff: duration,
    maxBackoff: duration,
    pollFirst: stretch,
    pollMax: stretch,
    giveUp: stretch,
    maxBlock: stretch,
    untoldBlock: stretch,
  },
} as const;

/** Settings that stand alone. */
export const singles = {
  duplicates: z.enum(['grouped', 'twins']),
  patience: duration,
  failuresToGiveUp: many,
} as const;

const productSet = z.strictObject({ products: z.array(product).min(1).readonly(), amount });

/** What no price list has to say. */
export const optionalPriceFields = { productSets: true, historical: true } as const;

/**
 * Rules that are one thing and are replaced as one: an override's price never mixes with the catalogue's example, nor
 * half of a provider's rule with half of another.
 */
export const rules = {
  coalesces: {
    within: stretch,
    scope: z.enum(['connection', 'group', 'customer-institution', 'institution', 'account']),
    origins,
  },
  range: {
    maxBack: stretch,
    overlap: duration,
  },
  price: {
    currency,
    perRequest: amount,
    productSets: z.array(productSet).readonly(),
    historical: amount,
    billedOn: z.enum(['success', 'attempt']),
  },
} as const;

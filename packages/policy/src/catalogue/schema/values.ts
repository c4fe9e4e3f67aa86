import { isCurrency, isTimeZone, parseAmount, parseDuration, products, pullOrigins } from '@freshet/domain';
import type { DurationMs } from '@freshet/domain';
import { z } from 'zod';
import { limitScopes } from '../../policy.js';

/** How a text is to be written, and what it looks like: the pattern is what an editor can check while it is typed. */
interface Spelling {
  readonly expected: string;
  readonly pattern: string;
}

/** A check and a conversion in one: what the text means, or a fault that says how it should have been written. */
const meaning = <Meaning>(read: (text: string) => Meaning | undefined, { expected, pattern }: Spelling) =>
  z
    .string({ error: `expected ${expected}, as a quoted text` })
    .meta({ pattern })
    .transform((text, context) => {
      const meant = read(text);
      if (meant !== undefined) return meant;
      context.addIssue({ code: 'custom', message: `expected ${expected}` });
      return z.NEVER;
    });

const isoDuration =
  '^P(?=\\d|T\\d)(\\d{1,6}W|(\\d{1,6}D)?(T(?=\\d)(\\d{1,6}H)?(\\d{1,6}M)?(\\d{1,9}(\\.\\d{1,3})?S)?)?)$';

/** Milliseconds, from ISO-8601. */
export const duration = meaning<DurationMs>(parseDuration, {
  expected: 'an ISO-8601 duration of zero or more, such as PT3H',
  pattern: isoDuration,
});

/** A length that cannot be nothing: a window of zero would count nothing, a cadence of zero would never stop. */
export const stretch = meaning<DurationMs>(
  (text) => {
    const ms = parseDuration(text);
    return ms === 0 ? undefined : ms;
  },
  { expected: 'an ISO-8601 duration longer than zero, such as PT3H', pattern: isoDuration },
);

/** Micros, from a decimal string: a YAML number would already have gone through a float. */
export const amount = meaning<number>(
  (text) => {
    const micros = parseAmount(text);
    return micros === undefined || micros < 0 ? undefined : micros;
  },
  {
    expected: "an amount of zero or more with at most six decimals, such as '0.12'",
    pattern: '^\\d{1,9}(\\.\\d{1,6})?$',
  },
);

export const currency = z
  .string()
  .refine(isCurrency, 'expected a currency of three capital letters, such as USD')
  .meta({ pattern: '^[A-Z]{3}$' });
export const timeZone = z.string().refine(isTimeZone, 'expected an IANA time zone, such as Europe/London');
/** As long as an import takes them: a longer one could never be met. */
export const connectorName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected a connector in small letters, such as meld');
export const providerName = z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'expected a provider in capitals, such as MX');
export const limitName = z.string().regex(/^[a-z][a-z0-9-]*$/, 'expected a name in small letters, such as mx-cooldown');

export const product = z.enum(products);
export const origins = z.array(z.enum(pullOrigins)).min(1).readonly();

/** Of a whole. */
export const share = z.number().min(0).max(1);

const many = z.int().min(1);
const rate = z.number().min(0);

/** The settings that belong together, field by field. An override that names one leaves the others of its section alone. */
export const sections = {
  background: {
    owner: z.enum(['provider', 'engine']).describe('Who pulls: the provider by itself, or the engine on its schedule.'),
    every: stretch.describe('From one background pull to the next.'),
    staleAfter: stretch.describe('Without data for so long, a connection is stale.'),
    suppressedByForced: duration.describe('A forced pull pushes the background one away for so long.'),
  },
  forced: {
    available: z.boolean().describe('Whether there is a forced refresh at all.'),
    unattended: z.boolean().describe('Whether it may be forced without a customer who is there.'),
    executor: z.enum(['engine', 'caller']).describe('Who makes the call: the engine, or the caller with a permit.'),
  },
  consent: {
    warn: duration.describe('How long before its end a consent is warned of.'),
    lapse: z
      .enum(['consent_ended', 'reconfirmation_lapsed'])
      .describe('What its end does: nothing works, or only the present customer may still refresh.'),
    life: stretch.describe('How long a consent lasts; left out where nobody says.'),
    renewal: z
      .enum(['reauthentication', 'reconfirmation'])
      .describe('What begins its life anew: a login at the bank, or a yes to whoever holds the consent.'),
  },
  worth: {
    valueMultiple: z
      .number()
      .positive()
      .describe('Value of a fresh read, as a multiple of the price of a forced refresh.'),
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
    untoldBlock: stretch.describe('How long a limit holds that the provider names no end of.'),
  },
  breaker: {
    failures: many.describe('So many outages of the last `of` calls shut the provider, or the institution.'),
    of: many,
    within: stretch.describe('What is longer ago does not count.'),
    pause: stretch.describe('How long it stays shut first; doubling while the one task that tries it fails.'),
    maxPause: stretch,
    probe: stretch.describe('How long the end of that task is waited for before another may try.'),
  },
} as const;

/** Settings that stand alone. */
export const singles = {
  duplicates: z
    .enum(['grouped', 'twins'])
    .describe('Whether equal keys are one connection, or separate ones that are billed each.'),
  patience: duration.describe('How long a caller who says nothing would rather wait for a free refresh than pay.'),
  failuresToGiveUp: many,
} as const;

const productSet = z.strictObject({ products: z.array(product).min(1).readonly(), amount });

/** What nobody may know of a consent. */
export const optionalConsentFields = { life: true, renewal: true } as const;

/** What no price list has to say. */
export const optionalPriceFields = {
  productSets: true,
  historical: true,
  historicalAt: true,
  alsoBilled: true,
} as const;

/**
 * Rules that are one thing and are replaced as one: an override's price never mixes with the catalogue's example, nor
 * half of a provider's rule with half of another.
 */
export const rules = {
  coalesces: {
    within: stretch,
    scope: z.enum(limitScopes),
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
    historicalAt: z
      .enum(['connect', 'refresh'])
      .describe(
        'What loads the history: the first data of a connection, or (where that is switched off) its first refresh.',
      ),
    alsoBilled: z
      .array(z.enum(pullOrigins).exclude(['forced']))
      .min(1)
      .readonly()
      .describe('Pulls that nobody asked for as a refresh and that cost like one.'),
    billedOn: z.enum(['success', 'attempt']),
  },
} as const;

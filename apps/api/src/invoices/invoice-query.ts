import { DAY, isCurrency, isTimeZone, MINUTE, parseDuration, parseInstant, products } from '@freshet/domain';
import type { DurationMs, Instant, Product } from '@freshet/domain';
import { z } from 'zod';
import { fault } from '../http/faults.js';
import { optional, text } from '../http/fields.js';
import { invalidRequest } from '../http/problem.js';
import { localDay } from './local-time.js';

const MAX_COLUMN = 128;
const MAX_TOLERANCE_MS = 2 * DAY;
export const USUAL_TOLERANCE_MS = 15 * MINUTE;
const MAX_PERIOD_MS = 367 * DAY;

const column = (what: string) =>
  optional(text(MAX_COLUMN)).meta({
    description: `The header of the column with ${what}; by the usual names where it is not said.`,
  });

const date = (what: string) =>
  text(40).meta({
    description: `${what}: a day (of the time zone), or an instant.`,
    examples: ['2026-10-01', '2026-10-01T00:00:00.000Z'],
  });

const isProduct = (name: string): name is Product => (products as readonly string[]).includes(name);

/** `refresh`, or `refresh:BALANCES|TRANSACTIONS`: a value of the product column that counts, and what it is in our words. */
const productRule = (part: string): readonly [string, readonly Product[]] | undefined => {
  const [value = '', ...rest] = part.split(':');
  const names = rest.length === 0 ? [] : rest.join(':').split('|');
  return value.trim() === '' || !names.every(isProduct) ? undefined : [value.trim(), names];
};

const productRules = text(2_000)
  .transform((given, context): ReadonlyMap<string, readonly Product[]> => {
    const rules = given.split(',').map(productRule);
    if (rules.every((rule) => rule !== undefined)) return new Map(rules);
    context.addIssue(
      `must be values with commas between them, each alone or with products: refresh:BALANCES|TRANSACTIONS`,
    );
    return z.NEVER;
  })
  .meta({
    description: 'Lines whose product is none of these are left out; all count where it is not said.',
    examples: ['Refresh:TRANSACTIONS,Balance:BALANCES'],
  });

const toleranceMs = text(32)
  .transform((given, context): DurationMs => {
    const ms = parseDuration(given);
    if (ms !== undefined && ms <= MAX_TOLERANCE_MS) return ms;
    context.addIssue('must be an ISO-8601 duration such as PT15M, at most P2D');
    return z.NEVER;
  })
  .meta({ description: 'How far a line may be from the refresh that it bills (default PT15M).' });

/** What is said of an invoice beside its file. */
export const invoiceQuery = z.strictObject({
  connector: text(32)
    .regex(/^[a-z][a-z0-9-]*$/, 'must be the name of a connector in small letters, such as meld or plaid')
    .meta({ description: 'Whose invoice it is: whom we call.' }),
  provider: optional(
    text(64).regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of a provider in capital letters, such as MX or PLAID'),
  ).meta({ description: 'Only of this provider behind the connector; else of all.' }),
  currency: text(3).refine(isCurrency, 'must be three capital letters, such as USD'),
  from: date('The start of the period'),
  to: date('Its end, which is not part of it any more'),
  timeZone: optional(text(64).refine(isTimeZone, 'must be an IANA time zone such as Europe/Paris')).meta({
    description: 'Of times without an offset (default UTC).',
  }),
  tolerance: optional(toleranceMs),
  timeColumn: column('the time or the day of each use'),
  amountColumn: column('what each line costs'),
  connectionColumn: column('the connection'),
  connectionIs: optional(z.enum(['externalId', 'providerConnectionId'])).meta({
    description: 'What stands in the column of the connection (default externalId).',
  }),
  jobColumn: column("the provider's id of the job or request"),
  productColumn: column('the product or kind of line'),
  currencyColumn: column('the currency'),
  products: optional(productRules),
});

export type InvoiceQuery = z.output<typeof invoiceQuery>;

const instantOf = (given: string, timeZone: string): Instant | undefined =>
  localDay(given, timeZone)?.at ?? parseInstant(given);

export interface InvoicePeriod {
  readonly timeZone: string;
  readonly from: Instant;
  readonly until: Instant;
}

/** The period, in order and no longer than a year; or a problem that says what is wrong with it. */
export const periodOf = ({ from: first, to, timeZone = 'UTC' }: InvoiceQuery): InvoicePeriod => {
  const [from, until] = [instantOf(first, timeZone), instantOf(to, timeZone)];
  const rule = 'must be a day such as 2026-10-01, or an instant with its offset';
  if (from === undefined || until === undefined) {
    throw invalidRequest([
      ...(from === undefined ? [fault(['from'], rule)] : []),
      ...(until === undefined ? [fault(['to'], rule)] : []),
    ]);
  }
  if (until > from && until - from <= MAX_PERIOD_MS) return { timeZone, from, until };
  throw invalidRequest([fault(['to'], 'must be later than from, by a year at most')]);
};

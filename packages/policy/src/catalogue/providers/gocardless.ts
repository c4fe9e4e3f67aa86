import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const noSchedule = cited('https://bankaccountdata.zendesk.com/hc/en-gb/articles/11528813710876');
const bankLimits = cited('https://bankaccountdata.zendesk.com/hc/en-gb/articles/11529584398236');
const apiLimits = cited('https://bankaccountdata.zendesk.com/hc/en-gb/articles/11529637772188');
const billing = cited('https://bankaccountdata.zendesk.com/hc/en-gb/articles/11528933493916');
const quickStart = cited('https://developer.gocardless.com/bank-account-data/quick-start-guide/');

/** Each scope of an account (details, balances, transactions) has a quota of its own; a scope is what brings a product. */
const fourADay = <const Products extends readonly ('IDENTIFIERS' | 'OWNERS' | 'BALANCES' | 'TRANSACTIONS')[]>(
  products: Products,
  note?: string,
) =>
  bankLimits(
    {
      kind: 'window',
      scope: 'connection',
      products,
      count: 4,
      per: { shape: 'rolling', length: 'PT24H' },
      counts: { origins: ['forced', 'background', 'connect', 'repair', 'products'], on: 'success' },
    },
    note,
  );

/** A pull-through. Sub-accounts that nobody shows spend quota too; ten failures in a row suspend an account. */
export const gocardless = {
  title: 'GoCardless Bank Account Data',
  reachedThrough: ['gocardless'],
  duplicates: billing('twins', 'a duplicate requisition is billed too'),
  background: {
    owner: noSchedule('engine', 'data moves only when the API is called'),
    every: ourChoice('PT8H', 'three of the four in 24 hours: one is left for a customer who comes'),
  },
  forced: {
    available: noSchedule(true, 'a GET of each scope'),
    unattended: noSchedule(true, 'within the four'),
    executor: ourChoice('caller', 'nothing is stored there, and no bank data here: who asks has to read'),
  },
  limits: [
    {
      name: 'gocardless-balances',
      limit: fourADay(
        ['BALANCES'],
        'per account; a connection reads each of its accounts once. Users report that the window rolls, and that only successes count: https://robintty.github.io/NordigenApiClient/docs/handling-rate-limits',
      ),
    },
    { name: 'gocardless-transactions', limit: fourADay(['TRANSACTIONS']) },
    { name: 'gocardless-details', limit: fourADay(['IDENTIFIERS', 'OWNERS'], 'details bring both') },
    {
      name: 'gocardless-company',
      limit: apiLimits(
        {
          kind: 'window',
          scope: 'account',
          count: 100,
          per: { shape: 'rolling', length: 'PT1M' },
          counts: { origins: ['forced', 'background'] },
        },
        'calls; a refresh is one for each scope of each account, so an override should lower it by what yours read',
      ),
    },
  ],
  price: {
    currency: example('EUR'),
    perRequest: billing('0', 'each active requisition is billed by the calendar month (UTC); a refresh has no price'),
    billedOn: ourChoice('success', 'nothing is billed by the read'),
  },
  consent: {
    life: quickStart('P90D', 'access_valid_for_days: 90 by default, up to 180'),
  },
  execution: {
    untoldBlock: ourChoice('PT6H', 'four in 24 hours give back one in six'),
  },
  signals: {
    limited: {
      RateLimitError: bankLimits({ in: 'code', httpStatus: 429, scope: 'connection', spent: 'day' }, "the bank's"),
      'Rate limit exceeded': apiLimits(
        { in: 'text', httpStatus: 429, scope: 'account', spent: 'minute' },
        "GoCardless's own: try again in N seconds",
      ),
    },
    toldNextAt: {
      HTTP_X_RATELIMIT_ACCOUNT_SUCCESS_RESET: bankLimits({ in: 'header', as: 'seconds', of: 'forced' }, "the bank's"),
      HTTP_X_RATELIMIT_RESET: bankLimits({ in: 'header', as: 'seconds', of: 'forced' }, "GoCardless's own"),
    },
    consentEndsAt: quickStart('access_valid_for_days', 'days, of the agreement'),
  },
  unknown: ['signals.silentNoOp'],
} as const satisfies ProviderEntry;

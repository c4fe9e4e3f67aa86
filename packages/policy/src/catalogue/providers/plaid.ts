import { cited, example } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const spec = cited('https://github.com/plaid/plaid-openapi, 2020-09-14.yml');
const rateLimits = cited('https://plaid.com/docs/errors/rate-limit-exceeded/');
const billing = cited('https://plaid.com/docs/account/billing/');
const duplicates = cited('https://plaid.com/docs/link/duplicate-items/');

type Endpoint = 'TRANSACTIONS' | 'INVESTMENT_HOLDINGS' | 'INVESTMENT_TRANSACTIONS' | 'BALANCES';

/** Plaid counts per endpoint and minute; an endpoint is what brings a product. */
const aMinute = <Product extends Endpoint, Scope extends 'connection' | 'account'>(
  product: Product,
  scope: Scope,
  count: number,
) =>
  rateLimits({
    kind: 'window',
    scope,
    product,
    count,
    per: { shape: 'fixed', length: 'PT1M' },
    counts: { origins: ['forced'] },
  });

/**
 * The limits are those of production; a customer may have others. Holdings and investment transactions come from one
 * endpoint, whose limit is kept for each of them: a request for one within the minute of the other passes here, and
 * Plaid's own answer then holds it back.
 */
export const plaid = {
  title: 'Plaid',
  reachedThrough: ['meld', 'plaid'],
  duplicates: duplicates('twins', 'linking a login again makes a new Item, and each is billed; through Meld too'),
  background: {
    owner: spec('provider'),
    every: spec('P1D', 'one to four times a day, by institution'),
  },
  forced: {
    available: spec(true),
    unattended: billing(
      true,
      'no rule against it was found; an Item with update_type user_present_required needs the customer',
    ),
  },
  limits: [
    { name: 'plaid-transactions-item', limit: aMinute('TRANSACTIONS', 'connection', 2) },
    { name: 'plaid-transactions-client', limit: aMinute('TRANSACTIONS', 'account', 100) },
    { name: 'plaid-holdings-item', limit: aMinute('INVESTMENT_HOLDINGS', 'connection', 1) },
    { name: 'plaid-holdings-client', limit: aMinute('INVESTMENT_HOLDINGS', 'account', 100) },
    { name: 'plaid-investment-transactions-item', limit: aMinute('INVESTMENT_TRANSACTIONS', 'connection', 1) },
    { name: 'plaid-investment-transactions-client', limit: aMinute('INVESTMENT_TRANSACTIONS', 'account', 100) },
    { name: 'plaid-balance-item', limit: aMinute('BALANCES', 'connection', 5) },
    { name: 'plaid-balance-client', limit: aMinute('BALANCES', 'account', 1200) },
  ],
  price: {
    currency: example('USD'),
    perRequest: example('0.12', 'a flat fee for each successful call; shown only in the dashboard or the contract'),
    billedOn: billing('success'),
  },
  consent: {
    warn: spec('P7D', 'PENDING_EXPIRATION and PENDING_DISCONNECT come about seven days before'),
  },
  execution: {
    untoldBlock: rateLimits('PT1M', 'no answer says when: the windows are minutes'),
  },
  connectors: {
    meld: {
      limits: {
        // Through Meld the client is Meld's: how much of its share is left, nobody here can know.
        'plaid-transactions-client': null,
        'plaid-holdings-client': null,
        'plaid-investment-transactions-client': null,
        'plaid-balance-client': null,
      },
    },
  },
  signals: {
    limited: {
      TRANSACTIONS_REFRESH_LIMIT: rateLimits({ in: 'code', httpStatus: 429, spent: 'minute' }),
      BALANCE_LIMIT: rateLimits({ in: 'code', httpStatus: 429, scope: 'connection', spent: 'minute' }),
      ACCOUNTS_BALANCE_GET_LIMIT: rateLimits({ in: 'code', httpStatus: 429, scope: 'account', spent: 'minute' }),
      INSTITUTION_RATE_LIMIT: rateLimits(
        { in: 'code', httpStatus: 429, scope: 'institution' },
        "the bank's, maybe spent by others; customers who are there are spared",
      ),
      RATE_LIMIT: rateLimits({ in: 'code', httpStatus: 429 }),
      CREDITS_EXHAUSTED: rateLimits({ in: 'code', httpStatus: 429, scope: 'account', spent: 'plan' }),
    },
    silentNoOp: spec(
      { shows: 'no-webhook', compare: 'status.transactions.last_successful_update' },
      'a refresh that finds no change sends none; the stamp moves',
    ),
    consentEndsAt: spec('item.consent_expiration_time'),
  },
  unknown: ['consent.life', 'signals.toldNextAt'],
} as const satisfies ProviderEntry;

import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const spec = cited('https://github.com/plaid/plaid-openapi, 2020-09-14.yml');
const rateLimits = cited('https://plaid.com/docs/errors/rate-limit-exceeded/');
const billing = cited('https://plaid.com/docs/account/billing/');
const duplicates = cited('https://plaid.com/docs/link/duplicate-items/');

/** Plaid counts per endpoint and minute; an endpoint is what brings certain products. */
const transactions = ['TRANSACTIONS'] as const;
const investments = ['INVESTMENT_HOLDINGS', 'INVESTMENT_TRANSACTIONS'] as const;
const balance = ['BALANCES'] as const;

const aMinute = <
  Products extends typeof transactions | typeof investments | typeof balance,
  Scope extends 'connection' | 'account',
>(
  products: Products,
  scope: Scope,
  count: number,
) =>
  rateLimits({
    kind: 'window',
    scope,
    products,
    count,
    per: { shape: 'fixed', length: 'PT1M' },
    counts: { origins: ['forced'] },
  });

/** Each call is billed for itself: what one brings, with what Plaid cannot force and so costs nothing. */
const free = ['IDENTIFIERS', 'OWNERS'] as const;
const oneCall = example('0.12', 'a flat fee for each successful call; shown only in the dashboard or the contract');
const callSets = [
  { products: [...balance, ...free], amount: '0.12' },
  { products: [...transactions, ...free], amount: '0.12' },
  { products: [...investments, ...free], amount: '0.12' },
  { products: [...balance, ...transactions, ...free], amount: '0.24' },
  { products: [...balance, ...investments, ...free], amount: '0.24' },
  { products: [...transactions, ...investments, ...free], amount: '0.24' },
] as const;

/** The limits are those of production; a customer may have others. */
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
    { name: 'plaid-transactions-item', limit: aMinute(transactions, 'connection', 2) },
    { name: 'plaid-transactions-client', limit: aMinute(transactions, 'account', 100) },
    { name: 'plaid-investments-item', limit: aMinute(investments, 'connection', 1) },
    { name: 'plaid-investments-client', limit: aMinute(investments, 'account', 100) },
    { name: 'plaid-balance-item', limit: aMinute(balance, 'connection', 5) },
    { name: 'plaid-balance-client', limit: aMinute(balance, 'account', 1200) },
  ],
  price: {
    currency: example('USD'),
    perRequest: oneCall,
    billedOn: billing('success'),
  },
  consent: {
    warn: spec('P7D', 'PENDING_EXPIRATION and PENDING_DISCONNECT come about seven days before'),
  },
  execution: {
    untoldBlock: rateLimits('PT1M', 'no answer says when: the windows are minutes'),
  },
  connectors: {
    plaid: {
      price: {
        currency: example('USD'),
        perRequest: example('0.36', 'all three calls: transactions, investments and balance'),
        productSets: example(callSets, 'each call that the products need is billed for itself'),
        billedOn: billing('success'),
      },
    },
    meld: {
      limits: {
        // Through Meld the client is Meld's: how much of its share is left, nobody here can know.
        'plaid-transactions-client': null,
        'plaid-investments-client': null,
        'plaid-balance-client': null,
      },
    },
  },
  signals: {
    limited: {
      TRANSACTIONS_REFRESH_LIMIT: rateLimits({ in: 'code', httpStatus: 429, spent: 'minute' }),
      BALANCE_LIMIT: rateLimits({ in: 'code', httpStatus: 429, scope: 'connection', spent: 'minute' }),
      INVESTMENTS_REFRESH_LIMIT: ourChoice(
        { in: 'code', httpStatus: 429, spent: 'minute' },
        "seen by integrators; Plaid's page names no code for it",
      ),
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

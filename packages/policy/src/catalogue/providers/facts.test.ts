import { DAY, HOUR, MINUTE } from '@freshet/domain';
import { buildPolicyBook } from '../policy-book.js';
import type { Limit, RefreshPolicy } from '../../policy.js';

const book = buildPolicyBook({ hash: String });

const policyOf = (provider: string, connector: string): RefreshPolicy =>
  book.policyFor({ tenantId: 'ten_a', connector, provider, institutionId: 'inst_a', connectionId: 'conn_a' });

const limit = (policy: RefreshPolicy, name: string): Limit | undefined =>
  policy.limits.find((candidate) => candidate.name === name);

/** A limit boiled down to what a provider's page says of it. */
const said = (policy: RefreshPolicy, name: string): unknown => {
  const found = limit(policy, name);
  if (found === undefined) return undefined;
  if (found.kind === 'cooldown') return [found.after, found.forMs, found.scope];
  const per = found.per.shape === 'calendar' ? `${found.per.shape} ${found.per.unit}` : found.per.ms;
  return [found.count, per, found.scope];
};

type Fact = readonly [
  provider: string,
  connector: string,
  what: string,
  read: (policy: RefreshPolicy) => unknown,
  is: unknown,
];

const every = (policy: RefreshPolicy): unknown => policy.background.everyMs;
const owner = (policy: RefreshPolicy): unknown => policy.background.owner;
const available = (policy: RefreshPolicy): unknown => policy.forced.available;
const unattended = (policy: RefreshPolicy): unknown => policy.forced.unattended;
const executor = (policy: RefreshPolicy): unknown => policy.forced.executor;
const billedOn = (policy: RefreshPolicy): unknown => policy.price?.billedOn;
const perRequest = (policy: RefreshPolicy): unknown => policy.price?.perRequestMicros;
const life = (policy: RefreshPolicy): unknown => policy.consent.lifeMs;
const renewal = (policy: RefreshPolicy): unknown => policy.consent.renewal;
const warn = (policy: RefreshPolicy): unknown => policy.consent.warnMs;
const limitOf =
  (name: string) =>
  (policy: RefreshPolicy): unknown =>
    said(policy, name);
const productOf =
  (name: string) =>
  (policy: RefreshPolicy): unknown =>
    limit(policy, name)?.products;

const fourUnattended = [4, 24 * HOUR, 'customer-institution'];

/** Copied by hand from what the providers say: the catalogue has to come to the same. */
const facts: readonly Fact[] = [
  [
    'PLAID',
    'plaid',
    'transactions: 2 a minute per Item',
    limitOf('plaid-transactions-item'),
    [2, MINUTE, 'connection'],
  ],
  [
    'PLAID',
    'plaid',
    'transactions: 100 a minute per client',
    limitOf('plaid-transactions-client'),
    [100, MINUTE, 'account'],
  ],
  ['PLAID', 'plaid', 'investments: 1 a minute per Item', limitOf('plaid-investments-item'), [1, MINUTE, 'connection']],
  ['PLAID', 'plaid', 'balance: 5 a minute per Item', limitOf('plaid-balance-item'), [5, MINUTE, 'connection']],
  ['PLAID', 'plaid', 'balance: 1,200 a minute per client', limitOf('plaid-balance-client'), [1200, MINUTE, 'account']],
  ['PLAID', 'plaid', 'a flat fee per successful call', billedOn, 'success'],
  ['PLAID', 'plaid', 'warns about 7 days ahead', warn, 7 * DAY],
  ['MX', 'mx', '3 h after a successful aggregation', limitOf('mx-cooldown'), ['success', 3 * HOUR, 'group']],
  ['MX', 'mx', 'background about every 24 h', every, 24 * HOUR],
  ['MX', 'mx', 'no background for 20 h after a run', (policy) => policy.background.suppressedByForcedMs, 20 * HOUR],
  ['FINICITY', 'finicity', 'once a day, by night', every, DAY],
  ['FINICITY', 'finicity', 'automation is not permitted', unattended, false],
  ['FINICITY', 'meld', 'nor through another', unattended, false],
  ['FINICITY', 'finicity', 'live balance billed per successful call', billedOn, 'success'],
  ['YODLEE', 'yodlee', '15 min per provider account', limitOf('yodlee-cooldown'), ['any-pull', 15 * MINUTE, 'group']],
  ['YODLEE', 'yodlee', 'daily for the active', every, DAY],
  ['YODLEE', 'yodlee', 'automation is not allowed', unattended, false],
  ['YODLEE', 'meld', 'nor through another', unattended, false],
  ['AKOYA', 'akoya', 'every read goes to the bank', executor, 'caller'],
  ['AKOYA', 'akoya', 'nothing is pulled by itself', owner, 'engine'],
  ['TELLER', 'teller', 'at least once in 24 h', every, 24 * HOUR],
  ['TELLER', 'teller', 'no forced endpoint', available, false],
  ['SIMPLEFIN', 'simplefin', 'about once in 24 h', every, 24 * HOUR],
  ['SIMPLEFIN', 'simplefin', 'no forced endpoint', available, false],
  ['SIMPLEFIN', 'simplefin', 'at most 24 requests a day', limitOf('simplefin-daily'), [24, DAY, 'connection']],
  ['SIMPLEFIN', 'simplefin', 'the customer pays, not who reads', perRequest, 0],
  ['PLUGGY', 'pluggy', '20 PATCH a minute per IP', limitOf('pluggy-address'), [20, MINUTE, 'account']],
  [
    'PLUGGY',
    'pluggy',
    'balance 420 a month',
    limitOf('pluggy-open-finance-balances'),
    [420, 'calendar month', 'customer-institution'],
  ],
  ['PLUGGY', 'pluggy', 'of balances', productOf('pluggy-open-finance-balances'), ['BALANCES']],
  ['PLUGGY', 'pluggy', 'batch use is forbidden', unattended, false],
  ['BELVO', 'belvo', 'refresh_rate 7d by default', every, 7 * DAY],
  ['BELVO', 'belvo', 'owners 4 a month', limitOf('belvo-brazil-owners'), [4, 'calendar month', 'customer-institution']],
  [
    'BELVO',
    'belvo',
    'accounts 4 a month',
    limitOf('belvo-brazil-accounts'),
    [4, 'calendar month', 'customer-institution'],
  ],
  [
    'BELVO',
    'belvo',
    'balance 240 a month',
    limitOf('belvo-brazil-balances'),
    [240, 'calendar month', 'customer-institution'],
  ],
  [
    'BELVO',
    'belvo',
    'recent transactions 240 a month',
    limitOf('belvo-brazil-transactions'),
    [240, 'calendar month', 'customer-institution'],
  ],
  ['BASIQ', 'basiq', '20 a day per Open Banking connection', limitOf('basiq-daily'), [20, DAY, 'connection']],
  ['BASIQ', 'basiq', 'no refresh by cron', unattended, false],
  ['BASIQ', 'basiq', 'warned of 7 days ahead', warn, 7 * DAY],
  ['BASIQ', 'basiq', 'at most 12 months', life, 365 * DAY],
  ['STRIPE', 'stripe', 'typically once a day', every, DAY],
  ['STRIPE', 'stripe', 'a forced endpoint', available, true],
  ['BUD', 'bud', 'an hour of the earlier task', (policy) => policy.coalesces?.withinMs, HOUR],
  ['BUD', 'bud', '90 days', life, 90 * DAY],
  ['BUD', 'bud', 'reconfirmed for 90 more', renewal, 'reconfirmation'],
  ['BUD', 'bud', 'four unattended a day', limitOf('psd2-unattended'), fourUnattended],
  ['TRUELAYER', 'truelayer', 'four unattended a day', limitOf('psd2-unattended'), fourUnattended],
  ['TRUELAYER', 'truelayer', '90 days', life, 90 * DAY],
  ['TRUELAYER', 'truelayer', 'no background', owner, 'engine'],
  ['TRUELAYER', 'truelayer', 'no refresh endpoint: a read', executor, 'caller'],
  ['TINK', 'tink', 'as a rule every 6 h', every, 6 * HOUR],
  ['TINK', 'tink', '10 min after a success', limitOf('tink-cooldown'), ['success', 10 * MINUTE, 'group']],
  ['SALTEDGE', 'saltedge', 'about once a day', every, DAY],
  [
    'SALTEDGE',
    'saltedge',
    'refresh_timeout, often 60 min',
    limitOf('saltedge-refresh-timeout'),
    ['any-pull', HOUR, 'group'],
  ],
  ['SALTEDGE', 'saltedge', 'four background ones in 24 h', limitOf('psd2-unattended'), fourUnattended],
  ['GOCARDLESS', 'gocardless', 'balances: 4 per 24 h', limitOf('gocardless-balances'), [4, DAY, 'connection']],
  ['GOCARDLESS', 'gocardless', 'transactions apart', productOf('gocardless-transactions'), ['TRANSACTIONS']],
  ['GOCARDLESS', 'gocardless', '100 a minute for the company', limitOf('gocardless-company'), [100, MINUTE, 'account']],
  ['GOCARDLESS', 'gocardless', 'a refresh has no own price', perRequest, 0],
  ['GOCARDLESS', 'gocardless', 'no background', owner, 'engine'],
  ['GOCARDLESS', 'gocardless', 'access_valid_for_days 90', life, 90 * DAY],
  ['YAPILY', 'yapily', '90 days in the UK', life, 90 * DAY],
  ['YAPILY', 'yapily', 'no background', owner, 'engine'],
  ['YAPILY', 'yapily', 'extended by a confirmation', renewal, 'reconfirmation'],
  ['ENABLEBANKING', 'enablebanking', 'often 180 days', life, 180 * DAY],
  ['ENABLEBANKING', 'enablebanking', 'billed by account, not by read', perRequest, 0],
  ['ENABLEBANKING', 'enablebanking', 'straight from the bank', executor, 'caller'],
  ['BRIDGE', 'bridge', '2,000 per 5 min per app', limitOf('bridge-app'), [2000, 5 * MINUTE, 'account']],
  ['BRIDGE', 'bridge', '60 per 60 s per user', limitOf('bridge-user'), [60, MINUTE, 'customer']],
  ['BRIDGE', 'bridge', 'the flow is the user', unattended, false],
  ['BRIDGE', 'bridge', 'authentication for 180 days', life, 180 * DAY],
  ['POWENS', 'powens', 'for one user who actively asks', unattended, false],
  ['POWENS', 'powens', 'by the provider, at regular intervals', owner, 'provider'],
  ['TOKENIO', 'tokenio', '180 days in the EU', life, 180 * DAY],
  ['TOKENIO', 'tokenio', 'four in 24 h by the bank', limitOf('psd2-unattended'), fourUnattended],
  ['FINAPI', 'finapi', 'up to 90 days', life, 90 * DAY],
  ['FINAPI', 'finapi', '4 a day without the PSU headers', limitOf('psd2-unattended'), fourUnattended],
  ['MESH', 'meld', 'data is updated daily', every, DAY],
  ['MESH', 'meld', 'by the provider', owner, 'provider'],
];

it.each(facts)('%s through %s: %s', (provider, connector, _what, read, expected) => {
  expect(read(policyOf(provider, connector))).toEqual(expected);
});

it('holds at least two facts of every provider', () => {
  const counts = book.providers.map((name) => facts.filter(([provider]) => provider === name).length);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(2);
});

it('counts only what succeeded where failures are free', () => {
  expect(limit(policyOf('GOCARDLESS', 'gocardless'), 'gocardless-balances')).toMatchObject({
    counts: { on: 'success' },
  });
  expect(limit(policyOf('BASIQ', 'basiq'), 'basiq-daily')).toMatchObject({ counts: { on: 'attempt' } });
});

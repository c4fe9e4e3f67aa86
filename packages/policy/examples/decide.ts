import { createHash } from 'node:crypto';
import {
  formatInstant,
  HOUR,
  MINUTE,
  type ConnectionId,
  type RefreshFacts,
  type RefreshRequest,
} from '@freshet/domain';
import { buildPolicyBook, decideRefresh, limitReads, renderReason, renderRefusal } from '@freshet/policy';

// 1. The rules: the catalogue, with your own contract laid over it.
const book = buildPolicyBook({
  policyFile: {
    version: 1,
    overrides: [
      {
        match: { provider: 'MX' },
        set: { price: { currency: 'USD', perRequest: '0.085', billedOn: 'success' } },
      },
    ],
  },
  hash: (text) => createHash('sha256').update(text).digest('hex'),
});
const policy = book.policyFor({
  tenantId: 'ten_1',
  connector: 'meld',
  provider: 'MX',
  institutionId: 'chase',
  connectionId: 'conn_1',
});

// 2. The facts: what you know of the connection. The library reads no clock and no database; you bring both.
const now = Date.parse('2026-03-02T12:00:00Z');
const connection: RefreshFacts['asked'] = {
  id: 'conn_1' as ConnectionId,
  connector: 'meld',
  provider: 'MX',
  customerId: 'ada',
  institutionId: 'chase',
  groupKey: 'conn_1',
  active: true,
  status: 'ACTIVE',
  statusReason: null,
  products: ['BALANCES', 'TRANSACTIONS'],
  lastSuccessAt: now - 20 * HOUR,
  lastAttemptAt: now - 20 * HOUR,
  lastForcedAt: null,
  lastBackgroundAt: now - 20 * HOUR,
  connectedAt: now - 700 * HOUR,
  consentExpiresAt: null,
  historicalLoaded: true,
};
const facts: RefreshFacts = {
  now,
  asked: connection,
  active: connection,
  freshness: { BALANCES: now - 20 * HOUR, TRANSACTIONS: now - 20 * HOUR },
  openTask: null,
  recent: null,
  latest: null,
  usage: {},
  closures: [],
  connectorOn: true,
  budgets: [],
  // What is known of how often the data changes and is read; mode auto weighs it.
  forcing: null,
};
const request: RefreshRequest = {
  mode: 'force',
  products: ['BALANCES'],
  maxAgeMs: 15 * MINUTE,
  from: null,
  to: null,
  attended: true,
};

// 3. The decision: a verdict, and a reason from each gate that was asked.
const first = decideRefresh(facts, request, policy);
console.log(first.verdict);
for (const reason of first.reasons) console.log(`- ${renderReason(reason)}`);

// 4. An hour later. What has to be counted for the limits is told as data: count it in your own table of pulls.
const later = now + HOUR;
for (const read of limitReads(policy, ['BALANCES'], true, later)) {
  console.log(`${read.name}: the newest ${read.take} of this ${read.scope} since ${formatInstant(read.since)}`);
}
const arrivedAt = now + MINUTE;
const refreshed = { ...connection, lastSuccessAt: arrivedAt, lastAttemptAt: now, lastForcedAt: now };
const second = decideRefresh(
  {
    ...facts,
    now: later,
    asked: refreshed,
    active: refreshed,
    freshness: { ...facts.freshness, BALANCES: arrivedAt },
    usage: { 'mx-cooldown': { count: 1, oldestAt: arrivedAt, latestAt: arrivedAt } },
  },
  request,
  policy,
);
console.log(`${second.verdict}: ${second.refusal}`);
console.log(renderRefusal(second)?.detail);

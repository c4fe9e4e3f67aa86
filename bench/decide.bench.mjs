// (a) Decisions per second on one core: decideRefresh beside json-rules-engine evaluating the same ten gates on the same
// facts, in the same process. The peer gets its rules and facts ready made; we pay for reasons and numbers as well.
import { createHash } from 'node:crypto';
import { buildPolicyBook, decideRefresh } from '@freshet/policy';
import { Engine } from 'json-rules-engine';

const NOW = Date.parse('2026-11-21T09:00:00Z');
const HOUR = 3_600_000;
const ROUNDS = 5;

const book = buildPolicyBook({ hash: (text) => createHash('sha256').update(text).digest('hex') });
const policy = book.policyFor({
  tenantId: 'ten_default',
  connector: 'meld',
  provider: 'MX',
  institutionId: 'chase',
  connectionId: 'conn_1',
});

const connection = {
  id: 'conn_1',
  connector: 'meld',
  provider: 'MX',
  customerId: 'ada',
  institutionId: 'chase',
  groupKey: 'g',
  active: true,
  status: 'ACTIVE',
  statusReason: null,
  products: ['BALANCES', 'TRANSACTIONS'],
  lastSuccessAt: NOW - 5 * HOUR,
  lastAttemptAt: NOW - 5 * HOUR,
  lastForcedAt: null,
  lastBackgroundAt: NOW - 5 * HOUR,
  connectedAt: NOW - 100 * HOUR,
  consentExpiresAt: null,
  historicalLoaded: true,
};
const facts = {
  now: NOW,
  asked: connection,
  active: connection,
  freshness: { BALANCES: NOW - 5 * HOUR, TRANSACTIONS: NOW - 5 * HOUR },
  openTask: null,
  recent: null,
  latest: null,
  // The last pull is five hours old, the cooldown three: nothing counts any more.
  usage: { 'mx-cooldown': { count: 0, oldestAt: null, latestAt: null } },
  closures: [],
  connectorOn: true,
  budgets: [
    {
      name: 'month',
      provider: null,
      currency: 'USD',
      amountMicros: 500_000_000,
      period: 'month',
      timeZone: 'UTC',
      enforcement: 'hard',
      headStart: null,
      reserveForAttended: 0,
      alertAt: [0.5, 0.8, 1],
      alerted: [],
      periodStart: NOW - 100 * HOUR,
      periodEnd: NOW + 100 * HOUR,
      counterId: 'month@0',
      reservedMicros: 0,
      chargedMicros: 100_000_000,
      uncertainMicros: 0,
      shadow: { perMicro: 4e-6, at: NOW - HOUR },
    },
  ],
  forcing: null,
};
/** The same with what was learned of the connection: gate 9 weighs it, which the peer's rules do not. */
const weighed = {
  ...facts,
  forcing: {
    missedChanges: 0.4,
    changesPerDay: 1.9,
    readsPerDay: 2.2,
    toldAt: null,
    toldShare: 0.1,
    wordTrue: 0.9,
    successChance: 0.95,
    slotMs: (19 * HOUR) / 8,
    slots: [0.19, 0.19, 0.19, 0.19, 0.19, 0.19, 0.19, 0.19],
  },
};
const request = { mode: 'auto', products: ['BALANCES'], maxAgeMs: HOUR, from: null, to: null, attended: false };

/** The gates as rules: each says what has to hold; the last stands for their meeting. */
const gates = {
  status: [{ fact: 'status', operator: 'in', value: ['ACTIVE', 'PARTIALLY_ACTIVE', 'DEGRADED', 'UNDETERMINED'] }],
  products: [{ fact: 'granted', operator: 'contains', value: 'BALANCES' }],
  'in-flight': [{ fact: 'openTasks', operator: 'equal', value: 0 }],
  recent: [{ fact: 'recentPulls', operator: 'equal', value: 0 }],
  fresh: [{ fact: 'ageMs', operator: 'greaterThan', value: HOUR }],
  open: [
    { fact: 'forceable', operator: 'equal', value: true },
    { fact: 'closures', operator: 'equal', value: 0 },
  ],
  limits: [{ fact: 'sinceLastMs', operator: 'greaterThanInclusive', value: 3 * HOUR }],
  budget: [{ fact: 'leftMicros', operator: 'greaterThanInclusive', value: 120_000 }],
  worth: [{ fact: 'untilBackgroundMs', operator: 'greaterThan', value: HOUR }],
};
const peerRules = () => [
  ...Object.entries(gates).map(([type, all]) => ({ conditions: { all }, event: { type } })),
  { conditions: { all: Object.values(gates).flat() }, event: { type: 'force' } },
];
const peerFacts = {
  status: 'ACTIVE',
  granted: connection.products,
  openTasks: 0,
  recentPulls: 0,
  ageMs: 5 * HOUR,
  forceable: true,
  closures: 0,
  sinceLastMs: 5 * HOUR,
  leftMicros: 400_000_000,
  untilBackgroundMs: 19 * HOUR,
};

const perSecond = async (count, run) => {
  const began = performance.now();
  await run(count);
  return (count * 1000) / (performance.now() - began);
};
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const decideOn = (seen) => (count) => {
  let forced = 0;
  for (let index = 0; index < count; index += 1)
    forced += decideRefresh(seen, request, policy).verdict === 'force' ? 1 : 0;
  if (forced !== count) throw new Error('the decision is not the one that is measured');
};
const ours = decideOn(facts);
const oursWeighed = decideOn(weighed);
const engine = new Engine(peerRules());
const peers = async (count) => {
  for (let index = 0; index < count; index += 1) {
    const { events } = await engine.run(peerFacts);
    if (events.length !== 10) throw new Error('the peer did not pass its ten gates');
  }
};

/** Both warm, then in turn, so that neither has the machine at a better moment; the median of the rounds. */
export const benchDecide = async () => {
  await perSecond(20_000, ours);
  await perSecond(20_000, oursWeighed);
  await perSecond(500, peers);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push({
      ours: await perSecond(200_000, ours),
      weighed: await perSecond(200_000, oursWeighed),
      peer: await perSecond(2_000, peers),
    });
  }
  const decideRefreshPerSecond = median(rounds.map((round) => round.ours));
  const jsonRulesEnginePerSecond = median(rounds.map((round) => round.peer));
  return {
    name: '(a) decisions per second on one core',
    figures: {
      'decideRefresh, the same ten gates /s': decideRefreshPerSecond,
      'with learned rates weighed /s': median(rounds.map((round) => round.weighed)),
      'json-rules-engine /s': jsonRulesEnginePerSecond,
    },
    ratio: decideRefreshPerSecond / jsonRulesEnginePerSecond,
    wanted: 40,
  };
};

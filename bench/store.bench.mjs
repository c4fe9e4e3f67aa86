// What a turn costs over the statements that it runs. In one process, on the same disk, over the same rows: forced refreshes'
// turns through the SQLite store, then the very statements that they ran, their parameters already encoded, through
// better-sqlite3 alone in commits of the same size; in rounds by turns, so that a busy machine is busy for both.
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insert } from '@freshet/domain';
import { openSqliteStore } from '@freshet/persistence';
import { read } from '@freshet/ports';
import { createDriver } from '../packages/persistence/dist/sqlite/driver.js';

const ROUNDS = 6;
const TURNS_A_ROUND = 2_000;
const TURNS = ROUNDS * TURNS_A_ROUND;
/** As many callers as that, each of which asks again once it is answered. */
const WAITING = 64;
const tenantId = 'ten_default';
const NOW = 1_790_000_000_000;
const HOUR = 3_600_000;

const id = (prefix, number) => `${prefix}_01987654-3210-7000-8000-${number.toString(16).padStart(12, '0')}`;
const PRODUCTS = ['BALANCES', 'TRANSACTIONS'];

const connectionOf = (number) => ({
  id: id('conn', number),
  tenantId,
  externalId: `external-${number}`,
  connector: 'meld',
  provider: 'MX',
  customerId: `customer-${number >> 1}`,
  institutionId: `institution-${number % 40}`,
  providerConnectionId: `member-${number}`,
  loginFingerprint: null,
  groupKey: `["${tenantId}","MX","member-${number}"]`,
  active: true,
  status: 'ACTIVE',
  statusReason: null,
  statusToldAt: null,
  products: PRODUCTS,
  optionalProducts: [],
  freshness: { BALANCES: NOW - 30 * HOUR, TRANSACTIONS: NOW - 30 * HOUR },
  lastSuccessAt: NOW - 30 * HOUR,
  lastAttemptAt: NOW - 30 * HOUR,
  lastForcedAt: null,
  lastBackgroundAt: null,
  staleAt: NOW + HOUR,
  consecutiveFailures: 0,
  historicalLoaded: true,
  consentExpiresAt: null,
  connectedAt: NOW - 90 * 24 * HOUR,
  credentials: null,
  createdAt: NOW - 90 * 24 * HOUR,
  updatedAt: NOW - 30 * HOUR,
});

const pullOf = (pullId, connection, origin, state, at, taskId) => ({
  id: pullId,
  tenantId,
  connector: connection.connector,
  provider: connection.provider,
  connectionId: connection.id,
  groupKey: connection.groupKey,
  customerId: connection.customerId,
  institutionId: connection.institutionId,
  taskId,
  origin,
  attended: taskId !== null,
  products: PRODUCTS,
  state,
  at,
  sentAt: null,
  endedAt: null,
  newData: null,
  presence: null,
  presenceUntil: null,
});

const counting = (scope, since, take) => ({
  tenantId,
  scope,
  origins: ['forced', 'connect', 'repair'],
  states: ['reserved', 'sent', 'accepted', 'succeeded', 'partial', 'failed', 'unknown'],
  attended: null,
  products: null,
  since,
  take,
  except: null,
});

function* facts(connectionId) {
  const group = yield* read('group', { tenantId, id: connectionId });
  const [asked] = group;
  const { groupKey, provider, connector, customerId, institutionId } = asked;
  const openTask = yield* read('openTask', { tenantId, groupKey });
  const closures = yield* read('closures', { tenantId, connector, provider, institutionId, groupKey, connectionId });
  const byGroup = { kind: 'group', groupKey };
  const byCustomer = { kind: 'customer-institution', provider, customerId, institutionId };
  const cooldown = yield* read('usage', counting(byGroup, NOW - HOUR, 1));
  const window = yield* read('usage', counting(byGroup, NOW - 24 * HOUR, 4));
  const shared = yield* read('usage', counting(byCustomer, NOW - HOUR, 1));
  const recent = yield* read('latestPull', counting(byGroup, NOW - HOUR));
  return {
    now: NOW,
    asked,
    active: asked,
    openTask,
    closures,
    usage: { cooldown, window, shared },
    recent,
    budgets: [],
  };
}

/** The effects of a forced refresh, as large as real ones. */
const forced = (number, { asked, ...seen }) => {
  const [decisionId, taskId, pullId] = [id('dec', number), id('task', number), id('pull', number + 1_000_000)];
  const cost = { micros: 120_000, currency: 'USD' };
  const reasons = ['status', 'products', 'in-flight', 'recent', 'fresh', 'open', 'limits', 'budget', 'worth', 'force'];
  const request = { mode: 'auto', products: null, maxAgeMs: null, from: null, to: null, attended: true };
  const decision = {
    ...{ verdict: 'force', refusal: null, mode: 'auto', attended: true, products: PRODUCTS, cost, taskId, asOf: null },
    ...{ nextForcedAt: NOW + 6 * HOUR, nextBackgroundAt: NOW + 20 * HOUR, promotes: null, widens: [] },
    ...{ widensRange: null, retryAt: null },
    ...{ operation: null, operationConnectionId: null, limit: null, budget: null },
    reasons: reasons.map((gate) => ({ gate, code: 'LIMITS_ALLOW', data: { remaining: 3, limit: 4, resetAt: NOW } })),
    limits: [{ name: 'forced-per-day', scope: 'group', limit: 4, remaining: 3, resetAt: NOW + 24 * HOUR }],
  };
  const task = {
    ...{ id: taskId, tenantId, connectionId: asked.id, groupKey: asked.groupKey, decisionId, pullId, cost },
    ...{ connector: asked.connector, provider: asked.provider, state: 'queued', executor: 'engine' },
    ...{ products: PRODUCTS, attended: true, from: null, to: null, attempts: 0, providerTaskId: null, newData: null },
    ...{ error: null, charge: 'reserved', queuedAt: NOW, wantedFrom: NOW, startedAt: null, endedAt: null, dueAt: NOW },
    ...{ polls: 0, giveUpAt: null },
    ...{ leaseOwner: null, leaseUntil: null, fence: 0, tries: 0 },
  };
  const record = {
    id: decisionId,
    tenantId,
    connectionId: asked.id,
    verdict: 'force',
    taskId,
    policyVersion: 'a1b2c3',
  };
  const entry = {
    ...{
      id: id('led', number),
      tenantId,
      connectionId: asked.id,
      connector: asked.connector,
      provider: asked.provider,
    },
    ...{ taskId, pullId, kind: 'reserved', ...cost, cause: decisionId, at: NOW },
  };
  return [
    insert('decision', { ...record, decision, request, facts: { asked, ...seen }, decidedAt: NOW }),
    insert('task', task),
    insert('pull', pullOf(pullId, asked, 'forced', 'reserved', NOW, taskId)),
    insert('ledgerEntry', entry),
    insert('idempotency', {
      ...{ id: `${tenantId} refresh ${number}`, tenantId, fingerprint: 'f'.repeat(64), decisionId, task },
      expiresAt: NOW + 24 * HOUR,
    }),
  ];
};

const nothing = function* () {
  return null;
};

/** A store with a connection for each turn, each with three pulls behind it. */
const seeded = async (file, onCommit) => {
  const store = openSqliteStore({ file, onCommit });
  const CHUNK = 500;
  for (let start = 0; start < TURNS; start += CHUNK) {
    const effects = Array.from({ length: CHUNK }, (_, offset) => start + offset).flatMap((number) => {
      const connection = connectionOf(number);
      const pulls = [50, 40, 30].map((hours, index) =>
        insert(
          'pull',
          pullOf(id('pull', number * 3 + index), connection, 'background', 'succeeded', NOW - hours * HOUR, null),
        ),
      );
      return [insert('connection', connection), ...pulls];
    });
    await store.turn(nothing, () => ({ effects }));
  }
  return store;
};

/** Turns `from` to `until` through the store. */
const throughStore = async (store, from, until) => {
  let next = from;
  const caller = async () => {
    while (next < until) {
      const number = next++;
      await store.turn(
        () => facts(id('conn', number)),
        (seen) => ({ effects: forced(number, seen) }),
      );
    }
  };
  await Promise.all(Array.from({ length: WAITING }, caller));
};

/** What a driver asked of better-sqlite3 in each turn. */
const recorded = (client) => {
  const texts = [];
  let calls = [];
  const prepare = (text) => {
    const statement = client.prepare(text);
    const index = texts.push(text) - 1;
    return {
      raw() {
        statement.raw();
        return this;
      },
      all: (values) => (calls.push({ index, values, reads: true }), statement.all(values)),
      get: (values) => (calls.push({ index, values, reads: true }), statement.get(values)),
      run: (values) => (calls.push({ index, values, reads: false }), statement.run(values)),
    };
  };
  const driver = createDriver({ prepare });
  client.exec('begin');
  const turns = Array.from({ length: TURNS }, (_, number) => {
    calls = [];
    driver.apply(forced(number, driver.load(facts(id('conn', number)))));
    return calls;
  });
  client.exec('rollback');
  return { texts, turns };
};

/** The same turns' statements, on better-sqlite3 alone. */
const replaying = (client, { texts, turns }) => {
  const statements = texts.map((text) => client.prepare(text));
  const [begin, commit] = [client.prepare('begin immediate'), client.prepare('commit')];
  return (from, until, perCommit) => {
    for (let start = from; start < until; start += perCommit) {
      begin.run();
      for (const calls of turns.slice(start, Math.min(start + perCommit, until))) {
        for (const { index, values, reads } of calls) {
          if (reads) statements[index].all(values);
          else statements[index].run(values);
        }
      }
      commit.run();
    }
  };
};

/** Turns a second, and the processor's time for each: that is much the same on a machine that is busy otherwise. */
const timed = async (work) => {
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: TURNS_A_ROUND / seconds, cpuMicros: (user + system) / TURNS_A_ROUND };
};

const bareClient = (file) => {
  const client = new Database(file);
  client.pragma('journal_mode = wal');
  client.pragma('synchronous = full');
  client.pragma('cache_size = -65536');
  client.pragma('wal_autocheckpoint = 4000');
  return client;
};

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const rounds = async (folder) => {
  let commits = [];
  const store = await seeded(join(folder, 'store.db'), (commit) => commits.push(commit));
  await (await seeded(join(folder, 'bare.db'))).close();
  const client = bareClient(join(folder, 'bare.db'));
  const replay = replaying(client, recorded(client));
  const measured = [];
  for (let from = 0; from < TURNS; from += TURNS_A_ROUND) {
    const until = from + TURNS_A_ROUND;
    commits = [];
    const ofStore = await timed(() => throughStore(store, from, until));
    const perCommit = Math.round(TURNS_A_ROUND / commits.length);
    const ofBare = await timed(() => replay(from, until, perCommit));
    measured.push({ ofStore, ofBare, perCommit, longest: Math.max(...commits.map(({ tookMs }) => tookMs)) });
  }
  await store.close();
  client.close();
  // The first warms up.
  return measured.slice(1);
};

export const benchStore = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-bench-'));
  try {
    const measured = await rounds(folder);
    const of = (figure) => median(measured.map(figure));
    return {
      name: `(c) durable turns per second on SQLite (7 reads, 5 inserts, synchronous=FULL), ${WAITING} waiting together`,
      figures: {
        'store, turns/s': of(({ ofStore }) => ofStore.perSecond),
        'bare better-sqlite3, turns/s': of(({ ofBare }) => ofBare.perSecond),
        'store, µs of processor a turn': of(({ ofStore }) => ofStore.cpuMicros),
        'bare, µs of processor a turn': of(({ ofBare }) => ofBare.cpuMicros),
        'turns a commit': of(({ perCommit }) => perCommit),
        'longest commit, ms': Math.max(...measured.map(({ longest }) => longest)),
      },
      ratio: of(({ ofStore, ofBare }) => ofStore.perSecond / ofBare.perSecond),
      wanted: 0.5,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

// One server of the HTTP bench: `freshet` (the service without its timers, on a SQLite file) or `bare` (a NestJS + Fastify
// route with the same body validation and no store).
import 'reflect-metadata';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idOf, put } from '@freshet/domain';
import { importConnections } from '@freshet/flows';
import { openSqliteStore } from '@freshet/persistence';
import { buildPolicyBook } from '@freshet/policy';
import { read } from '@freshet/ports';
import { createApp } from '../apps/api/dist/app.js';
import { createIds } from '../apps/api/dist/engine/random-ids.js';
import { readSettings } from '../apps/api/dist/engine/settings.js';
import { createBareApp } from './bare-app.mjs';

const COUNT = Number(process.argv[3]);
const BATCH = 1_000;
const TENANT = 'ten_default';
const HOUR = 3_600_000;
const hash = (text) => createHash('sha256').update(text).digest('hex');

const engineOver = (store) => ({
  store,
  clock: { now: Date.now, realNow: Date.now },
  ids: createIds(Date.now),
  // Switched on, and never called: the timers that would call it are not started.
  connectorsOf: () => new Map([['meld', { name: 'meld', capabilities: {} }]]),
  connectorNeeds: () => [],
  callsThrough: () => ({ timeoutMs: 1_000, atOnce: 1 }),
  vault: { seal: (plain) => plain, open: (sealed) => sealed },
  policies: buildPolicyBook({ hash }),
  log: { info: () => undefined, warn: console.warn },
  workerId: 'bench',
  leaseMs: 2_000,
});

const rowOf = (number) => ({
  externalId: `bench-${number}`,
  connector: 'meld',
  provider: 'MX',
  customerId: `customer-${number}`,
  institutionId: `institution-${number % 50}`,
  providerConnectionId: `member-${number}`,
  products: ['BALANCES', 'TRANSACTIONS'],
  lastSuccessAt: Date.now() - 20 * HOUR,
});

const importAll = async (engine) => {
  const ids = [];
  for (let from = 0; from < COUNT; from += BATCH) {
    const rows = Array.from({ length: BATCH }, (_, index) => rowOf(from + index));
    const { imported } = await importConnections(engine, TENANT, rows);
    ids.push(...imported.map(({ connection }) => connection.id));
  }
  return ids;
};

const startFreshet = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const spent = { turns: 0, storeMs: 0 };
  const onCommit = ({ turns, tookMs }) => {
    spent.turns += turns;
    spent.storeMs += tookMs;
  };
  const store = openSqliteStore({ file: join(folder, 'bench.db'), onCommit });
  const engine = engineOver(store);
  const key = randomBytes(24).toString('hex');
  const apiKey = { id: 'key_bench', tenantId: TENANT, hash: hash(key), scopes: ['admin'], createdAt: Date.now() };
  await store.turn(
    () => read('setting', { id: 'none' }),
    () => ({ effects: [put('apiKey', apiKey)] }),
  );
  const ids = await importAll(engine);
  const settings = { ...readSettings({}), port: 0, sandbox: false, logLevel: 'silent' };
  const app = await createApp({ engine, settings, nudge: () => undefined, extraModules: [] });
  const decisions = async () => {
    let count = 0;
    for (let before = null; ;) {
      const page = await store.read('decisionsPage', { tenantId: TENANT, limit: 500, before });
      count += page.length;
      if (page.length < 500) return count;
      before = page.at(-1).id;
    }
  };
  return { app, key, ids, path: '/v1/connections/{id}/refresh', decisions, spent };
};

const bareIds = createIds(Date.now);
const startBare = async () => ({
  app: await createBareApp(),
  key: 'none',
  ids: Array.from({ length: COUNT }, () => idOf('connection', bareIds.next())),
  path: '/v1/connections/{id}/refresh',
  decisions: async () => null,
  spent: { turns: 0, storeMs: 0 },
});

const { app, key, ids, path, decisions, spent } = await (process.argv[2] === 'bare' ? startBare() : startFreshet());
await app.listen(0, '127.0.0.1');
const used = () => ({ ...spent, cpuMs: (({ user, system }) => (user + system) / 1000)(process.cpuUsage()) });
process.on('message', async (asked) => process.send(asked === 'spent' ? used() : { decisions: await decisions() }));
process.on('SIGTERM', () => process.exit(0));
process.send({ port: app.getHttpServer().address().port, key, ids, path });

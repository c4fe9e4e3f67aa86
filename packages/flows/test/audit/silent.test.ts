import { expect, test } from '@jest/globals';
import { MINUTE, put, type Product, type RefreshAnswer, type RefreshProgress } from '@freshet/domain';
import { buildPolicyBook } from '@freshet/policy';
import type { Connector } from '@freshet/ports';
import fc from 'fast-check';
import {
  cancelTask,
  createDispatcher,
  deleteConnection,
  importConnections,
  releaseDeadLeases,
  requestAudit,
  requestRefresh,
  runAudit,
  type Engine,
} from '../../src/index.js';
import { plant } from '../../src/contract/audit-rows.js';
import { TENANT } from '../../src/contract/rig.js';
import { testEngine } from './test-engine.js';

const answers: readonly RefreshAnswer[] = [
  { kind: 'accepted', providerTaskId: 'job-1', coalesced: false },
  { kind: 'accepted', providerTaskId: 'job-2', coalesced: true },
  { kind: 'done', asOf: null, newData: true },
  { kind: 'partial', asOf: null, newData: true, products: ['BALANCES'] },
  { kind: 'busy', runningId: 'job-3' },
  { kind: 'limited', until: null, scope: 'connection' },
  { kind: 'customer-needed', event: 'failed_login_required', message: 'sign in' },
  { kind: 'refused', message: 'never' },
  { kind: 'unavailable', who: 'provider', retryAt: null, message: 'down' },
  { kind: 'unknown', message: 'lost' },
];

const looks: readonly RefreshProgress[] = [
  { kind: 'pending' },
  { kind: 'done', asOf: null, newData: false },
  { kind: 'partial', asOf: null, newData: null, products: null },
  { kind: 'unavailable', who: 'institution', retryAt: null, message: 'down' },
  { kind: 'unknown', message: 'no answer' },
];

/** Answers as it is told to, in turn. */
const moodyConnector = (moods: Iterator<number>): Connector => {
  const mood = <Answer>(of: readonly Answer[]): Answer => of[(moods.next().value ?? 0) % of.length] as Answer;
  return {
    name: 'meld',
    capabilities: {
      refresh: true,
      repair: false,
      addProducts: false,
      delete: true,
      imports: [],
      tellsStatus: false,
      showsRepair: false,
      showsData: false,
      webhooks: false,
    },
    refresh: async (_call, { sending }) => {
      await sending();
      return mood(answers);
    },
    progress: async () => mood(looks),
    delete: async () => ({ kind: 'accepted' }),
    status: async () => null,
    translateWebhook: () => [],
    verifyWebhook: async () => ({ genuine: false, why: '' }),
    repair: async () => ({ kind: 'refused', message: '' }),
    addProducts: async () => ({ kind: 'refused', message: '' }),
    import: async () => ({ kind: 'refused', message: '' }),
  };
};

const PROVIDERS = ['MX', 'PLAID', 'FINICITY'];

/** Six logins, of which two pairs are twins, at providers that merge twins and one that does not. */
const importAll = async (engine: Engine): Promise<void> => {
  const rows = Array.from({ length: 6 }, (_, index) => ({
    externalId: `ext-${index}`,
    connector: 'meld',
    provider: PROVIDERS[index % 3] as string,
    customerId: 'customer-1',
    institutionId: 'bank-1',
    providerConnectionId: `member-${index % 3}`,
    products: ['BALANCES', 'TRANSACTIONS'] as readonly Product[],
  }));
  const result = await importConnections(engine, TENANT, rows);
  expect(result.kind).toBe('imported');
};

/** With budgets, so that money is counted twice over. */
const policies = buildPolicyBook({
  hash: () => 'test',
  policyFile: {
    version: 1,
    overrides: [
      {
        match: {},
        set: {
          limits: {
            'group-hours': {
              ...{ kind: 'window', scope: 'group', count: 2, per: { shape: 'rolling', length: 'PT6H' } },
              counts: { origins: ['forced', 'background'], on: 'success' },
            },
            'customer-hour': {
              ...{ kind: 'window', scope: 'customer', count: 1, per: { shape: 'fixed', length: 'PT60M' } },
              counts: { origins: ['forced'], on: 'attempt' },
            },
            'bank-minutes': { kind: 'cooldown', scope: 'institution', after: 'attempt', for: 'PT10M' },
          },
        },
      },
    ],
    budgets: [
      { name: 'month', period: 'month', timeZone: 'UTC', amount: '3.00', currency: 'USD' },
      { name: 'mx-day', provider: 'MX', period: 'day', timeZone: 'UTC', amount: '0.50', currency: 'USD' },
    ],
  },
});

/** Checks of what customers and providers do: that a refresh brought nothing new is no fault of the engine's. */
const ofTheWorld = new Set(['wasted-pulls', 'billed-twins', 'late-connections', 'consents-ending']);

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('refresh' as const), which: fc.nat(5), wide: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const) }) },
);

test('whatever a provider answers, what the engine itself writes has no findings', async () => {
  const seen = { forced: 0, ended: 0, entries: 0 };
  const scenario = fc.asyncProperty(
    fc.array(step, { maxLength: 25 }),
    fc.infiniteStream(fc.nat(1_000)),
    async (steps, moods) => {
      const { engine: bare, clock, store } = testEngine();
      const connectors = new Map([['meld', moodyConnector(moods)]]);
      const engine: Engine = {
        ...bare,
        policies,
        connectorsOf: () => connectors,
      };
      const dispatcher = createDispatcher(engine, 8);
      const runDue = async (): Promise<void> => {
        await releaseDeadLeases(engine, 100);
        await dispatcher.tick();
        await dispatcher.idle();
      };
      await plant(store, put('policyArchive', { id: policies.version, body: policies.archive, createdAt: clock.now }));
      await importAll(engine);
      const ids = store.rows('connection').map(({ id }) => id);
      for (const now of steps) {
        if (now.do === 'refresh') {
          const products: readonly Product[] | null = now.wide ? null : ['BALANCES'];
          const request = { mode: 'force', products, maxAgeMs: null, from: null, to: null, attended: true } as const;
          const presence = { ip: '203.0.113.7', userAgent: null };
          const connectionId = ids[now.which] as (typeof ids)[number];
          await requestRefresh(engine, { tenantId: TENANT, connectionId, request, presence, idempotency: null });
        } else if (now.do === 'delete') {
          await deleteConnection(engine, TENANT, ids[now.which] as (typeof ids)[number]);
        } else if (now.do === 'cancel') {
          const queued = store.rows('task').find(({ state }) => state === 'queued');
          if (queued !== undefined) await cancelTask(engine, TENANT, queued.id);
        } else {
          for (let minute = 0; minute < now.minutes; minute += 5) {
            clock.now += 5 * MINUTE;
            clock.realNow += 5 * MINUTE;
            await runDue();
          }
        }
      }
      const { id } = await requestAudit(engine, TENANT, 'request');
      const run = await runAudit(engine, TENANT, id);
      expect(run).toMatchObject({ state: 'done' });
      expect(store.rows('finding').filter(({ check }) => !ofTheWorld.has(check))).toEqual([]);
      seen.forced += store.rows('task').length;
      seen.ended += store.rows('task').filter(({ endedAt }) => endedAt !== null).length;
      seen.entries += store.rows('ledgerEntry').length;
    },
  );
  await fc.assert(scenario, { numRuns: 150 });
  // Else it would have been silent about nothing.
  expect(seen.forced).toBeGreaterThan(100);
  expect(seen.ended).toBeGreaterThan(50);
  expect(seen.entries).toBeGreaterThan(100);
}, 60_000);

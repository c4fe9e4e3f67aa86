import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { Connection, ConnectionId, Product, ProviderEvent, Pull } from '@freshet/domain';
import { addProducts, budgetOverviews, repairConnection } from '../index.js';
import { takeEvent } from '../webhooks.js';
import {
  ask,
  bringInOne,
  connectionOf,
  CUSTOMER,
  deliver,
  force,
  kindsOf,
  ledgerOf,
  MORNING,
  mxRow,
  pass,
  rigsOver,
  runDue,
  taskOf,
  TENANT,
  withConnector,
  type OpenStore,
  type Rig,
} from './rig.js';

const micros = (amount: number): number => Math.round(amount * 1_000_000);
const price = (more: object) => ({
  version: 1,
  overrides: [
    {
      match: { provider: 'MX' },
      set: {
        price: { currency: 'USD', perRequest: '0.10', historical: '0.50', billedOn: 'success', ...more },
        limits: { 'mx-cooldown': null },
      },
    },
  ],
  budgets: [{ name: 'daily', period: 'day', timeZone: 'UTC', amount: '9.00', currency: 'USD' }],
});

const came = (externalId: string, at: number, products: readonly Product[]): ProviderEvent => ({
  kind: 'aggregated',
  externalId,
  at,
  products,
  newData: null,
});
const completed = (externalId: string, at: number, providerConnectionId: string | null = null): ProviderEvent => ({
  kind: 'link-completed',
  externalId,
  at,
  providerConnectionId,
});

const pullsOf = async ({ store }: Rig, id: ConnectionId): Promise<readonly Pull[]> => {
  const { groupKey } = await connectionOf({ store }, id);
  const scope = { kind: 'group', groupKey } as const;
  return store.read('pullsBetween', { tenantId: TENANT, scope, from: 0, until: MORNING + 9 * DAY, limit: 50 });
};

/** What each pull of the connection cost, by its origin. */
const costsOf = async (rig: Rig, id: ConnectionId): Promise<readonly (readonly [string, number, string])[]> => {
  const pulls = await pullsOf(rig, id);
  const entries = await Promise.all(pulls.map((pull) => ledgerOf(rig, { pullId: pull.id })));
  return pulls.flatMap((pull, index) => {
    const own = entries[index] ?? [];
    const charged = own.filter(({ kind }) => kind === 'charged').reduce((sum, entry) => sum + entry.micros, 0);
    return own.length === 0 ? [] : [[pull.origin, charged, kindsOf(own).join(' ')] as const];
  });
};
const charged = async ({ engine }: Rig): Promise<number | undefined> =>
  (await budgetOverviews(engine, TENANT))[0]?.facts.chargedMicros;

const linking = (): ReturnType<typeof mxRow> => mxRow({ status: 'IN_PROGRESS', lastSuccessAt: undefined });

/** A connect, and its data: accounts first, and transactions minutes later. */
const connected = async (rig: Rig): Promise<Connection> => {
  const { id, externalId } = await bringInOne(rig, linking());
  rig.clock.advance(10 * MINUTE);
  await deliver(rig, 'c1', completed(externalId, MORNING, 'mem-1'));
  await deliver(rig, 'c2', came(externalId, MORNING + MINUTE, ['BALANCES', 'IDENTIFIERS']));
  await deliver(rig, 'c3', came(externalId, MORNING + 3 * MINUTE, ['TRANSACTIONS']));
  return connectionOf(rig, id);
};

export const otherPullStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('a pull that nobody asked for as a refresh', () => {
    test('that loads the history is charged for it, once, in ledger and budget', async () => {
      const rig = newRig({ policyFile: price({}) });
      // Somebody looked at the budget before: it has a counter.
      const { id: other } = await bringInOne(rig);
      await force(rig, other);
      const { id, historicalLoaded } = await connected(rig);
      expect(historicalLoaded).toBe(true);
      expect(await costsOf(rig, id)).toEqual([['connect', micros(0.5), 'reserved charged']]);
      expect(await charged(rig)).toBe(micros(0.5));
      const { externalId } = await connectionOf(rig, id);
      await deliver(rig, 'c4', came(externalId, MORNING + 5 * MINUTE, ['TRANSACTIONS']));
      await deliver(rig, 'c5', completed(externalId, MORNING));
      expect(await costsOf(rig, id)).toHaveLength(1);
    });

    test('is billed where the policy says so: when its data came, and once', async () => {
      const rig = newRig({ policyFile: price({ alsoBilled: ['products', 'repair'], historical: '0' }) });
      const { id, externalId } = await bringInOne(rig);
      await addProducts(rig.engine, TENANT, id, ['OWNERS']);
      expect(await costsOf(rig, id)).toEqual([]);
      rig.clock.advance(MINUTE);
      await deliver(rig, 'e1', came(externalId, MORNING + MINUTE, ['BALANCES', 'OWNERS']));
      await deliver(rig, 'e2', came(externalId, MORNING + MINUTE, ['TRANSACTIONS']));
      expect(await costsOf(rig, id)).toEqual([['products', micros(0.1), 'reserved charged']]);
      rig.clock.advance(HOUR);
      await deliver(rig, 'e3', completed(externalId, MORNING + HOUR));
      await deliver(rig, 'e4', came(externalId, MORNING + HOUR + MINUTE, ['BALANCES']));
      expect(await costsOf(rig, id)).toEqual([
        ['products', micros(0.1), 'reserved charged'],
        ['repair', micros(0.1), 'reserved charged'],
      ]);
      await deliver(rig, 'e5', came(externalId, MORNING + DAY, ['BALANCES']));
      expect(await costsOf(rig, id)).toHaveLength(2);
    });

    test.each(['connect', 'repair'] as const)('by a %s counts against the cooldown at once', async (origin) => {
      const rig = newRig();
      const row = origin === 'connect' ? linking() : mxRow({ status: 'RECONNECT_REQUIRED' });
      const { id, externalId } = await bringInOne(rig, row);
      if (origin === 'repair') await repairConnection(rig.engine, TENANT, id);
      rig.clock.advance(MINUTE);
      await deliver(rig, 'e1', completed(externalId, MORNING + MINUTE));
      expect(await ask(rig, id)).toMatchObject({
        record: { decision: { refusal: 'rate-limited', retryAt: MORNING + MINUTE + 3 * HOUR } },
      });
      expect((await pullsOf(rig, id)).at(-1)).toMatchObject({ origin, state: 'accepted' });
    });
  });

  describe('a history whose load at the connect is switched off', () => {
    const off = { policyFile: price({ historicalAt: 'refresh' }) };

    test('is loaded by the first refresh that brings transactions, and its price is in that decision', async () => {
      const rig = newRig({ ...off, meld: { refresh: [{ kind: 'refused', message: 'no' }] } });
      const { id, historicalLoaded } = await connected(rig);
      expect(historicalLoaded).toBe(false);
      expect(await costsOf(rig, id)).toEqual([]);
      const cost = async (products: readonly Product[]) =>
        (await ask(rig, id, { request: { products } })).record.decision.cost?.micros;
      const failed = await force(rig, id);
      await runDue(rig);
      expect(await taskOf(rig, failed.id)).toMatchObject({ state: 'failed', cost: { micros: micros(0.6) } });
      expect((await connectionOf(rig, id)).historicalLoaded).toBe(false);
      rig.meld.script({ refresh: [{ kind: 'partial', asOf: null, newData: true, products: ['BALANCES'] }] });
      await force(rig, id);
      await runDue(rig);
      expect((await connectionOf(rig, id)).historicalLoaded).toBe(false);
      rig.meld.script({ refresh: [{ kind: 'done', asOf: null, newData: true }] });
      const loading = await force(rig, id);
      await runDue(rig);
      expect(await taskOf(rig, loading.id)).toMatchObject({ charge: 'charged', cost: { micros: micros(0.6) } });
      expect((await connectionOf(rig, id)).historicalLoaded).toBe(true);
      await pass(rig, MINUTE);
      expect(await cost(['BALANCES', 'TRANSACTIONS'])).toBe(micros(0.1));
    });

    test('is not taken for loaded because data came, nor because an import tells of some', async () => {
      const rig = newRig(off);
      const { id, externalId } = await bringInOne(rig);
      await deliver(rig, 'e1', came(externalId, MORNING, ['BALANCES', 'TRANSACTIONS']));
      expect((await connectionOf(rig, id)).historicalLoaded).toBe(false);
      const said = await bringInOne(rig, mxRow({ historicalLoaded: true }));
      expect(said.historicalLoaded).toBe(true);
    });

    test('is there where the provider tells of it', async () => {
      const rig = newRig(off);
      const { id, externalId } = await bringInOne(rig);
      const history = { ...came(externalId, MORNING, ['TRANSACTIONS']), isHistory: true } as ProviderEvent;
      await deliver(rig, 'e1', history);
      expect((await connectionOf(rig, id)).historicalLoaded).toBe(true);
      expect(await costsOf(rig, id)).toEqual([]);
    });

    test.each([
      ['FINICITY', false, micros(0.7)],
      ['MX', true, micros(0.1)],
    ])('of %s reached directly costs nothing at the connect', async (provider, isLoaded, cost) => {
      const rig = newRig();
      const connector = provider.toLowerCase();
      const telling = { tenantId: TENANT, connector, cause: 'webhook' };
      const { id, externalId } = await bringInOne(rig, { ...linking(), connector, provider });
      const on = withConnector(rig.engine, { ...rig.meld, name: connector });
      for (const event of [completed(externalId, MORNING), came(externalId, MORNING, ['BALANCES', 'TRANSACTIONS'])])
        await takeEvent(on, telling, event as Exclude<ProviderEvent, { kind: 'ignored' }>);
      expect(await costsOf(rig, id)).toEqual([]);
      expect((await connectionOf(rig, id)).historicalLoaded).toBe(isLoaded);
      rig.clock.advance(4 * HOUR);
      const { record } = await ask({ ...rig, engine: on }, id, { presence: CUSTOMER });
      expect(record.decision).toMatchObject({ verdict: 'force', cost: { micros: cost } });
    });

    test('costs nothing more where only balances are asked for', async () => {
      const rig = newRig(off);
      const { id } = await bringInOne(rig);
      const { record } = await ask(rig, id, { request: { products: ['BALANCES'] } });
      expect(record.decision.cost?.micros).toBe(micros(0.1));
    });
  });
};

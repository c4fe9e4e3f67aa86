import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { ConnectionId, RefreshFacts } from '@freshet/domain';
import { decideRefresh, rebuildPolicyBook } from '@freshet/policy';
import { previewRefresh, requestRefresh, setProviderPaused } from '../index.js';
import {
  allTasks,
  ask,
  bringIn,
  bringInOne,
  bringInTwins,
  budRow,
  command,
  connectionOf,
  CUSTOMER,
  force,
  kindsOf,
  ledgerOf,
  MORNING,
  mxRow,
  OTHER_TENANT,
  pass,
  pullOf,
  reasonsOf,
  request,
  rigsOver,
  runDue,
  taskOf,
  TENANT,
  type OpenStore,
} from './rig.js';

/** One cent short of two MX refreshes. */
const NEARLY_TWO = {
  version: 1,
  budgets: [{ name: 'march', provider: 'MX', period: 'month', timeZone: 'UTC', amount: '0.19', currency: 'USD' }],
};

export const requestStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('a request for a refresh', () => {
    test('that nothing stands against opens a task, and holds its place and its price', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      expect(task).toMatchObject({ state: 'queued', charge: 'reserved', attempts: 0, dueAt: MORNING });
      expect(await taskOf(rig, task.id)).toEqual(task);
      expect(await pullOf(rig, task)).toMatchObject({ state: 'reserved', origin: 'forced', sentAt: null });
      expect(await ledgerOf(rig, task)).toMatchObject([{ kind: 'reserved', micros: 100_000, currency: 'USD' }]);
      expect(rig.meld.calls).toEqual([]);
    });

    test('is answered from the store: what it shows is what is kept', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const { record, task } = await ask(rig, id);
      expect(await rig.store.read('decision', { tenantId: TENANT, id: record.id })).toEqual(record);
      expect(record).toMatchObject({ verdict: 'force', taskId: task?.id, policyVersion: rig.engine.policies.version });
    });

    test('joins the refresh that is queued or running, and pays nothing', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      expect(await ask(rig, id)).toMatchObject({ record: { verdict: 'join', taskId: task.id }, task });
      await runDue(rig);
      expect(await ask(rig, id)).toMatchObject({
        record: { verdict: 'join' },
        task: { id: task.id, state: 'running' },
      });
      expect(kindsOf(await ledgerOf(rig, task))).toEqual(['reserved']);
      expect(await allTasks(rig)).toHaveLength(1);
    });

    test('of an inactive twin joins the refresh of the active one', async () => {
      const rig = newRig();
      const [active, twin] = await bringInTwins(rig, 2);
      const task = await force(rig, active?.id as ConnectionId);
      expect(await ask(rig, twin?.id as ConnectionId)).toMatchObject({ record: { verdict: 'join', taskId: task.id } });
    });

    test('widens a queued task by the products that it lacks, and holds what they cost more', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ provider: 'FINICITY' }));
      const first = await force(rig, id, { presence: CUSTOMER, request: { products: ['BALANCES'] } });
      const { record, task } = await ask(rig, id, { presence: CUSTOMER, request: { products: ['TRANSACTIONS'] } });
      expect(record).toMatchObject({ verdict: 'join', decision: { widens: ['TRANSACTIONS'] } });
      expect(task).toMatchObject({ products: ['BALANCES', 'TRANSACTIONS'], cost: { micros: 200_000 } });
      expect(await taskOf(rig, first.id)).toEqual(task);
      expect((await pullOf(rig, first)).products).toEqual(['BALANCES', 'TRANSACTIONS']);
      expect((await ledgerOf(rig, first)).map(({ kind, micros }) => [kind, micros])).toEqual([
        ['reserved', 50_000],
        ['reserved', 150_000],
      ]);
    });

    test('does not widen a running task: it names what that will not bring', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      await force(rig, id, { request: { products: ['BALANCES'] } });
      await runDue(rig);
      const joined = await ask(rig, id, { request: { products: ['TRANSACTIONS'] } });
      expect(joined).toMatchObject({ record: { decision: { widens: [] } }, task: { products: ['BALANCES'] } });
      expect(reasonsOf(joined)).toContain('IN_FLIGHT_LACKS_PRODUCTS');
    });

    test('is answered with what is there where that is fresh enough', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ lastSuccessAt: MORNING - 10 * MINUTE }));
      const fresh = await ask(rig, id, { request: { mode: 'auto', maxAgeMs: 15 * MINUTE } });
      expect(fresh).toMatchObject({
        record: { verdict: 'reuse', decision: { asOf: MORNING - 10 * MINUTE } },
        task: null,
      });
      const stale = await ask(rig, id, { request: { mode: 'auto', maxAgeMs: 5 * MINUTE } });
      expect(stale.record.verdict).not.toBe('reuse');
    });

    test('is answered with the earlier task where the provider would only hand that back', async () => {
      const rig = newRig({ bud: { refresh: [{ kind: 'done', asOf: MORNING, newData: true }] } });
      const { id } = await bringInOne(rig, budRow());
      const task = await force(rig, id);
      await runDue(rig);
      rig.clock.advance(59 * MINUTE);
      expect(await ask(rig, id, { request: { mode: 'auto' } })).toMatchObject({
        record: { verdict: 'reuse', taskId: task.id },
      });
      rig.clock.advance(MINUTE);
      expect(await ask(rig, id)).toMatchObject({ record: { verdict: 'force' } });
    });

    test('is answered with the task under way for another login of the same customer at that bank', async () => {
      const rig = newRig({ bud: { refresh: [{ kind: 'unknown', message: 'lost' }] } });
      const [first, second] = await bringIn(rig, [budRow(), budRow()]);
      const task = await force(rig, first?.id as ConnectionId);
      const asked = { record: { verdict: 'reuse', taskId: task.id } };
      expect(await ask(rig, second?.id as ConnectionId)).toMatchObject(asked);
      await runDue(rig);
      expect(await ask(rig, second?.id as ConnectionId)).toMatchObject(asked);
      await pass(rig, 30 * MINUTE);
      // Given up: whether it happened is not known, so it does not stand for this one.
      expect(await ask(rig, second?.id as ConnectionId)).toMatchObject({ record: { verdict: 'force' } });
    });

    test('waits for a background refresh that is nearly there, unless it is forced', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ lastSuccessAt: MORNING - DAY + 10 * MINUTE }));
      const waiting = await ask(rig, id, { request: { mode: 'auto' } });
      expect(waiting).toMatchObject({
        record: { verdict: 'wait', decision: { nextBackgroundAt: MORNING + 10 * MINUTE } },
      });
      expect(await ask(rig, id)).toMatchObject({ record: { verdict: 'force' } });
    });
  });

  describe('a refused request', () => {
    test.each([
      ['whose status forbids it', { status: 'RECONNECT_REQUIRED' }, {}, 'not-refreshable'],
      ['for a product that is not granted', {}, { products: ['OWNERS'] }, 'product-not-granted'],
      ['for a time range at a provider that takes none', {}, { from: MORNING - DAY }, 'range-out-of-reach'],
      ['without the customer where only they may', { provider: 'FINICITY' }, {}, 'customer-required'],
      ['at a provider that nobody knows', { provider: 'NOBODY' }, {}, 'not-forceable'],
      ['within the cooldown', { lastSuccessAt: MORNING - HOUR }, {}, 'rate-limited'],
    ] as const)('%s is kept with its reason, and opens nothing', async (_why, row, asks, refusal) => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow(row));
      const { record, task } = await ask(rig, id, { request: asks });
      expect(record).toMatchObject({ verdict: 'refuse', decision: { refusal } });
      expect(await rig.store.read('decision', { tenantId: TENANT, id: record.id })).toEqual(record);
      expect(task).toBeNull();
      expect(await allTasks(rig)).toEqual([]);
    });

    test('at a paused provider passes again when it is opened', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      await setProviderPaused(rig.engine, TENANT, 'MX', true);
      expect(await ask(rig, id)).toMatchObject({ record: { decision: { refusal: 'provider-closed' } } });
      await setProviderPaused(rig.engine, TENANT, 'MX', false);
      expect(await ask(rig, id)).toMatchObject({ record: { verdict: 'force' } });
    });

    test('over the budget says when its period turns', async () => {
      const rig = newRig({ policyFile: NEARLY_TWO });
      const [first, second] = await bringIn(rig, [mxRow(), mxRow()]);
      await force(rig, first?.id as ConnectionId);
      expect(await ask(rig, second?.id as ConnectionId)).toMatchObject({
        record: { decision: { refusal: 'budget-exhausted', budget: 'march', retryAt: Date.UTC(2026, 3, 1) } },
      });
    });

    test('of an inactive twin names the connection that has to be repaired', async () => {
      const rig = newRig();
      const [active, twin] = await bringIn(rig, [
        mxRow({ providerConnectionId: 'm', status: 'RECONNECT_REQUIRED', lastSuccessAt: MORNING - HOUR }),
        mxRow({ providerConnectionId: 'm', lastSuccessAt: MORNING - DAY }),
      ]);
      expect(await ask(rig, twin?.id as ConnectionId)).toMatchObject({
        record: { decision: { refusal: 'not-refreshable', operation: 'repair', operationConnectionId: active?.id } },
      });
    });
  });

  describe('what no tenant may see', () => {
    test("another tenant's connection is not found, asked or previewed", async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow(), OTHER_TENANT);
      expect(await requestRefresh(rig.engine, command(id))).toEqual({ kind: 'not-found', effects: [] });
      expect(await previewRefresh(rig.engine, command(id))).toEqual({ kind: 'not-found', effects: [] });
      expect(await requestRefresh(rig.engine, command(id, { tenantId: OTHER_TENANT }))).toMatchObject({
        kind: 'decided',
      });
    });

    test('the same Idempotency-Key of two tenants names two requests', async () => {
      const rig = newRig();
      const mine = await bringInOne(rig);
      const theirs = await bringInOne(rig, mxRow(), OTHER_TENANT);
      const idempotency = { key: 'k', fingerprint: 'f' };
      const first = await ask(rig, mine.id, { idempotency });
      const second = await ask(rig, theirs.id, { idempotency, tenantId: OTHER_TENANT });
      expect(second.replayed).toBe(false);
      expect(second.record.id).not.toBe(first.record.id);
    });
  });

  describe('an Idempotency-Key', () => {
    const idempotency = { key: 'key-1', fingerprint: 'body-1' };

    test('gives the same body the same answer again, and no second refresh', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const first = await ask(rig, id, { idempotency });
      await runDue(rig);
      const again = await ask(rig, id, { idempotency });
      expect(again).toEqual({ ...first, replayed: true, effects: [] });
      expect(await allTasks(rig)).toHaveLength(1);
    });

    test('gives a refusal again, too', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ status: 'RECONNECT_REQUIRED' }));
      const first = await ask(rig, id, { idempotency });
      expect(await ask(rig, id, { idempotency })).toMatchObject({ record: { id: first.record.id }, replayed: true });
    });

    test('with another body is a mismatch, and writes nothing', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      await ask(rig, id, { idempotency });
      const before = rig.written();
      const other = { ...idempotency, fingerprint: 'body-2' };
      expect(await requestRefresh(rig.engine, command(id, { idempotency: other }))).toMatchObject({ kind: 'mismatch' });
      expect(rig.written()).toBe(before);
    });

    test('is forgotten after 24 hours, and not a moment before', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const first = await ask(rig, id, { idempotency });
      rig.clock.advance(DAY - 1);
      expect(await ask(rig, id, { idempotency })).toMatchObject({ replayed: true });
      rig.clock.advance(1);
      const later = await ask(rig, id, { idempotency: { ...idempotency, fingerprint: 'body-2' } });
      expect(later).toMatchObject({ replayed: false, record: { verdict: 'join', taskId: first.task?.id } });
      expect(await ask(rig, id, { idempotency: { ...idempotency, fingerprint: 'body-2' } })).toMatchObject({
        replayed: true,
        record: { id: later.record.id },
      });
    });

    test('used twice at once makes one decision', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const both = await Promise.all([ask(rig, id, { idempotency }), ask(rig, id, { idempotency })]);
      expect(both.map(({ replayed }) => replayed).toSorted()).toEqual([false, true]);
      expect(new Set(both.map(({ record }) => record.id)).size).toBe(1);
    });
  });

  describe('a preview', () => {
    test('decides as the request would, and writes nothing', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const before = rig.written();
      const preview = await previewRefresh(rig.engine, command(id));
      expect(rig.written()).toBe(before);
      expect(await allTasks(rig)).toEqual([]);
      const { record } = await ask(rig, id);
      expect(preview).toMatchObject({ kind: 'decided', record: { decision: record.decision, facts: record.facts } });
      expect(rig.written()).toBeGreaterThan(before);
    });
  });

  describe('a kept decision', () => {
    test('is made again from its facts by the policy that it names', async () => {
      const rig = newRig({ policyFile: NEARLY_TWO });
      const [first, second, broken] = await bringIn(rig, [mxRow(), mxRow(), mxRow({ status: 'UNRECOVERABLE' })]);
      const asked = [
        await ask(rig, first?.id as ConnectionId),
        await ask(rig, first?.id as ConnectionId, { request: { products: ['BALANCES'] } }),
        await ask(rig, second?.id as ConnectionId, { request: { mode: 'auto', maxAgeMs: HOUR } }),
        await ask(rig, broken?.id as ConnectionId),
      ];
      const book = rebuildPolicyBook(rig.engine.policies.archive);
      expect(asked.map(({ record }) => record.verdict)).toEqual(['force', 'join', 'wait', 'refuse']);
      for (const { record } of asked) {
        const kept = await rig.store.read('decision', { tenantId: TENANT, id: record.id });
        const facts = kept?.facts as RefreshFacts;
        const { connector, provider, institutionId } = facts.asked;
        const connectionId = record.connectionId;
        const policy = book.policyFor({ tenantId: TENANT, connector, provider, institutionId, connectionId });
        expect(policy.version).toBe(record.policyVersion);
        expect(decideRefresh(facts, kept?.request ?? request(), policy)).toEqual(record.decision);
      }
    });

    test('never holds what is secret', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ credentials: { accessToken: 'top-secret' } }));
      const { record } = await ask(rig, id, { presence: CUSTOMER });
      expect(JSON.stringify(record)).not.toContain('top-secret');
      expect(JSON.stringify(record)).not.toContain(CUSTOMER.ip);
      expect((await connectionOf(rig, id)).credentials).toContain('top-secret');
    });
  });
};

import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { ConnectionId, RefreshAnswer, TaskId } from '@freshet/domain';
import type { Report } from '@freshet/policy';
import { cancelTask, deleteConnection, reportOutcome, runTask, setProviderPaused } from '../index.js';
import {
  akoyaRow,
  ask,
  bringIn,
  bringInOne,
  budRow,
  connectionOf,
  deliver,
  CUSTOMER,
  force,
  kindsOf,
  ledgerOf,
  MORNING,
  mxRow,
  OTHER_TENANT,
  pass,
  pullOf,
  rigsOver,
  runDue,
  statusOf,
  step,
  taskOf,
  TENANT,
  UNTOLD,
  withConnector,
  type OpenStore,
  type Rig,
} from './rig.js';

const DONE = { kind: 'done', asOf: MORNING, newData: true } as const;
const DOWN: RefreshAnswer = { kind: 'unavailable', who: 'provider', retryAt: null, message: 'down' };
/** A report of which nothing is told. */
const NOBODY = 'task_00000000-0000-7000-8000-000000000000' as TaskId;

const presences = (rig: Rig): readonly unknown[] => rig.meld.callsOf('refresh').map(({ presence }) => presence);

/** May be refreshed only while the customer is there. */
const attendedOnly = () => mxRow({ status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' });

export const presenceStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('the customer’s presence', () => {
    test('reaches the provider with the call that they caused, and is erased as it is sent', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id, { presence: CUSTOMER });
      const kept = await pullOf(rig, task);
      expect(kept).toMatchObject({ attended: true, presenceUntil: MORNING + 5 * MINUTE });
      expect(kept.presence).toContain('sealed');
      rig.meld.script({
        refresh: [
          async () => {
            expect(await pullOf(rig, task)).toMatchObject({ attended: true, presence: null, presenceUntil: null });
            return DONE;
          },
        ],
      });
      expect(await step(rig, task.id)).toMatchObject({ state: 'succeeded' });
      expect(presences(rig)).toEqual([CUSTOMER]);
    });

    test('does not open for another task', async () => {
      const rig = newRig();
      const [mine, theirs] = await bringIn(rig, [mxRow(), mxRow()]);
      const present = await force(rig, mine?.id as ConnectionId, { presence: CUSTOMER });
      const absent = await force(rig, theirs?.id as ConnectionId);
      const { presence, presenceUntil } = await pullOf(rig, present);
      const moved = { do: 'update', record: 'pull', id: absent.pullId, set: { presence, presenceUntil } } as const;
      await rig.store.turn(
        function* () {},
        () => ({ effects: [moved] }),
      );
      await step(rig, absent.id);
      expect(presences(rig)).toEqual([null]);
    });

    test('is not sent a second time: the call that is made again is an unattended one', async () => {
      const rig = newRig({ meld: { refresh: [DOWN, DONE] } });
      const { id } = await bringInOne(rig);
      const task = await force(rig, id, { presence: CUSTOMER });
      await pass(rig, MINUTE, SECOND);
      const ended = await taskOf(rig, task.id);
      expect(ended).toMatchObject({ state: 'succeeded', attempts: 2 });
      expect(presences(rig)).toEqual([CUSTOMER, null]);
      expect((await pullOf(rig, ended)).attended).toBe(false);
    });

    test('once over, leaves an unattended call that waits for its place among the unattended ones', async () => {
      const one = { match: { provider: 'BUD' }, set: { coalesces: null, limits: { 'psd2-unattended': { count: 1 } } } };
      const rig = newRig({
        policyFile: { version: 1, overrides: [one] },
        bud: { refresh: [DONE, DOWN, DONE] },
      });
      const { id } = await bringInOne(rig, budRow());
      expect((await step(rig, (await force(rig, id)).id)).state).toBe('succeeded');
      const task = await force(rig, id, { presence: CUSTOMER });
      await pass(rig, HOUR);
      expect(rig.bud.callsOf('refresh').map(({ presence }) => presence)).toEqual([null, CUSTOMER]);
      await pass(rig, 23 * HOUR, 10 * MINUTE);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded', attempts: 2 });
    });

    test('of one who joins is not passed with the call that another caused', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      await force(rig, id);
      await ask(rig, id, { presence: CUSTOMER });
      await runDue(rig);
      expect(presences(rig)).toEqual([null]);
    });

    test('is over after five minutes: the call goes out without it', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id, { presence: CUSTOMER });
      rig.clock.advance(5 * MINUTE);
      await step(rig, task.id);
      expect(presences(rig)).toEqual([null]);
      expect((await pullOf(rig, task)).attended).toBe(false);
    });

    test('a moment before is still sent', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id, { presence: CUSTOMER });
      rig.clock.advance(5 * MINUTE - 1);
      await step(rig, task.id);
      expect(presences(rig)).toEqual([CUSTOMER]);
    });

    test('is not kept longer than that where its provider is paused', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id, { presence: CUSTOMER });
      await setProviderPaused(rig.engine, TENANT, 'MX', true);
      await pass(rig, 4 * MINUTE, 10 * SECOND);
      expect((await pullOf(rig, task)).presence).not.toBeNull();
      await pass(rig, MINUTE, 10 * SECOND);
      expect((await taskOf(rig, task.id)).state).toBe('queued');
      expect(await pullOf(rig, task)).toMatchObject({ presence: null, presenceUntil: null });
    });

    test.each([
      [1, CUSTOMER],
      [10, null],
    ])('is kept for a second try only where that comes in time: in %i minutes', async (minutes, presence) => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id, { presence: CUSTOMER });
      const neverSent = withConnector(rig.engine, {
        ...rig.meld,
        refresh: async () => ({ ...DOWN, retryAt: MORNING + minutes * MINUTE }),
      });
      await runTask(neverSent, TENANT, task.id);
      const waiting = await pullOf(rig, await taskOf(rig, task.id));
      expect(waiting.presence === null).toBe(presence === null);
      await pass(rig, minutes * MINUTE, 10 * SECOND);
      expect(presences(rig)).toEqual([presence]);
    });

    test('ends a task that needs it with it: expired, its money free, nothing sent', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, attendedOnly());
      const task = await force(rig, id, { presence: CUSTOMER });
      await setProviderPaused(rig.engine, TENANT, 'MX', true);
      await pass(rig, 5 * MINUTE - 10 * SECOND, 10 * SECOND);
      expect((await taskOf(rig, task.id)).state).toBe('queued');
      await pass(rig, 10 * SECOND);
      const ended = await taskOf(rig, task.id);
      expect(ended).toMatchObject({ state: 'expired', error: { kind: 'expired' }, charge: 'released' });
      expect(kindsOf(await ledgerOf(rig, ended))).toEqual(['reserved', 'released']);
      expect((await pullOf(rig, ended)).presence).toBeNull();
      await setProviderPaused(rig.engine, TENANT, 'MX', false);
      await pass(rig, HOUR);
      expect(presences(rig)).toEqual([]);
    });

    test('once sent is not there for a second try: a task that needs it ends expired', async () => {
      const rig = newRig({ meld: { refresh: [DOWN] } });
      const { id } = await bringInOne(rig, attendedOnly());
      const task = await force(rig, id, { presence: CUSTOMER });
      await pass(rig, MINUTE, SECOND);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'expired', attempts: 1, charge: 'released' });
      expect(presences(rig)).toEqual([CUSTOMER]);
    });
  });
};

export const permitStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('a permit for the caller’s own read', () => {
    const permit = async (rig: Rig) => {
      const { id } = await bringInOne(rig, akoyaRow());
      return { id, task: await force(rig, id) };
    };
    const BROUGHT = { outcome: 'done', asOf: MORNING, newData: true } as const;
    const report = (rig: Rig, id: TaskId, told: Partial<Report>, tenantId = TENANT) =>
      reportOutcome(rig.engine, tenantId, id, { ...UNTOLD, ...told });

    test('is given at once, reserved like any other task, and no connector is called', async () => {
      const rig = newRig();
      const { id, task } = await permit(rig);
      expect(task).toMatchObject({ executor: 'caller', state: 'running', charge: 'reserved', attempts: 1 });
      expect((await pullOf(rig, task)).state).toBe('sent');
      expect(kindsOf(await ledgerOf(rig, task))).toEqual(['reserved']);
      expect(await ask(rig, id)).toMatchObject({ record: { verdict: 'join', taskId: task.id } });
      await pass(rig, 10 * MINUTE);
      expect(rig.meld.calls).toEqual([]);
    });

    test('never keeps the customer’s address: nothing of ours would send it', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, akoyaRow());
      const task = await force(rig, id, { presence: CUSTOMER });
      expect(await pullOf(rig, task)).toMatchObject({ attended: true, presence: null });
    });

    test.each([
      [BROUGHT, 'succeeded', 'charged', 'ACTIVE'],
      [{ outcome: 'partial', asOf: MORNING }, 'partial', 'charged', 'PARTIALLY_ACTIVE/PARTIAL_AGGREGATION_SUCCESS'],
      [{ outcome: 'limited', retryAt: MORNING + HOUR }, 'failed', 'uncertain', 'ACTIVE'],
      [{ outcome: 'unavailable', code: '501' }, 'failed', 'uncertain', 'DEGRADED/INSTITUTION_CURRENTLY_UNAVAILABLE'],
      [{ outcome: 'customer-needed' }, 'reconnect_required', 'uncertain', 'DEGRADED/INTERACTIVE_REFRESH'],
      [{ outcome: 'refused' }, 'failed', 'uncertain', 'ACTIVE'],
      [{ code: '602' }, 'reconnect_required', 'uncertain', 'RECONNECT_REQUIRED/TOKEN_EXPIRED'],
      [{ httpStatus: 401, code: '602' }, 'reconnect_required', 'uncertain', 'RECONNECT_REQUIRED/TOKEN_EXPIRED'],
      [{ code: '601' }, 'reconnect_required', 'uncertain', 'RECONNECT_REQUIRED/OTHER'],
      [{ httpStatus: 503 }, 'failed', 'uncertain', 'DEGRADED/SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE'],
      [{ httpStatus: 429, code: '1207' }, 'failed', 'uncertain', 'ACTIVE'],
    ] as [Partial<Report>, string, string, string][])('reported as %j ends', async (told, state, charge, status) => {
      const rig = newRig();
      const { id, task } = await permit(rig);
      rig.clock.advance(MINUTE);
      expect(await report(rig, task.id, told)).toMatchObject({ kind: 'done', task: { state, charge } });
      expect(await statusOf(rig, id)).toBe(status);
      expect(kindsOf(await ledgerOf(rig, task))).toEqual(['reserved', charge]);
    });

    test.each([{}, { code: '999' }, { newData: true }] as Partial<Report>[])(
      'reported as %j has not been reported: nobody can tell what became of it',
      async (told) => {
        const rig = newRig();
        const { task } = await permit(rig);
        const before = rig.written();
        expect(await report(rig, task.id, told)).toEqual({ kind: 'unclear' });
        expect(rig.written()).toBe(before);
        expect(await report(rig, task.id, BROUGHT)).toMatchObject({ kind: 'done' });
      },
    );

    test('reported partial makes fresh what it names, and nothing else', async () => {
      const rig = newRig();
      const { id, task } = await permit(rig);
      await report(rig, task.id, { httpStatus: 206, asOf: MORNING, products: ['BALANCES'] });
      expect((await connectionOf(rig, id)).freshness).toEqual({ BALANCES: MORNING, TRANSACTIONS: MORNING - 12 * HOUR });
    });

    test('reported limited closes what it names', async () => {
      const rig = newRig();
      const { id, task } = await permit(rig);
      const { id: other } = await bringInOne(rig, akoyaRow());
      await report(rig, task.id, { httpStatus: 429, retryAt: MORNING + HOUR, scope: 'institution' });
      for (const each of [id, other])
        expect(await ask(rig, each)).toMatchObject({ record: { decision: { retryAt: MORNING + HOUR } } });
    });

    test.each([
      ['PLAID', 'plaid'],
      ['PLAID', 'nobody-knows-it'],
      ['MX', 'meld'],
    ])('is the same for %s through %s, where an override says that its team reads', async (provider, connector) => {
      const set = { forced: { executor: 'caller' } };
      const rig = newRig({ policyFile: { version: 1, overrides: [{ match: { provider }, set }] } });
      const { id } = await bringInOne(rig, mxRow({ connector, provider }));
      const task = await force(rig, id, { presence: CUSTOMER });
      expect(task).toMatchObject({ executor: 'caller', state: 'running', attended: true, connector });
      expect(await report(rig, task.id, BROUGHT)).toMatchObject({ kind: 'done', task: { state: 'succeeded' } });
      expect((await connectionOf(rig, id)).lastSuccessAt).toBe(MORNING);
      rig.clock.advance(4 * HOUR);
      const second = await force(rig, id);
      await report(rig, second.id, { httpStatus: 401 });
      expect(await statusOf(rig, id)).toBe('RECONNECT_REQUIRED/TOKEN_EXPIRED');
      expect(await deleteConnection(rig.engine, TENANT, id)).toMatchObject({ kind: 'done' });
      expect(rig.meld.callsOf('refresh')).toEqual([]);
    });

    test('does not keep from being fresh what the provider tells while it is open', async () => {
      const set = { forced: { executor: 'caller' } };
      const rig = newRig({ policyFile: { version: 1, overrides: [{ match: { provider: 'MX' }, set }] } });
      const { id, externalId } = await bringInOne(rig);
      const task = await force(rig, id);
      const before = await pullOf(rig, task);
      rig.clock.advance(2 * MINUTE);
      const at = MORNING + MINUTE;
      const told = { kind: 'aggregated', externalId, at, products: ['TRANSACTIONS'], newData: true } as const;
      await deliver(rig, 'e1', told);
      expect(await connectionOf(rig, id)).toMatchObject({ lastSuccessAt: at, freshness: { TRANSACTIONS: at } });
      expect(await pullOf(rig, task)).toEqual(before);
      expect(await report(rig, task.id, { ...BROUGHT, asOf: at })).toMatchObject({
        kind: 'done',
        task: { state: 'succeeded', charge: 'charged' },
      });
    });

    test('reported done makes the data fresh; reported limited closes the connection until then', async () => {
      const rig = newRig();
      const first = await permit(rig);
      await report(rig, first.task.id, BROUGHT);
      expect((await connectionOf(rig, first.id)).freshness).toEqual({ BALANCES: MORNING, TRANSACTIONS: MORNING });
      const second = await permit(rig);
      await report(rig, second.task.id, { outcome: 'limited', retryAt: MORNING + HOUR });
      expect(await ask(rig, second.id)).toMatchObject({
        record: { decision: { refusal: 'rate-limited', retryAt: MORNING + HOUR } },
      });
    });

    test('reported limited by a code closes what the catalogue says, until what is spent comes back', async () => {
      const gocardless = { ...budRow(), connector: 'gocardless', provider: 'GOCARDLESS' };
      const rig = newRig();
      const { id } = await bringInOne(rig, gocardless);
      const { id: other } = await bringInOne(rig, { ...gocardless, externalId: 'other-requisition' });
      const block = async (said: string): Promise<void> => {
        const { task } = await ask(rig, id);
        await report(rig, task?.id as TaskId, { outcome: 'limited', code: said });
      };
      await block('Rate limit exceeded: try again later');
      expect(await ask(rig, other)).toMatchObject({ record: { decision: { retryAt: MORNING + MINUTE } } });
      rig.clock.advance(MINUTE);
      await block('RateLimitError');
      expect(await ask(rig, id)).toMatchObject({ record: { decision: { retryAt: MORNING + MINUTE + DAY } } });
      expect(await ask(rig, other)).toMatchObject({ record: { verdict: 'force' } });
    });

    test('is reported once', async () => {
      const rig = newRig();
      const { task } = await permit(rig);
      await report(rig, task.id, BROUGHT);
      const before = rig.written();
      expect(await report(rig, task.id, { outcome: 'refused' })).toMatchObject({
        kind: 'not-allowed',
        task: { state: 'succeeded' },
      });
      expect(rig.written()).toBe(before);
    });

    test('that nobody reports ends after thirty minutes, its money uncertain', async () => {
      const rig = newRig();
      const { id, task } = await permit(rig);
      await pass(rig, 29 * MINUTE);
      expect((await taskOf(rig, task.id)).state).toBe('running');
      await pass(rig, MINUTE);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'failed', charge: 'uncertain' });
      expect(await ask(rig, id)).toMatchObject({ record: { verdict: 'force' } });
    });

    test('is nobody else’s to report, and no task of the engine’s is a caller’s', async () => {
      const rig = newRig();
      const { task } = await permit(rig);
      const { id } = await bringInOne(rig);
      const engines = await force(rig, id);
      expect(await report(rig, task.id, BROUGHT, OTHER_TENANT)).toEqual({ kind: 'not-found' });
      expect(await report(rig, NOBODY, BROUGHT)).toEqual({ kind: 'not-found' });
      expect(await report(rig, engines.id, BROUGHT)).toMatchObject({ kind: 'not-allowed' });
      expect((await taskOf(rig, task.id)).state).toBe('running');
    });
  });

  describe('cancelling a task', () => {
    test('that is queued frees its place and its money, and nothing is sent', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id, { presence: CUSTOMER });
      expect(await cancelTask(rig.engine, TENANT, task.id)).toMatchObject({
        kind: 'done',
        task: { state: 'cancelled', charge: 'released' },
      });
      expect(await pullOf(rig, task)).toMatchObject({ state: 'released', presence: null });
      expect(kindsOf(await ledgerOf(rig, task))).toEqual(['reserved', 'released']);
      await pass(rig, HOUR);
      expect(rig.meld.calls).toEqual([]);
      expect(await ask(rig, id)).toMatchObject({ record: { verdict: 'force' } });
    });

    test('that runs, or has ended, is not allowed: it may have been billed', async () => {
      const rig = newRig({ meld: { progress: [DONE] } });
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      await runDue(rig);
      expect(await cancelTask(rig.engine, TENANT, task.id)).toMatchObject({ kind: 'not-allowed' });
      await pass(rig, MINUTE);
      expect(await cancelTask(rig.engine, TENANT, task.id)).toMatchObject({
        kind: 'not-allowed',
        task: { state: 'succeeded' },
      });
    });

    test('of a permit is not allowed: its caller may be reading', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, akoyaRow());
      const task = await force(rig, id);
      expect(await cancelTask(rig.engine, TENANT, task.id)).toMatchObject({ kind: 'not-allowed' });
    });

    test('of another tenant, or of none, finds nothing', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      expect(await cancelTask(rig.engine, OTHER_TENANT, task.id)).toMatchObject({ kind: 'not-found' });
      expect(await cancelTask(rig.engine, TENANT, NOBODY)).toMatchObject({ kind: 'not-found' });
      expect((await taskOf(rig, task.id)).state).toBe('queued');
    });
  });
};

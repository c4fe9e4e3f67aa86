import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { ChangeAnswer, ConnectionId, LinkAnswer, RefreshAnswer } from '@freshet/domain';
import type { Script } from '@freshet/ports/memory';
import {
  addProducts,
  deleteConnection,
  describeConnection,
  expireAbandonedConnects,
  forgetIdempotency,
  lookAtRepairs,
  repairConnection,
  setProviderPaused,
  type ImportRow,
} from '../index.js';
import {
  akoyaRow,
  allConnections,
  ask,
  bringIn,
  bringInOne,
  bringInTwins,
  budRow,
  connectionOf,
  CUSTOMER,
  deliver,
  force,
  historyOf,
  kindsOf,
  ledgerOf,
  MORNING,
  mxRow,
  OTHER_TENANT,
  pass,
  rigsOver,
  runDue,
  statusOf,
  taskOf,
  TENANT,
  withConnector,
  type OpenStore,
  type Rig,
  type RigOptions,
} from './rig.js';

const DONE = { kind: 'done', asOf: MORNING, newData: true } as const;

const notDone: readonly (readonly [answer: Extract<LinkAnswer, ChangeAnswer>, why: object])[] = [
  [
    { kind: 'refused', message: 'no' },
    { why: 'refused', message: 'no', retryAt: null },
  ],
  [
    { kind: 'limited', until: MORNING + HOUR, scope: 'provider' },
    { why: 'limited', retryAt: MORNING + HOUR },
  ],
  [
    { kind: 'unavailable', who: 'provider', retryAt: MORNING + MINUTE, message: 'down' },
    { why: 'unavailable', retryAt: MORNING + MINUTE },
  ],
  [
    { kind: 'unknown', message: 'no reply' },
    { why: 'unknown', retryAt: null },
  ],
];

const operations = {
  repair: (rig: Rig, id: ConnectionId, tenantId = TENANT) => repairConnection(rig.engine, tenantId, id),
  addProducts: (rig: Rig, id: ConnectionId, tenantId = TENANT) => addProducts(rig.engine, tenantId, id, ['OWNERS']),
  delete: (rig: Rig, id: ConnectionId, tenantId = TENANT) => deleteConnection(rig.engine, tenantId, id),
} as const;

type OperationName = keyof typeof operations;
const names = Object.keys(operations) as OperationName[];

/** A status that forbids it. */
const forbidden: Readonly<Record<OperationName, string>> = {
  repair: 'ACTIVE',
  addProducts: 'EXPIRED',
  delete: 'DELETED',
};

const repairStories = (newRig: ReturnType<typeof rigsOver>): void => {
  describe('a repair', () => {
    test('is a page for the customer; the status stays until they have been there', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' }));
      expect(await repairConnection(rig.engine, TENANT, id)).toMatchObject({
        kind: 'link',
        link: { connectUrl: 'https://widget.example/repair' },
      });
      expect(await statusOf(rig, id)).toBe('RECONNECT_REQUIRED/LOGIN_REQUIRED');
    });

    const broken = { status: 'RECONNECT_REQUIRED', reason: 'LOGIN_REQUIRED', at: null };
    const sent = async (capabilities: { showsRepair: boolean }, ...status: NonNullable<Script['status']>) => {
      const rig = newRig({ meld: { capabilities, status } });
      const { id } = await bringInOne(rig, mxRow({ status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' }));
      await repairConnection(rig.engine, TENANT, id);
      return { rig, id };
    };
    const looks = ({ meld }: Rig): number => meld.callsOf('status').length;

    test('that no webhook tells of is seen by a look, and then nobody looks any more', async () => {
      const { rig, id } = await sent({ showsRepair: true }, broken, { status: 'ACTIVE', reason: null, at: null });
      rig.clock.advance(30 * SECOND - 1);
      expect(await lookAtRepairs(rig.engine, 9)).toBe(0);
      rig.clock.advance(1);
      expect(await lookAtRepairs(rig.engine, 9)).toBe(1);
      expect(await statusOf(rig, id)).toBe('RECONNECT_REQUIRED/LOGIN_REQUIRED');
      rig.clock.advance(MINUTE);
      await lookAtRepairs(rig.engine, 9);
      expect([await statusOf(rig, id), looks(rig)]).toEqual(['ACTIVE', 2]);
      for (let hour = 0; hour < 6; hour += 1) {
        rig.clock.advance(HOUR);
        await lookAtRepairs(rig.engine, 9);
      }
      expect(looks(rig)).toBe(2);
    });

    test('that does not come is looked for some hours, ever less often', async () => {
      const { rig, id } = await sent({ showsRepair: true }, broken);
      for (let minute = 0; minute < 12 * 60; minute += 1) {
        rig.clock.advance(MINUTE);
        await lookAtRepairs(rig.engine, 9);
      }
      expect(looks(rig)).toBeGreaterThan(10);
      expect(looks(rig)).toBeLessThan(40);
      expect(await statusOf(rig, id)).toBe('RECONNECT_REQUIRED/LOGIN_REQUIRED');
      expect(await rig.store.read('dueStatusLooks', { now: rig.clock.now() + DAY, limit: 9 })).toEqual([]);
    });

    test('is not looked for where the connector shows less than is known', async () => {
      const { rig, id } = await sent({ showsRepair: false }, { status: 'ACTIVE', reason: null, at: null });
      rig.clock.advance(HOUR);
      expect(await lookAtRepairs(rig.engine, 9)).toBe(0);
      expect([await statusOf(rig, id), looks(rig)]).toEqual(['RECONNECT_REQUIRED/LOGIN_REQUIRED', 0]);
    });

    test('that is told of while it is looked for is not undone by what the look had seen', async () => {
      const { rig, id } = await sent({ showsRepair: true }, broken);
      const { externalId } = await connectionOf(rig, id);
      rig.clock.advance(MINUTE);
      const status = async () => {
        rig.clock.advance(SECOND);
        const at = rig.clock.now();
        await deliver(rig, 'repaired', { kind: 'link-completed', externalId, at, providerConnectionId: null });
        rig.clock.advance(SECOND);
        return broken;
      };
      await lookAtRepairs(withConnector(rig.engine, { ...rig.meld, status }), 9);
      expect(await statusOf(rig, id)).toBe('ACTIVE');
    });
  });
};

export const changeStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe.each(names)('the operation %s', (name) => {
    const operate = operations[name];

    test.each(notDone)('does nothing where the provider answers %j', async (answer, why) => {
      const rig = newRig({ meld: { [name]: [answer] } });
      const { id } = await bringInOne(rig, mxRow({ status: 'DEGRADED' }));
      const before = [await connectionOf(rig, id), rig.written()];
      expect(await operate(rig, id)).toMatchObject({ kind: 'failed', ...why });
      expect([await connectionOf(rig, id), rig.written()]).toEqual(before);
    });

    test('does nothing where the status forbids it, and asks nobody', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ status: forbidden[name] }));
      const before = rig.written();
      expect(await operate(rig, id)).toMatchObject({ kind: 'not-allowed', connection: { id } });
      expect(rig.written()).toBe(before);
      expect(rig.meld.calls).toEqual([]);
    });

    test('finds no connection of another tenant', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ status: 'DEGRADED' }));
      expect(await operate(rig, id, OTHER_TENANT)).toEqual({ kind: 'not-found' });
      expect(rig.meld.calls).toEqual([]);
    });

    test('says so where nobody can carry it out', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ connector: 'mx', status: 'DEGRADED' }));
      const before = rig.written();
      expect(await operate(rig, id)).toMatchObject({ kind: 'connector-off', connector: 'mx' });
      expect(rig.written()).toBe(before);
    });

    test('whose connector fails by a bug is unknown', async () => {
      const rig = newRig({ meld: { [name]: [() => Promise.reject(new Error('a bug'))] } });
      const { id } = await bringInOne(rig, mxRow({ status: 'DEGRADED' }));
      expect(await operate(rig, id)).toMatchObject({ kind: 'failed', why: 'unknown' });
      expect(rig.warnings).toMatchObject([{ message: 'a connector threw', facts: { operation: name } }]);
    });
  });

  repairStories(newRig);

  describe('adding products', () => {
    test('asks for those that are not granted, and their first pull counts', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      expect(await addProducts(rig.engine, TENANT, id, ['BALANCES', 'OWNERS'])).toMatchObject({
        kind: 'done',
        connection: { products: ['BALANCES', 'TRANSACTIONS', 'OWNERS'] },
      });
      expect(rig.meld.callsOf('addProducts')).toMatchObject([{ products: ['OWNERS'] }]);
      expect(await ask(rig, id)).toMatchObject({
        record: { decision: { refusal: 'rate-limited', retryAt: MORNING + 3 * HOUR } },
      });
    });

    test('that are granted already asks nobody', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const before = rig.written();
      expect(await addProducts(rig.engine, TENANT, id, ['BALANCES'])).toMatchObject({ kind: 'done' });
      expect(rig.meld.calls).toEqual([]);
      expect(rig.written()).toBe(before);
    });

    test('twice at once grants them once', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      await Promise.all([1, 2].map(() => addProducts(rig.engine, TENANT, id, ['OWNERS'])));
      expect((await connectionOf(rig, id)).products).toEqual(['BALANCES', 'TRANSACTIONS', 'OWNERS']);
    });

    test('to a connection that the provider no longer knows is refused', async () => {
      const rig = newRig({ meld: { addProducts: [{ kind: 'gone' }] } });
      const { id } = await bringInOne(rig);
      expect(await addProducts(rig.engine, TENANT, id, ['OWNERS'])).toMatchObject({ kind: 'failed', why: 'refused' });
      expect((await connectionOf(rig, id)).products).not.toContain('OWNERS');
    });
  });

  describe('deleting a connection', () => {
    test.each([{ kind: 'accepted' }, { kind: 'gone' }] as ChangeAnswer[])(
      'severs it at the provider (%j), then here: it stays readable, without its secrets',
      async (answer) => {
        const rig = newRig({ meld: { delete: [answer] } });
        const { id, externalId } = await bringInOne(rig, mxRow({ credentials: { token: 't' } }));
        expect(await deleteConnection(rig.engine, TENANT, id)).toMatchObject({
          kind: 'done',
          connection: { status: 'DELETED', active: false, credentials: null },
        });
        expect(rig.meld.callsOf('delete')).toMatchObject([{ externalId, credentials: { token: 't' } }]);
        expect((await historyOf(rig, id)).at(-1)).toMatchObject({ event: 'deleted', toStatus: 'DELETED' });
        expect(await deleteConnection(rig.engine, TENANT, id)).toMatchObject({ kind: 'not-allowed' });
      },
    );

    test('that its caller reads needs no connector: whose grant it is revokes it at the provider', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, akoyaRow({ credentials: { token: 't' } }));
      const task = await force(rig, id);
      expect(await deleteConnection(rig.engine, TENANT, id)).toMatchObject({
        kind: 'done',
        connection: { status: 'DELETED', active: false, credentials: null },
      });
      expect((await taskOf(rig, task.id)).state).toBe('running');
      expect(rig.meld.calls).toEqual([]);
      expect(await deleteConnection(rig.engine, TENANT, id)).toMatchObject({ kind: 'not-allowed' });
    });

    test('cancels its queued refresh, and frees what that holds', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await force(rig, id, { presence: CUSTOMER });
      await deleteConnection(rig.engine, TENANT, id);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'cancelled', charge: 'released' });
      expect(kindsOf(await ledgerOf(rig, task))).toEqual(['reserved', 'released']);
      await pass(rig, HOUR);
      expect(rig.meld.callsOf('refresh')).toEqual([]);
    });

    test('leaves its running refresh, whose outcome then touches only the ledger', async () => {
      const rig = newRig({ meld: { progress: [DONE] } });
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      await runDue(rig);
      await deleteConnection(rig.engine, TENANT, id);
      const deleted = await connectionOf(rig, id);
      await pass(rig, MINUTE);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded', charge: 'charged' });
      expect(await connectionOf(rig, id)).toEqual(deleted);
    });

    test('leaves the credentials that its running refresh is looked for with, until that ends', async () => {
      const rig = newRig({ bud: { progress: [{ kind: 'pending' }, DONE] } });
      const { id } = await bringInOne(rig, budRow({ credentials: { secret: 's' } }));
      const task = await force(rig, id);
      await runDue(rig);
      await deleteConnection(rig.engine, TENANT, id);
      expect((await connectionOf(rig, id)).credentials).not.toBeNull();
      await pass(rig, 2 * MINUTE);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded', charge: 'charged' });
      expect(rig.bud.callsOf('progress').map(({ credentials }) => credentials)).toEqual([
        { secret: 's' },
        { secret: 's' },
      ]);
      expect((await connectionOf(rig, id)).credentials).toBeNull();
    });

    test('of the active twin promotes the most recently refreshed of the rest, with its last status', async () => {
      const rig = newRig();
      const [first, second, third] = await bringIn(rig, [
        mxRow({ providerConnectionId: 'm', status: 'DEGRADED', statusReason: 'INSTITUTION_ACTION_REQUIRED' }),
        mxRow({ providerConnectionId: 'm', lastSuccessAt: MORNING - 3 * DAY }),
        mxRow({ providerConnectionId: 'm', lastSuccessAt: MORNING - 2 * DAY }),
      ]);
      await deleteConnection(rig.engine, TENANT, first?.id as ConnectionId);
      expect(await statusOf(rig, third?.id as ConnectionId)).toBe('DEGRADED/INSTITUTION_ACTION_REQUIRED');
      expect(await statusOf(rig, second?.id as ConnectionId)).toBe('PARTIALLY_ACTIVE/INACTIVE_DUPLICATE');
      const active = (await allConnections(rig)).filter((one) => one.active);
      expect(active.map(({ id }) => id)).toEqual([third?.id]);
    });

    test('of an inactive twin changes nothing for the others, nor for their refresh', async () => {
      const rig = newRig();
      const [active, twin] = await bringInTwins(rig, 2);
      const task = await force(rig, active?.id as ConnectionId);
      const before = await connectionOf(rig, active?.id as ConnectionId);
      await deleteConnection(rig.engine, TENANT, twin?.id as ConnectionId);
      expect(await connectionOf(rig, active?.id as ConnectionId)).toEqual(before);
      expect((await taskOf(rig, task.id)).state).toBe('queued');
    });

    test('twice at once is done once', async () => {
      const rig = newRig();
      const [active] = await bringInTwins(rig, 3);
      await Promise.all([1, 2].map(() => deleteConnection(rig.engine, TENANT, active?.id as ConnectionId)));
      expect(
        (await historyOf(rig, active?.id as ConnectionId)).filter(({ event }) => event === 'deleted'),
      ).toHaveLength(1);
      expect((await allConnections(rig)).filter((one) => one.active)).toHaveLength(1);
    });
  });

  describe('pausing a provider', () => {
    test('holds back its own connections, of this tenant', async () => {
      const rig = newRig();
      const [mx, plaid] = await bringIn(rig, [mxRow(), mxRow({ provider: 'PLAID' })]);
      const theirs = await bringInOne(rig, mxRow(), OTHER_TENANT);
      await setProviderPaused(rig.engine, TENANT, 'MX', true);
      expect(await ask(rig, mx?.id as ConnectionId)).toMatchObject({
        record: { decision: { refusal: 'provider-closed', retryAt: null } },
      });
      expect(await ask(rig, plaid?.id as ConnectionId)).toMatchObject({ record: { verdict: 'force' } });
      expect(await ask(rig, theirs.id, { tenantId: OTHER_TENANT })).toMatchObject({ record: { verdict: 'force' } });
    });

    test('and opening may be said twice', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      for (const paused of [true, true, false, false]) await setProviderPaused(rig.engine, TENANT, 'MX', paused);
      expect(await ask(rig, id)).toMatchObject({ record: { verdict: 'force' } });
    });
  });

  describe('upkeep', () => {
    test('expires a connect that nobody completed in four hours, and not before', async () => {
      const rig = newRig();
      const linking = { status: 'IN_PROGRESS', lastSuccessAt: undefined };
      const [abandoned, later, done] = await bringIn(rig, [
        mxRow(linking),
        mxRow({ ...linking, connectedAt: MORNING + MINUTE }),
        mxRow(),
      ]);
      rig.clock.set(MORNING + 4 * HOUR - 1);
      await expireAbandonedConnects(rig.engine, 10);
      expect(await statusOf(rig, abandoned?.id as ConnectionId)).toBe('IN_PROGRESS');
      rig.clock.advance(SECOND);
      await expireAbandonedConnects(rig.engine, 10);
      const statuses = [abandoned, later, done].map((one) => statusOf(rig, one?.id as ConnectionId));
      expect(await Promise.all(statuses)).toEqual(['EXPIRED', 'IN_PROGRESS', 'ACTIVE']);
    });

    test.each<[string, Script['status'], string]>([
      ['is complete there, though nobody told of it', [{ status: 'ACTIVE', reason: null, at: null }], 'ACTIVE'],
      [
        'broke there since',
        [{ status: 'DEGRADED', reason: 'INTERACTIVE_REFRESH', at: null }],
        'DEGRADED/INTERACTIVE_REFRESH',
      ],
      ['is still open there', [{ status: 'IN_PROGRESS', reason: null, at: null }], 'EXPIRED'],
      ['has ended there as well', [{ status: 'EXPIRED', reason: null, at: null }], 'EXPIRED'],
      ['is told of in a word that nobody knows', [{ status: 'DREAMING', reason: null, at: null }], 'EXPIRED'],
      ['cannot be looked at', [null], 'EXPIRED'],
      ['makes its connector fail', [() => Promise.reject(new Error('a bug'))], 'EXPIRED'],
    ])('looks first at a connect that %s', async (_what, status, expected) => {
      const rig = newRig({ meld: { status: status ?? [] } });
      const { id } = await bringInOne(rig, mxRow({ status: 'IN_PROGRESS', lastSuccessAt: undefined }));
      rig.clock.set(MORNING + 4 * HOUR + 1);
      await expireAbandonedConnects(rig.engine, 10);
      expect(await statusOf(rig, id)).toBe(expected);
    });

    test('forgets answers whose time is over, so many at a time', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      for (const key of ['a', 'b', 'c']) {
        await ask(rig, id, { idempotency: { key, fingerprint: 'f' } });
        rig.clock.advance(MINUTE);
      }
      rig.clock.set(MORNING + DAY + MINUTE);
      expect(await forgetIdempotency(rig.engine, 1)).toBe(1);
      expect(await forgetIdempotency(rig.engine, 10)).toBe(1);
      expect(await forgetIdempotency(rig.engine, 10)).toBe(0);
      expect(await ask(rig, id, { idempotency: { key: 'c', fingerprint: 'f' } })).toMatchObject({ replayed: true });
    });
  });

  describe('the description of a connection', () => {
    const describeOne = async (rig: Rig, id: ConnectionId) => {
      const view = await describeConnection(rig.engine, TENANT, id);
      if (view === null) throw new Error(`no connection ${id}`);
      return view;
    };

    test('tells what is next: its background refresh, and when it could be forced', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ lastSuccessAt: MORNING - HOUR }));
      const before = rig.written();
      expect(await describeOne(rig, id)).toMatchObject({
        nextBackgroundAt: MORNING + 23 * HOUR,
        nextForcedAt: MORNING + 2 * HOUR,
        stale: false,
        openTaskId: null,
        duplicates: [],
        activeDuplicate: null,
      });
      expect(rig.written()).toBe(before);
    });

    const spent = {
      version: 1,
      overrides: [
        {
          match: { provider: 'MX' },
          set: { price: { currency: 'USD', perRequest: '1.00', billedOn: 'success' }, limits: { 'mx-cooldown': null } },
        },
      ],
      budgets: [{ name: 'daily', period: 'day', timeZone: 'UTC', amount: '1.00', currency: 'USD' }],
    };
    const limited: RefreshAnswer = { kind: 'limited', until: MORNING + 5 * HOUR, scope: 'group' };
    const refreshed = async (rig: Rig, id: ConnectionId): Promise<void> => {
      await force(rig, id);
      await runDue(rig);
    };
    const asItIs = async (): Promise<void> => {};

    test.each<[string, ImportRow, RigOptions, (rig: Rig, id: ConnectionId) => Promise<void>]>([
      ['after data that came an hour ago', mxRow({ lastSuccessAt: MORNING - HOUR }), {}, asItIs],
      ['after a refresh', mxRow(), { meld: { refresh: [DONE] } }, refreshed],
      ['after a block that was told', mxRow(), { meld: { refresh: [limited] } }, refreshed],
      ['where an earlier pull is handed back', budRow(), { bud: { refresh: [DONE] } }, refreshed],
      ['with a budget that is spent', mxRow(), { policyFile: spent, meld: { refresh: [DONE] } }, refreshed],
    ])('is as right as a request would be %s: then it is forced, and a moment before not', async (...given) => {
      const [, row, options, happens] = given;
      const rig = newRig(options);
      const { id } = await bringInOne(rig, row);
      await happens(rig, id);
      const { nextForcedAt } = await describeOne(rig, id);
      expect(nextForcedAt).toBeGreaterThan(rig.clock.now());
      expect((await ask(rig, id)).record.decision.nextForcedAt).toBe(nextForcedAt);
      rig.clock.set((nextForcedAt ?? 0) - 1);
      expect((await ask(rig, id)).record.verdict).not.toBe('force');
      rig.clock.advance(1);
      expect(await describeOne(rig, id)).toMatchObject({ nextForcedAt });
      expect(await ask(rig, id)).toMatchObject({ record: { verdict: 'force' } });
    });

    test('is what one who joins the open refresh is told', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      await force(rig, id);
      const { nextForcedAt } = await describeOne(rig, id);
      expect((await ask(rig, id)).record.decision).toMatchObject({ nextForcedAt });
    });

    test('names the open refresh, and no time for a status that forbids one', async () => {
      const rig = newRig();
      const [fine, broken] = await bringIn(rig, [mxRow(), mxRow({ status: 'RECONNECT_REQUIRED' })]);
      const task = await force(rig, fine?.id as ConnectionId);
      expect((await describeOne(rig, fine?.id as ConnectionId)).openTaskId).toBe(task.id);
      expect(await describeOne(rig, broken?.id as ConnectionId)).toMatchObject({
        nextForcedAt: null,
        nextBackgroundAt: null,
        openTaskId: null,
      });
    });

    test('of a twin names the others, the most recently refreshed first, and shares what they know', async () => {
      const rig = newRig();
      const [active, second, third] = (await bringInTwins(rig, 3)).map(({ id }) => id) as ConnectionId[];
      expect(await describeOne(rig, third as ConnectionId)).toMatchObject({
        duplicates: [active, second],
        activeDuplicate: active,
        freshness: { BALANCES: MORNING - 12 * HOUR },
      });
    });

    test('says stale once the background refresh has been missed, and not after it came', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      rig.clock.set(MORNING - 12 * HOUR + 2 * DAY - SECOND);
      expect((await describeOne(rig, id)).stale).toBe(false);
      rig.clock.advance(SECOND);
      expect((await describeOne(rig, id)).stale).toBe(true);
      rig.meld.script({ refresh: [{ ...DONE, asOf: null }] });
      await force(rig, id);
      await runDue(rig);
      expect((await describeOne(rig, id)).stale).toBe(false);
    });

    test('of a connection that is not there, or another tenant’s, is none', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow(), OTHER_TENANT);
      expect(await describeConnection(rig.engine, TENANT, id)).toBeNull();
    });
  });
};

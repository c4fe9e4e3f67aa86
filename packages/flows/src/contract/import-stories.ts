import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { Connection, ConnectionId, ImportAnswer } from '@freshet/domain';
import { credentialsBelongTo } from '../connection-call.js';
import { importConnections, runTask } from '../index.js';
import type { ImportRow } from '../index.js';
import {
  allConnections,
  ask,
  bringIn,
  bringInOne,
  connectionOf,
  force,
  historyOf,
  MORNING,
  mxRow,
  OTHER_TENANT,
  pass,
  rigsOver,
  runDue,
  statusOf,
  taskOf,
  TENANT,
  type OpenStore,
  type Rig,
} from './rig.js';

const twin = (changes: Partial<ImportRow> = {}): ImportRow => mxRow({ providerConnectionId: 'member-1', ...changes });

const stateOf = ({ active, status, statusReason }: Connection): string =>
  `${active ? 'active' : 'inactive'} ${status}${statusReason === null ? '' : `/${statusReason}`}`;

const INACTIVE = 'inactive PARTIALLY_ACTIVE/INACTIVE_DUPLICATE';

const statesOf = async (rig: Rig, connections: readonly Connection[]): Promise<readonly string[]> =>
  (await Promise.all(connections.map(({ id }) => connectionOf(rig, id)))).map(stateOf);

export const importStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('an imported connection', () => {
    test('stands as it was given, with a history that begins there', async () => {
      const rig = newRig();
      const imported = await importConnections(rig.engine, TENANT, [
        mxRow({ externalId: 'm-1', status: 'DEGRADED', statusReason: 'INSTITUTION_ACTION_REQUIRED' }),
      ]);
      expect(imported).toMatchObject({ kind: 'imported', imported: [{ imported: 'created' }] });
      const [connection] = await allConnections(rig);
      expect(connection).toMatchObject({
        externalId: 'm-1',
        active: true,
        status: 'DEGRADED',
        freshness: { BALANCES: MORNING - 12 * HOUR, TRANSACTIONS: MORNING - 12 * HOUR },
        staleAt: MORNING - 12 * HOUR + 2 * DAY,
        consecutiveFailures: 0,
        createdAt: MORNING,
      });
      expect(await historyOf(rig, connection?.id as ConnectionId)).toMatchObject([
        { event: 'imported', fromStatus: null, toStatus: 'DEGRADED', toReason: 'INSTITUTION_ACTION_REQUIRED' },
      ]);
    });

    test('comes with data that count against the cooldown', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ lastSuccessAt: MORNING - HOUR }));
      expect(await ask(rig, id)).toMatchObject({
        record: { decision: { refusal: 'rate-limited', retryAt: MORNING + 2 * HOUR } },
      });
    });

    test('keeps its credentials sealed, bound to it, and opens them for its own call only', async () => {
      const rig = newRig();
      const rows = [mxRow({ externalId: 'a', credentials: { token: 'A' } }), mxRow({ externalId: 'b' })];
      const [a, b] = await bringIn(rig, rows);
      const move = {
        do: 'update',
        record: 'connection',
        id: b?.id as ConnectionId,
        set: { credentials: a?.credentials ?? null },
      } as const;
      await rig.store.turn(
        function* () {},
        () => ({ effects: [move] }),
      );
      await force(rig, a?.id as ConnectionId);
      await force(rig, b?.id as ConnectionId);
      await runDue(rig);
      const sent = rig.meld.callsOf('refresh').map(({ externalId, credentials }) => [externalId, credentials]);
      expect(sent.toSorted()).toEqual([
        ['a', { token: 'A' }],
        ['b', null],
      ]);
      expect(rig.warnings).toMatchObject([{ facts: { connectionId: b?.id } }]);
    });

    test("of one tenant is not another's, though its identity is the same", async () => {
      const rig = newRig();
      const mine = await bringInOne(rig, mxRow({ externalId: 'same' }));
      const theirs = await bringInOne(rig, mxRow({ externalId: 'same' }), OTHER_TENANT);
      expect(theirs.id).not.toBe(mine.id);
      expect(await allConnections(rig)).toHaveLength(1);
    });
  });

  describe('a group of duplicates', () => {
    test('has the most recently refreshed as its active one; nobody inherits anything', async () => {
      const rig = newRig();
      const members = await bringIn(rig, [
        twin({ lastSuccessAt: MORNING - 2 * DAY }),
        twin({ lastSuccessAt: MORNING - HOUR, status: 'UNDETERMINED' }),
        twin({ lastSuccessAt: MORNING - DAY, status: 'RECONNECT_REQUIRED' }),
      ]);
      expect(await statesOf(rig, members)).toEqual([INACTIVE, 'active UNDETERMINED', INACTIVE]);
      expect(new Set(members.map(({ groupKey }) => groupKey)).size).toBe(1);
    });

    test('that was never refreshed has the one that was connected last, and of equals the first of the batch', async () => {
      const rig = newRig();
      const never = { lastSuccessAt: undefined };
      const byConnect = await bringIn(rig, [
        twin({ ...never, connectedAt: MORNING - DAY }),
        twin({ ...never, connectedAt: MORNING - HOUR }),
      ]);
      expect((await statesOf(rig, byConnect)).map((state) => state.split(' ')[0])).toEqual(['inactive', 'active']);
      const equals = await bringIn(
        rig,
        [1, 2, 3].map(() => twin({ ...never, connectedAt: MORNING, providerConnectionId: 'member-2' })),
      );
      expect((await statesOf(rig, equals)).map((state) => state.split(' ')[0])).toEqual([
        'active',
        'inactive',
        'inactive',
      ]);
    });

    test('grows over several batches, and stays one group with one active', async () => {
      const rig = newRig();
      const old = await bringInOne(rig, twin({ lastSuccessAt: MORNING - DAY }));
      const older = await bringInOne(rig, twin({ lastSuccessAt: MORNING - 2 * DAY }));
      expect(await statesOf(rig, [old, older])).toEqual(['active ACTIVE', INACTIVE]);
      const newer = await bringInOne(rig, twin({ lastSuccessAt: MORNING - HOUR }));
      expect(await statesOf(rig, [old, older, newer])).toEqual([INACTIVE, INACTIVE, 'active ACTIVE']);
    });

    test('is known by the login where the provider’s id is not, and not at all without either', async () => {
      const rig = newRig();
      const members = await bringIn(rig, [
        mxRow({ loginFingerprint: 'login-1' }),
        mxRow({ loginFingerprint: 'login-1' }),
        mxRow({ loginFingerprint: 'login-1', institutionId: 'bank-2' }),
        mxRow(),
        mxRow(),
      ]);
      expect(new Set(members.map(({ groupKey }) => groupKey)).size).toBe(4);
      expect((await allConnections(rig)).filter(({ active }) => !active)).toHaveLength(1);
    });

    test('is none where the provider bills twins apart', async () => {
      const rig = newRig();
      const members = await bringIn(rig, [twin({ provider: 'PLAID' }), twin({ provider: 'PLAID' })]);
      expect(await statesOf(rig, members)).toEqual(['active ACTIVE', 'active ACTIVE']);
    });

    test('that two connections turn out to be waits until one refresh of theirs has ended: each is settled once', async () => {
      const rig = newRig({ meld: { progress: [{ kind: 'done', asOf: null, newData: true }] } });
      const rows = [mxRow({ externalId: 'x' }), mxRow({ externalId: 'y' })];
      const [x, y] = await bringIn(rig, rows);
      const tasks = [await force(rig, x?.id as ConnectionId), await force(rig, y?.id as ConnectionId)];
      await runDue(rig);
      const twins = rows.map((row) => ({ ...row, providerConnectionId: 'member-1' }));
      const before = rig.written();
      expect(await importConnections(rig.engine, TENANT, twins)).toMatchObject({
        kind: 'faulty',
        faults: [
          { index: 0, field: 'providerConnectionId', message: expect.stringContaining(`${tasks[0]?.id}`) as unknown },
          { index: 1, field: 'providerConnectionId', message: expect.stringContaining('has ended') as unknown },
        ],
      });
      expect(rig.written()).toBe(before);
      await pass(rig, 10 * MINUTE);
      const after = await Promise.all(tasks.map(({ id }) => taskOf(rig, id)));
      expect(after.map(({ state, charge, attempts }) => [state, charge, attempts])).toEqual([
        ['succeeded', 'charged', 1],
        ['succeeded', 'charged', 1],
      ]);
      expect(rig.meld.callsOf('refresh')).toHaveLength(2);
      await bringIn(rig, twins);
      expect((await allConnections(rig)).filter(({ active }) => active)).toHaveLength(1);
    });
  });

  describe('a connection whose group becomes known', () => {
    const known = mxRow({ externalId: 'known-late' });
    const grouped = { ...known, providerConnectionId: 'member-1' };
    const twinOfIt = twin({ lastSuccessAt: MORNING - DAY });

    test('is joined by its twin while its refresh is under way: nothing is called twice', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, known);
      const task = await force(rig, id);
      await runDue(rig);
      const [, other] = await bringIn(rig, [grouped, twinOfIt]);
      for (const asked of [id, other?.id as ConnectionId]) {
        expect(await ask(rig, asked)).toMatchObject({ record: { verdict: 'join', taskId: task.id } });
      }
      expect(rig.meld.callsOf('refresh')).toHaveLength(1);
    });

    test('keeps its cooldown, for its twin too', async () => {
      const rig = newRig({ meld: { progress: [{ kind: 'done', asOf: null, newData: true }] } });
      const { id } = await bringInOne(rig, known);
      await force(rig, id);
      await runDue(rig);
      await pass(rig, MINUTE);
      const [, other] = await bringIn(rig, [grouped, twinOfIt]);
      for (const asked of [id, other?.id as ConnectionId]) {
        expect(await ask(rig, asked)).toMatchObject({ record: { decision: { refusal: 'rate-limited' } } });
      }
    });

    test('keeps what the provider told it to wait, for its twin too', async () => {
      const until = MORNING + 10 * HOUR;
      const rig = newRig({ meld: { refresh: [{ kind: 'limited', until, scope: 'group' }] } });
      const { id } = await bringInOne(rig, known);
      await force(rig, id);
      await runDue(rig);
      const [, other] = await bringIn(rig, [grouped, twinOfIt]);
      for (const asked of [id, other?.id as ConnectionId]) {
        expect(await ask(rig, asked)).toMatchObject({
          record: { decision: { refusal: 'rate-limited', retryAt: until } },
        });
      }
    });
  });

  describe('a batch that has faults', () => {
    test('lists all of them, brings in nothing, and asks no connector', async () => {
      const rig = newRig({ meld: { capabilities: { imports: ['PLAID'] } } });
      const before = rig.written();
      const faulty = await importConnections(rig.engine, TENANT, [
        mxRow({ externalId: 'twice' }),
        mxRow({ externalId: 'twice' }),
        mxRow({ externalId: undefined }),
        mxRow({ externalId: undefined, provider: 'PLAID' }),
        mxRow({ externalId: 'twice', connector: 'bud', provider: 'BUD' }),
      ]);
      expect(faulty).toMatchObject({
        kind: 'faulty',
        faults: [
          { index: 1, field: 'externalId', message: expect.stringContaining('connections[0]') },
          { index: 2, field: 'externalId', message: expect.stringContaining('no import of its own for MX') },
          { index: 3, field: 'credentials' },
        ],
      });
      expect(rig.written()).toBe(before);
      expect(rig.meld.calls).toEqual([]);
    });

    const plaid = (): ImportRow => mxRow({ externalId: undefined, provider: 'PLAID', credentials: { token: 'p' } });
    const brought = (externalId: string): ImportAnswer => ({
      kind: 'imported',
      externalId,
      providerConnectionId: 'item',
    });

    test('of the connector’s own import brings in nothing here; the next try finds what is there already', async () => {
      const rig = newRig({
        meld: {
          capabilities: { imports: ['PLAID'] },
          import: [
            brought('p-1'),
            { kind: 'refused', message: 'the token is invalid' },
            brought('p-1'),
            brought('p-2'),
          ],
        },
      });
      const batch = [mxRow(), plaid(), plaid()];
      expect(await importConnections(rig.engine, TENANT, batch)).toMatchObject({
        kind: 'faulty',
        faults: [{ index: 2, field: 'credentials', message: expect.stringContaining('the token is invalid') }],
      });
      expect(await allConnections(rig)).toEqual([]);
      expect(await bringIn(rig, batch)).toMatchObject([
        {},
        { externalId: 'p-1', providerConnectionId: 'item' },
        { externalId: 'p-2', providerConnectionId: 'item' },
      ]);
    });

    test('that made credentials keeps those, and else the ones that were given', async () => {
      const made = { ...brought('p-1'), credentials: { accessToken: 'made' } };
      const rig = newRig({ meld: { capabilities: { imports: ['PLAID'] }, import: [made, brought('p-2')] } });
      await bringIn(rig, [plaid(), plaid()]);
      const kept = (await allConnections(rig)).map((connection) => [
        connection.externalId,
        rig.engine.vault.open(connection.credentials ?? '', credentialsBelongTo(connection)),
      ]);
      expect(Object.fromEntries(kept)).toEqual({ 'p-1': '{"accessToken":"made"}', 'p-2': '{"token":"p"}' });
    });

    test.each([
      [{ kind: 'limited', until: null, scope: 'provider' }],
      [{ kind: 'unavailable', who: 'provider', retryAt: null, message: 'down' }],
      [{ kind: 'unknown', message: 'no reply' }],
    ] as [ImportAnswer][])('where the connector answers %j, too', async (answer) => {
      const rig = newRig({ meld: { capabilities: { imports: ['PLAID'] }, import: [answer] } });
      expect(await importConnections(rig.engine, TENANT, [mxRow(), plaid()])).toMatchObject({
        kind: 'faulty',
        faults: [{ index: 1 }],
      });
      expect(await allConnections(rig)).toEqual([]);
    });

    test('or whose turn fails is brought in whole at the next try', async () => {
      const rig = newRig();
      const [first] = await bringIn(rig, [mxRow()]);
      const broken = { ...rig.engine, ids: { next: () => (first?.id as string).slice('conn_'.length) } };
      await expect(importConnections(broken, TENANT, [mxRow(), mxRow()])).rejects.toThrow();
      expect(await allConnections(rig)).toHaveLength(1);
      await bringIn(rig, [mxRow(), mxRow()]);
      expect(await allConnections(rig)).toHaveLength(3);
    });
  });

  describe('a connection that is imported again', () => {
    test('is updated where something is said, and stays as it is where nothing is', async () => {
      const rig = newRig();
      const before = await bringInOne(
        rig,
        mxRow({
          externalId: 'again',
          status: 'DEGRADED',
          providerConnectionId: 'member-9',
          consentExpiresAt: MORNING + DAY,
          credentials: { token: 'old' },
        }),
      );
      rig.clock.advance(HOUR);
      const row = {
        externalId: 'again',
        lastSuccessAt: undefined,
        customerId: 'customer-2',
        products: ['OWNERS'],
      } as const;
      const result = await importConnections(rig.engine, TENANT, [mxRow(row)]);
      expect(result).toMatchObject({ kind: 'imported', imported: [{ imported: 'updated' }] });
      expect(await connectionOf(rig, before.id)).toEqual({
        ...before,
        customerId: 'customer-2',
        products: ['OWNERS'],
        updatedAt: MORNING + HOUR,
      });
    });

    test('in the same words changes nothing', async () => {
      const rig = newRig();
      const rows = [twin({ externalId: 'one' }), twin({ externalId: 'two', lastSuccessAt: MORNING - DAY })];
      await bringIn(rig, rows);
      const before = [
        await allConnections(rig),
        await historyOf(rig, (await allConnections(rig))[0]?.id as ConnectionId),
      ];
      rig.clock.advance(HOUR);
      await bringIn(
        rig,
        rows.map(({ status: _given, ...row }) => row),
      );
      expect([
        await allConnections(rig),
        await historyOf(rig, (await allConnections(rig))[0]?.id as ConnectionId),
      ]).toEqual(before);
    });

    test('never becomes older', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ externalId: 'again' }));
      await bringInOne(rig, mxRow({ externalId: 'again', lastSuccessAt: MORNING - 5 * DAY }));
      expect((await connectionOf(rig, id)).lastSuccessAt).toBe(MORNING - 12 * HOUR);
    });

    test('stays DELETED once it is', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ externalId: 'gone', status: 'DELETED' }));
      await bringInOne(rig, mxRow({ externalId: 'gone', status: 'ACTIVE' }));
      expect(await statusOf(rig, id)).toBe('DELETED');
    });

    test('with newer data: they came by a pull, and count against the cooldown', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ externalId: 'again' }));
      await bringInOne(rig, mxRow({ externalId: 'again', lastSuccessAt: MORNING - HOUR }));
      expect(await ask(rig, id)).toMatchObject({
        record: { decision: { refusal: 'rate-limited', retryAt: MORNING + 2 * HOUR } },
      });
    });

    test('as DELETED ends its queued refresh, frees what that holds, and erases its secrets', async () => {
      const rig = newRig();
      const row = mxRow({ externalId: 'again', credentials: { token: 't' } });
      const { id } = await bringInOne(rig, row);
      rig.meld.script({ refresh: [{ kind: 'unavailable', who: 'provider', retryAt: MORNING + DAY, message: 'down' }] });
      const task = await force(rig, id);
      await runDue(rig);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', charge: 'reserved' });
      await bringInOne(rig, { ...row, status: 'DELETED' });
      await runDue(rig);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'failed', charge: 'released' });
      expect(await connectionOf(rig, id)).toMatchObject({ status: 'DELETED', credentials: null });
      expect(rig.meld.callsOf('refresh')).toHaveLength(1);
    });

    test('in a status that forbids it keeps its queued refresh from being sent', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ externalId: 'again' }));
      const task = await force(rig, id);
      await bringInOne(rig, mxRow({ externalId: 'again', status: 'UNRECOVERABLE' }));
      await runTask(rig.engine, TENANT, task.id);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'failed', error: { kind: 'not-refreshable' } });
      expect(rig.meld.calls).toEqual([]);
    });
  });
};

import { describe, expect, test } from '@jest/globals';
import type { ImportAnswer } from '@freshet/domain';
import type { Script } from '@freshet/ports/memory';
import { credentialsBelongTo } from '../connection-call.js';
import { importConnections } from '../index.js';
import type { ImportRow } from '../index.js';
import { akoyaRow, allConnections, bringIn, budRow, mxRow, rigsOver, TENANT, type OpenStore } from './rig.js';

export const batchStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

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

    test('of the connector’s own import brings in nothing here, and names what is there already', async () => {
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
        faults: [
          { index: 1, field: 'externalId', message: expect.stringContaining('as p-1') as unknown },
          { index: 2, field: 'credentials', message: expect.stringContaining('the token is invalid') as unknown },
        ],
      });
      expect(await allConnections(rig)).toEqual([]);
      expect(await bringIn(rig, batch)).toMatchObject([
        {},
        { externalId: 'p-1', providerConnectionId: 'item' },
        { externalId: 'p-2', providerConnectionId: 'item' },
      ]);
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

    /** A row of each kind in turn: some with duplicates, some of other connectors, some that Meld imports itself. */
    const mixed = (count: number): readonly ImportRow[] =>
      Array.from({ length: count }, (_, index) => {
        const customerId = `customer-${index % 50}`;
        if (index % 4 === 0) return mxRow({ customerId, providerConnectionId: `member-${index % 40}` });
        if (index % 4 === 1) return budRow({ customerId });
        if (index % 4 === 2) return akoyaRow({ customerId });
        const provider = index % 8 === 3 ? 'PLAID' : 'AKOYA';
        const row = { externalId: undefined, provider, customerId, lastSuccessAt: undefined };
        return mxRow({ ...row, credentials: { accessToken: `token-${index}` } });
      });
    const importer = (failing: number | null, answer: ImportAnswer): NonNullable<Script['import']> => {
      let count = 0;
      return [
        async () => {
          const own = (count += 1);
          await Promise.resolve();
          return own === failing ? answer : { ...brought(`brought-${own}`), providerConnectionId: null };
        },
      ];
    };
    const imports = { capabilities: { imports: ['PLAID', 'AKOYA'] } };

    test('that made credentials keeps those, and else the ones that were given', async () => {
      const made = { ...brought('p-1'), credentials: { accessToken: 'made' } };
      const rig = newRig({ meld: { capabilities: { imports: ['PLAID'] }, import: [made, brought('p-2')] } });
      await bringIn(rig, [plaid(), plaid()]);
      const kept = (await allConnections(rig)).map((connection) => [
        connection.externalId,
        rig.engine.vault.open(connection.credentials ?? '', credentialsBelongTo(connection)),
      ]);
      expect(kept.map(([, credentials]) => credentials).sort()).toEqual(['{"accessToken":"made"}', '{"token":"p"}']);
    });

    test('of a thousand mixed rows comes in whole, each group with one active member', async () => {
      const rig = newRig({ meld: { ...imports, import: importer(null, { kind: 'unknown', message: '' }) } });
      const connections = await bringIn(rig, mixed(1000));
      expect(new Set(connections.map(({ id }) => id)).size).toBe(1000);
      expect(rig.meld.callsOf('import')).toHaveLength(250);
      const groups = new Map<string, number>();
      for (const { groupKey, active } of connections)
        groups.set(groupKey, (groups.get(groupKey) ?? 0) + Number(active));
      expect([...new Set(groups.values())]).toEqual([1]);
      expect(groups.size).toBe(1000 - 250 + 10);
    });

    test.each<[ImportAnswer, number | 'all']>([
      [{ kind: 'refused', message: 'the token is invalid' }, 'all'],
      [{ kind: 'unavailable', who: 'provider', retryAt: null, message: 'down' }, 130],
      [{ kind: 'limited', until: null, scope: 'provider' }, 130],
    ])('at the 123rd of its own imports (%j) keeps nothing, loses nothing and says which', async (answer, most) => {
      const rig = newRig({ meld: { ...imports, import: importer(123, answer) } });
      const before = rig.written();
      const rows = mixed(1000);
      const result = await importConnections(rig.engine, TENANT, rows);
      if (result.kind !== 'faulty') throw new Error('imported');
      expect([rig.written(), await allConnections(rig)]).toEqual([before, []]);
      const asked = rig.meld.callsOf('import').length;
      if (most === 'all') expect(asked).toBe(250);
      else expect(asked).toBeLessThanOrEqual(most);
      const failed = result.faults.filter(({ field }) => field === 'credentials');
      const made = result.faults.filter(({ field }) => field === 'externalId');
      expect([failed.length, made.length]).toEqual([1, asked - 1]);
      // Named as the answer says, and with what was not tried, the batch comes in, and nothing is made twice.
      const named = new Map(made.map(({ index, message }) => [index, /as (\S+),/.exec(message)?.[1]]));
      rig.meld.script({
        import: [(call) => Promise.resolve(brought(`again-${String(call.credentials['accessToken'])}`))],
      });
      await bringIn(
        rig,
        rows.map((row, index) => ({ ...row, externalId: row.externalId ?? named.get(index) })),
      );
      expect(rig.meld.callsOf('import')).toHaveLength(asked + 250 - made.length);
    });

    test('in the connector’s own import names it in the log where the batch cannot be kept', async () => {
      const rig = newRig({ meld: { ...imports, import: [brought('p-1')] } });
      const twice = [plaid(), mxRow({ externalId: 'p-1' })];
      expect(await importConnections(rig.engine, TENANT, twice)).toMatchObject({ kind: 'faulty' });
      expect(rig.warnings).toMatchObject([{ facts: { externalIds: 'p-1' } }]);
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
};

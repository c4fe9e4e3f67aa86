import { describe, expect, test } from '@jest/globals';
import {
  chainNames,
  chainText,
  checkpointText,
  insert,
  keptValues,
  put,
  remove,
  sha256,
  update,
  type ChainName,
  type ConnectionId,
  type Effect,
} from '@freshet/domain';
import { StoreConflict } from '../store.js';
import * as a from './samples.js';
import { walkedByConnection } from './scan-reads.js';
import type { Current } from './subject.js';

const { tenantId, otherTenantId } = a;
const connectionId = (number: number) => a.id<ConnectionId>('conn', number);

const rows = { decision: a.decision, ledgerEntry: a.ledgerEntry } as const;

/** The sample of that number, in the chain of that connection. */
const rowOf = (chain: ChainName, number: number, connection: number, over: object = {}) =>
  rows[chain](number, { connectionId: connectionId(connection), ...over });

const added = (chain: ChainName, number: number, connection: number, over: object = {}): Effect =>
  insert(chain, rowOf(chain, number, connection, over) as never);
const removed = (chain: ChainName, number: number): Effect => remove(chain, rowOf(chain, number, 1).id);

/** The links of such rows, as anybody can work them out. */
const expected = (chain: ChainName, ...numbers: readonly (readonly [number: number, connection: number])[]) => {
  const ends = new Map<number, { sequence: number; previous: string; link: string }>();
  return numbers.map(([number, connection]) => {
    const row = rowOf(chain, number, connection);
    const before = ends.get(connection) ?? { sequence: 0, link: '' };
    const [sequence, previous] = [before.sequence + 1, before.link];
    const link = sha256(chainText(chain, keptValues(chain, row), sequence, previous));
    ends.set(connection, { sequence, previous, link });
    const madeAt = 'decidedAt' in row ? row.decidedAt : row.at;
    return { id: row.id, connectionId: row.connectionId, madeAt, sequence, previous, link, computed: link };
  });
};

export const chainsContract = (current: Current): void => {
  const links = (chain: ChainName, limit = 2) =>
    walkedByConnection((place) => current().read('chainLinks', { tenantId, chain, limit, ...place }));
  const heads = (after = '', limit = 9) => current().read('chainHeads', { tenantId, after, limit });
  const checkpoints = (chain: ChainName, after = '', limit = 9) =>
    current().read('chainCheckpoints', { tenantId, chain, after, limit });

  describe.each(chainNames)('of %s', (chain) => {
    const end = (link: { readonly sequence: number; readonly link: string } | undefined) => ({
      sequence: link?.sequence,
      link: link?.link,
    });

    test('each row carries the hash of itself and of the link before it, in a turn and over several', async () => {
      await current().apply(added(chain, 1, 1), added(chain, 2, 2), added(chain, 3, 1));
      await current().apply(added(chain, 4, 1), added(chain, 9, 3, { tenantId: otherTenantId }));
      const wanted = expected(chain, [1, 1], [3, 1], [4, 1], [2, 2]);
      expect(await links(chain)).toEqual(wanted);
      expect(await links(chain, 9)).toEqual(wanted);
      expect((await heads()).map((head) => [head.id, head[chain]])).toEqual([
        [connectionId(1), end(wanted[2])],
        [connectionId(2), end(wanted[3])],
      ]);
    });

    test('turns that share a commit see the links of each other', async () => {
      const numbers = [1, 2, 3, 4, 5];
      await Promise.all(numbers.map((number) => current().apply(added(chain, number, 1))));
      expect(await links(chain)).toEqual(expected(chain, ...numbers.map((number) => [number, 1] as const)));
    });

    test('a turn that fails leaves no link behind', async () => {
      await current().apply(added(chain, 1, 1));
      const kept = [added(chain, 2, 1), added(chain, 3, 1), added(chain, 3, 1)];
      const all = [current().apply(...kept), current().apply(added(chain, 4, 1)), current().apply(added(chain, 5, 9))];
      await expect(all[0]).rejects.toThrow(StoreConflict);
      await Promise.all(all.slice(1));
      expect(await links(chain)).toEqual(expected(chain, [1, 1], [4, 1], [5, 9]));
      await expect(current().apply(added(chain, 6, 8), added(chain, 1, 8))).rejects.toThrow(StoreConflict);
      expect((await heads()).map(({ id }) => id)).toEqual([connectionId(1), connectionId(9)]);
    });

    test('rows leave from the oldest on, and a checkpoint stands for them', async () => {
      await current().apply(...[1, 2, 3, 4].map((number) => added(chain, number, 1)), added(chain, 5, 2));
      const wanted = expected(chain, [1, 1], [2, 1], [3, 1], [4, 1], [5, 2]);
      await current().apply(removed(chain, 1), removed(chain, 2));
      expect(await links(chain)).toEqual(wanted.slice(2));
      const [, second, , fourth] = wanted;
      const { sequence, link, madeAt } = second as (typeof wanted)[number];
      const reached = { tenantId, connectionId: connectionId(1), chain, sequence, link, madeAt };
      const checkpoint = { ...reached, seal: sha256(checkpointText(reached)) };
      expect(await checkpoints(chain)).toEqual([checkpoint]);
      expect((await heads())[0]?.[chain]).toEqual(end(fourth));
      await current().apply(removed(chain, 3), removed(chain, 4), added(chain, 6, 1));
      const [last] = await links(chain);
      expect(last).toMatchObject({ sequence: 5, previous: fourth?.link });
      expect((await checkpoints(chain))[0]).toMatchObject({ sequence: 4, link: fourth?.link });
      expect(await checkpoints(chain, connectionId(1))).toEqual([]);
    });

    test('a row that is not the oldest does not leave', async () => {
      await current().apply(...[1, 2, 3].map((number) => added(chain, number, 1)));
      await expect(current().apply(removed(chain, 2))).rejects.toThrow(StoreConflict);
      await expect(current().apply(removed(chain, 1), removed(chain, 3))).rejects.toThrow(StoreConflict);
      expect(await links(chain)).toHaveLength(3);
      expect(await checkpoints(chain)).toEqual([]);
    });

    test('no row is ever changed', async () => {
      await current().apply(added(chain, 1, 1));
      const [row, other] = [rowOf(chain, 1, 1), rowOf(chain, 2, 1)];
      await expect(current().apply(put(chain as never, other as never))).rejects.toThrow('never changed');
      await expect(current().apply(update(chain as never, row.id as never, { at: 1 } as never))).rejects.toThrow(
        'never changed',
      );
      expect(await links(chain)).toEqual(expected(chain, [1, 1]));
    });
  });

  test('heads are walked by connection, both chains together', async () => {
    await current().apply(
      ...[added('decision', 1, 3), added('ledgerEntry', 1, 2), added('ledgerEntry', 2, 3), added('decision', 2, 1)],
      added('decision', 9, 9, { tenantId: otherTenantId }),
    );
    const ids = async (after: string, limit: number) => (await heads(after, limit)).map(({ id }) => id);
    expect(await ids('', 2)).toEqual([connectionId(1), connectionId(2)]);
    expect(await ids(connectionId(2), 2)).toEqual([connectionId(3)]);
    const [, second] = await heads();
    expect(second?.decision).toEqual({ sequence: 0, link: '' });
    expect(second?.ledgerEntry.sequence).toBe(1);
  });
};

import { afterEach, describe, expect, test } from '@jest/globals';
import { insert, put, type Effect, type Setting } from '@freshet/domain';
import { read, StoreConflict, StoreUnavailable } from '@freshet/ports';
import { temporaryFile } from '../../test/temporary-file.js';
import { openFile } from './open.js';
import { openSqliteStore, storeOver, type SqliteStore } from './store.js';
import type { Commit } from './turns.js';

function* nothing(): Generator<never, null> {
  return null;
}

const setting = (id: string, value = 'value'): Setting => ({ id, value });
const apply = (store: SqliteStore, ...effects: readonly Effect[]) => store.turn(nothing, () => ({ effects }));
const has = async (store: SqliteStore, id: string): Promise<boolean> => (await store.read('setting', { id })) !== null;

const stores: SqliteStore[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

/** A store whose connection can be tampered with, and its commits. */
const tamperable = () => {
  const { client, hold } = openFile(temporaryFile(), false);
  const commits: Commit[] = [];
  const store = storeOver(client, hold, (commit) => commits.push(commit));
  stores.push(store);
  return { client, store, commits };
};

describe('group commit', () => {
  test('turns that wait together share commits, and none runs before its turn', async () => {
    const { store, commits } = tamperable();
    await Promise.all(Array.from({ length: 100 }, (_, n) => apply(store, insert('setting', setting(`${n}`)))));
    expect(commits.reduce((turns, commit) => turns + commit.turns, 0)).toBe(100);
    expect(commits.length).toBeLessThan(20);
  });

  test('a commit is bounded, so that others get the event loop', async () => {
    const { store, commits } = tamperable();
    let ticks = 0;
    const ticking = setInterval(() => (ticks += 1), 1);
    await Promise.all(Array.from({ length: 3_000 }, (_, n) => apply(store, insert('setting', setting(`${n}`)))));
    clearInterval(ticking);
    expect(Math.max(...commits.map(({ turns }) => turns))).toBeLessThanOrEqual(256);
    expect(ticks).toBeGreaterThan(2);
  });

  test('what was answered is in the file when it is opened again', async () => {
    const file = temporaryFile();
    const store = openSqliteStore({ file });
    await apply(store, insert('setting', setting('kept')));
    await store.close();
    const again = openSqliteStore({ file });
    stores.push(again);
    expect(await has(again, 'kept')).toBe(true);
  });

  test('a turn that takes long does not hold up the answers to those before it', async () => {
    const { store, commits } = tamperable();
    const slow = (value: null) => {
      const until = performance.now() + 30;
      while (performance.now() < until);
      return { value, effects: [] };
    };
    await Promise.all([store.turn(nothing, slow), store.turn(nothing, slow), store.turn(nothing, slow)]);
    expect(commits.map(({ turns }) => turns)).toEqual([1, 1, 1]);
  });

  test('a turn that is left half written costs the others a second run, and nothing else', async () => {
    const { store, commits } = tamperable();
    await apply(store, insert('setting', setting('taken')));
    commits.length = 0;
    let decisions = 0;
    const count = () =>
      store.turn(
        () => read('setting', { id: 'count' }),
        (found) => {
          decisions += 1;
          return { effects: [put('setting', setting('count', String(Number(found?.value ?? 0) + 1)))] };
        },
      );
    const half = () => apply(store, insert('setting', setting('half')), insert('setting', setting('taken')));
    const outcomes = await Promise.allSettled([count(), half(), count(), half(), count()]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(await store.read('setting', { id: 'count' })).toEqual(setting('count', '3'));
    expect(await has(store, 'half')).toBe(false);
    // One before the half-written one, then all three of them.
    expect(decisions).toBe(4);
    expect(commits.map(({ turns }) => turns)).toEqual([5]);
  });

  test('a conflict names the index', async () => {
    const { store } = tamperable();
    const key = { id: 'a', tenantId: 'ten_a' as never, hash: 'h', scopes: [], createdAt: 0 };
    await apply(store, insert('apiKey', key));
    await expect(apply(store, insert('apiKey', { ...key, id: 'b' }))).rejects.toThrow(/api_keys_hash/);
    await expect(apply(store, insert('apiKey', { ...key, hash: 'other' }))).rejects.toThrow(/api_keys\.id/);
  });
});

describe('a commit that fails', () => {
  /** Keeps a row that a deferred foreign key forbids, which only the commit finds out. */
  const forbidCommit = (client: ReturnType<typeof tamperable>['client']): void => {
    client.exec(`
      create table parents (id text primary key);
      create table children (parent text references parents (id) deferrable initially deferred);
      create trigger forbid after insert on settings when new.id = 'forbidden'
        begin insert into children values ('nobody'); end;
    `);
  };

  test('is told to all of its turns, and nothing of any of them is kept', async () => {
    const { client, store } = tamperable();
    forbidCommit(client);
    const taken = insert('setting', setting('taken'));
    await apply(store, taken);
    const outcomes = await Promise.allSettled([
      apply(store, insert('setting', setting('before'))),
      apply(store, taken),
      apply(store, insert('setting', setting('forbidden')), insert('setting', setting('beside'))),
      apply(store, insert('setting', setting('after'))),
      store.turn(
        () => read('setting', { id: 'taken' }),
        (found) => ({ found, effects: [] }),
      ),
    ]);
    const errors = outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as Error).name : 'kept'));
    const unavailable = 'StoreUnavailable';
    expect(errors).toEqual([unavailable, 'StoreConflict', unavailable, unavailable, unavailable]);
    for (const id of ['before', 'forbidden', 'beside', 'after']) expect(await has(store, id)).toBe(false);
  });

  test('does not end the store', async () => {
    const { client, store } = tamperable();
    forbidCommit(client);
    await expect(apply(store, insert('setting', setting('forbidden')))).rejects.toThrow(StoreUnavailable);
    expect(client.inTransaction).toBe(false);
    await apply(store, insert('setting', setting('later')));
    expect(await has(store, 'later')).toBe(true);
  });

  test('a transaction that cannot be begun is told to all that wait', async () => {
    const { client, store } = tamperable();
    client.exec('begin');
    const waiting = [1, 2, 3].map((n) => apply(store, insert('setting', setting(`${n}`))));
    const outcomes = await Promise.allSettled(waiting);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { name: 'StoreUnavailable' } });
    expect(client.inTransaction).toBe(false);
    await apply(store, insert('setting', setting('later')));
  });
});

describe('a full disk', () => {
  const large = (id: string): Setting => setting(id, 'x'.repeat(200_000));
  const fill = (client: ReturnType<typeof tamperable>['client']): void => {
    const pages = client.pragma('page_count', { simple: true }) as number;
    client.pragma(`max_page_count = ${pages + 20}`);
  };

  test('fails the turn that does not fit, whole, and keeps none that it did not answer', async () => {
    const { client, store } = tamperable();
    fill(client);
    const outcomes = await Promise.allSettled([
      apply(store, insert('setting', setting('small'))),
      apply(store, insert('setting', setting('half')), insert('setting', large('large'))),
      apply(store, insert('setting', setting('other'))),
    ]);
    expect(outcomes[1]).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable' } });
    expect(await has(store, 'half')).toBe(false);
    expect(await has(store, 'large')).toBe(false);
    expect(await has(store, 'small')).toBe(outcomes[0].status === 'fulfilled');
    expect(await has(store, 'other')).toBe(outcomes[2].status === 'fulfilled');
  });

  test('is over when there is room again', async () => {
    const { client, store } = tamperable();
    fill(client);
    await expect(apply(store, put('setting', large('a')))).rejects.toThrow(StoreUnavailable);
    client.pragma('max_page_count = 1000000');
    await apply(store, put('setting', large('a')));
    expect(await has(store, 'a')).toBe(true);
    expect(client.pragma('integrity_check', { simple: true })).toBe('ok');
  });

  test('SQLite taking the transaction back by itself takes all of its turns back', async () => {
    const { client, store } = tamperable();
    client.exec(`create trigger undo after insert on settings when new.id = 'undo'
      begin select raise(rollback, 'taken back'); end`);
    const outcomes = await Promise.allSettled([
      apply(store, insert('setting', setting('before'))),
      apply(store, insert('setting', setting('beside')), insert('setting', setting('undo'))),
      apply(store, insert('setting', setting('after'))),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(outcomes[0]).toMatchObject({ reason: { name: 'StoreUnavailable' } });
    expect(await has(store, 'before')).toBe(false);
    expect(await has(store, 'beside')).toBe(false);
    expect(await has(store, 'after')).toBe(true);
  });
});

describe('a connection to read by', () => {
  test('sees what was committed since, may decide, and writes nothing', async () => {
    const { store } = tamperable();
    const reader = openSqliteStore({ file: store.file, readonly: true });
    stores.push(reader);
    await apply(store, insert('setting', setting('a')));
    const load = () => read('setting', { id: 'a' });
    expect(await reader.turn(load, (found) => ({ found, effects: [] }))).toMatchObject({ found: setting('a') });
    await expect(apply(reader, insert('setting', setting('b')))).rejects.toThrow(/opened to be read/);
    await expect(apply(store, insert('setting', setting('a')))).rejects.toThrow(StoreConflict);
    expect(await has(reader, 'b')).toBe(false);
  });
});

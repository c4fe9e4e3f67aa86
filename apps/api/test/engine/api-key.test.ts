import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createMemoryStore } from '@freshet/ports/memory';
import type { Store } from '@freshet/ports';
import { ensureAdminKey, hashApiKey } from '../../src/engine/api-key.js';

let store: Store;
beforeEach(() => {
  store = createMemoryStore();
});
afterEach(() => store.close());

const opens = async (key: string): Promise<boolean> =>
  (await store.read('apiKeyByHash', { hash: hashApiKey(key) })) !== null;

describe('the admin key', () => {
  test('is made once, and shown only then', async () => {
    const made = await ensureAdminKey(store, null, 1);
    expect(made).toMatch(/^freshet_[0-9a-f]{72}$/);
    expect(await ensureAdminKey(store, null, 2)).toBeNull();
    expect(await opens(made ?? '')).toBe(true);
  });

  test('that is configured is the only one', async () => {
    const made = (await ensureAdminKey(store, null, 1)) ?? '';
    expect(await ensureAdminKey(store, 'configured-key-one', 2)).toBeNull();
    expect(await opens(made)).toBe(false);
    expect(await ensureAdminKey(store, 'configured-key-two', 3)).toBeNull();
    expect(await opens('configured-key-one')).toBe(false);
    expect(await opens('configured-key-two')).toBe(true);
  });

  test('that is configured no longer opens nothing, and a new one is made', async () => {
    await ensureAdminKey(store, 'configured-key-one', 1);
    const made = (await ensureAdminKey(store, null, 2)) ?? '';
    expect(await opens('configured-key-one')).toBe(false);
    expect(await opens(made)).toBe(true);
  });
});

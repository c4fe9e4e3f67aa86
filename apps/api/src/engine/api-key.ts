import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { DEFAULT_TENANT, put, remove } from '@freshet/domain';
import type { ApiKey } from '@freshet/domain';
import type { Store } from '@freshet/ports';
import { read } from '@freshet/ports';

/** The first key, which a start without any makes; and the one that the environment names. */
const FIRST_KEY = 'key_first';
const CONFIGURED_KEY = 'key_configured';

export const hashApiKey = (key: string): string => createHash('sha256').update(key).digest('hex');

/** `freshet_` and 32 random bytes, with check digits by which a scanner can tell it from noise. */
const makeApiKey = (): string => {
  const body = randomBytes(32).toString('hex');
  return `freshet_${body}${crc32(body).toString(16).padStart(8, '0')}`;
};

const adminKey = (id: string, key: string, now: number): ApiKey => ({
  id,
  tenantId: DEFAULT_TENANT,
  hash: hashApiKey(key),
  scopes: ['admin'],
  createdAt: now,
});

/**
 * The admin key of the default tenant. A configured one is the only one; without one, the first start makes a key and
 * returns it: it is shown once, and only its hash is kept. A key that is no longer configured opens nothing.
 */
export const ensureAdminKey = async (store: Store, configured: string | null, now: number): Promise<string | null> => {
  const made = makeApiKey();
  const decided = await store.turn(
    () => read('setting', { id: FIRST_KEY }),
    (first) => {
      if (configured !== null) {
        const effects = [
          remove('apiKey', FIRST_KEY),
          remove('setting', FIRST_KEY),
          put('apiKey', adminKey(CONFIGURED_KEY, configured, now)),
        ];
        return { made: null, effects };
      }
      const forgotten = remove('apiKey', CONFIGURED_KEY);
      if (first !== null) return { made: null, effects: [forgotten] };
      const kept = [put('apiKey', adminKey(FIRST_KEY, made, now)), put('setting', { id: FIRST_KEY, value: 'made' })];
      return { made, effects: [forgotten, ...kept] };
    },
  );
  return decided.made;
};

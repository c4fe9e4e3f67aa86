import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { DEFAULT_TENANT, put } from '@freshet/domain';
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
 * The admin key of the default tenant. The configured one replaces what was configured before; without one, the first
 * start makes a key and returns it: it is shown once, and only its hash is kept.
 */
export const ensureAdminKey = async (store: Store, configured: string | null, now: number): Promise<string | null> => {
  const made = makeApiKey();
  const decided = await store.turn(
    () => read('setting', { id: FIRST_KEY }),
    (first) => {
      if (configured !== null) {
        return { made: null, effects: [put('apiKey', adminKey(CONFIGURED_KEY, configured, now))] };
      }
      if (first !== null) return { made: null, effects: [] };
      const effects = [put('apiKey', adminKey(FIRST_KEY, made, now)), put('setting', { id: FIRST_KEY, value: 'made' })];
      return { made, effects };
    },
  );
  return decided.made;
};

import { randomUUID } from 'node:crypto';
import { DEFAULT_TENANT, put } from '@freshet/domain';
import type { Engine, EngineLog } from '@freshet/flows';
import { openSqliteStore } from '@freshet/persistence';
import type { PolicyBook } from '@freshet/policy';
import type { Store } from '@freshet/ports';
import { read } from '@freshet/ports';
import { createVault } from './aes-vault.js';
import { ensureAdminKey } from './api-key.js';
import { connectorSet, tellConnectors } from './connector-set.js';
import { encryptionKey } from './encryption-key.js';
import { createClock, type EngineClock } from './engine-clock.js';
import { loadPolicyBook } from './policy-file.js';
import { createIds } from './random-ids.js';
import type { Settings } from './settings.js';

/** An audit works page by page under it. */
const LEASE_MS = 20_000;

export interface BuiltEngine {
  readonly engine: Engine;
  readonly clock: EngineClock;
  /** A key that this start made: shown once. */
  readonly madeApiKey: string | null;
  /** Whether the store was empty: nothing was ever imported. */
  readonly isFirstStart: boolean;
}

/** Every policy in use is kept under its version, so that its decisions can be decided again. */
const archivePolicy = async (store: Store, policies: PolicyBook, now: number): Promise<void> => {
  await store.turn(
    () => read('policyArchive', { id: policies.version }),
    (known) => ({
      effects:
        known === null ? [put('policyArchive', { id: policies.version, body: policies.archive, createdAt: now })] : [],
    }),
  );
};

/** The composition root: the one place that names concrete stores and the clock. */
export const buildEngine = async (settings: Settings, log: EngineLog): Promise<BuiltEngine> => {
  const policies = loadPolicyBook(settings.policyFile);
  const vault = createVault(encryptionKey(settings));
  const connectors = connectorSet(settings);
  const store = openSqliteStore({ file: settings.databaseFile });
  const clock = await createClock(store);
  const engine: Engine = {
    store,
    clock,
    ids: createIds(clock.now),
    ...connectors,
    vault,
    policies,
    log,
    workerId: randomUUID(),
    leaseMs: LEASE_MS,
  };
  tellConnectors(settings, log);
  await archivePolicy(store, policies, clock.now());
  const madeApiKey = await ensureAdminKey(store, settings.apiKey, clock.now());
  const first = await store.read('connectionsPage', { tenantId: DEFAULT_TENANT, limit: 1, before: null });
  return { engine, clock, madeApiKey, isFirstStart: first.length === 0 };
};

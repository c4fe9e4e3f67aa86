import type { Clock, Connectors, Ids, Store, Vault } from '@freshet/ports';
import type { PolicyBook, TurnInputs } from '@freshet/policy';
import type { ImportRow } from './import-connections.js';

/** Something that a person who runs the engine should be able to see; never carries a secret. */
export interface EngineLog {
  readonly info: (message: string, facts: Readonly<Record<string, unknown>>) => void;
  readonly warn: (message: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** What every turn needs of the world. Made once, where the process is put together. */
export interface Engine {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly connectors: Connectors;
  readonly vault: Vault;
  readonly policies: PolicyBook;
  readonly log: EngineLog;
  /** Random at each start: a lease names the process that holds it, not the machine. */
  readonly workerId: string;
  /** A call's deadline, and the longer lease that it runs under (real time). */
  readonly callTimeoutMs: number;
  readonly leaseMs: number;
  /** Sees what is about to be imported, and may complete it; the sandbox makes it exist at the emulator. */
  readonly beforeImport?: (rows: readonly ImportRow[]) => Promise<readonly ImportRow[]>;
}

export const turnInputs = (engine: Engine, cause: string): TurnInputs => ({
  now: engine.clock.now(),
  newId: engine.ids.next,
  cause,
});

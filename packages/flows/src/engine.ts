import type { ConnectorName, DurationMs, TenantId } from '@freshet/domain';
import type { Clock, Connectors, Ids, Store, Vault } from '@freshet/ports';
import type { PolicyBook, TurnInputs } from '@freshet/policy';
import type { ImportRow } from './import-connections.js';

/** Something that a person who runs the engine should be able to see; never carries a secret. */
export interface EngineLog {
  readonly info: (message: string, facts: Readonly<Record<string, unknown>>) => void;
  readonly warn: (message: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** How this process calls through one connector. */
export interface CallSettings {
  /** A call's deadline (real time). */
  readonly timeoutMs: DurationMs;
  /** Tasks at work at one provider at a time, of all tenants together. */
  readonly atOnce: number;
}

/** What every turn needs of the world. Made once, where the process is put together. */
export interface Engine {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The connectors that are switched on for a tenant: each tenant's have its own credentials. */
  readonly connectorsOf: (tenantId: TenantId) => Connectors;
  /** What has to be set for a connector to be on for a tenant; empty: this build has none of that name. */
  readonly connectorNeeds: (tenantId: TenantId, connector: ConnectorName) => readonly string[];
  readonly callsThrough: (connector: ConnectorName) => CallSettings;
  readonly vault: Vault;
  readonly policies: PolicyBook;
  readonly log: EngineLog;
  /** Random at each start: a lease names the process that holds it, not the machine. */
  readonly workerId: string;
  /** The shortest lease (real time); that of a call is longer than its deadline. */
  readonly leaseMs: number;
  /** Sees what is about to be imported, and may complete it; the sandbox makes it exist at the emulator. */
  readonly beforeImport?: (rows: readonly ImportRow[]) => Promise<readonly ImportRow[]>;
}

/** What an audit needs of it: no connector, no vault. */
export type AuditingEngine = Pick<Engine, 'store' | 'clock' | 'ids' | 'policies' | 'log' | 'workerId' | 'leaseMs'>;

export const turnInputs = (engine: Pick<Engine, 'clock' | 'ids'>, cause: string): TurnInputs => ({
  now: engine.clock.now(),
  newId: engine.ids.next,
  cause,
});

/** From a call's deadline to the end of its lease: the answer has to be written while it is still held. */
const WRITING_MS = 10_000;

/** The lease that a task's call runs under: longer than the deadline, whatever that is. */
export const callLeaseMs = (engine: Engine, connector: ConnectorName): DurationMs =>
  Math.max(engine.leaseMs, engine.callsThrough(connector).timeoutMs + WRITING_MS);

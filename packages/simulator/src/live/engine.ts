import type { Engine, EngineLog } from '@freshet/flows';
import type { PolicyBook } from '@freshet/policy';
import type { Connector, Store } from '@freshet/ports';
import { fixedClock, plainVault, sequentialIds, type FixedClock } from '@freshet/ports/memory';

/** Far longer than any call takes in a process; leases hold real time, which stands still here. */
const CALL_TIMEOUT_MS = 60_000;
/** A call takes no time here: none waits for another. */
const AT_ONCE = Number.MAX_SAFE_INTEGER;

/** An engine on virtual time, and what it warned of. */
export interface VirtualEngine {
  readonly engine: Engine;
  readonly clock: FixedClock;
  /** How often, by message. */
  readonly warnings: Readonly<Record<string, number>>;
}

export const virtualEngine = (
  start: number,
  store: Store,
  policies: PolicyBook,
  connectors: readonly Connector[],
): VirtualEngine => {
  const clock = fixedClock(start);
  const warnings: Record<string, number> = {};
  const log: EngineLog = {
    info: () => undefined,
    warn: (message) => {
      warnings[message] = (warnings[message] ?? 0) + 1;
    },
  };
  const on = new Map(connectors.map((connector) => [connector.name, connector]));
  const engine: Engine = {
    store,
    clock,
    ids: sequentialIds(start),
    connectorsOf: () => on,
    connectorNeeds: () => [],
    callsThrough: () => ({ timeoutMs: CALL_TIMEOUT_MS, atOnce: AT_ONCE }),
    vault: plainVault(),
    policies,
    log,
    workerId: 'simulator',
    leaseMs: 2 * CALL_TIMEOUT_MS,
  };
  return { engine, clock, warnings };
};

import { createMemoryStore } from '@freshet/ports/memory';
import { auditingEngine, NOW } from '../../src/contract/audit-rows.js';
import type { Engine } from '../../src/index.js';

export interface TestClock {
  now: number;
  realNow: number;
}

export interface TestEngine {
  readonly engine: Engine;
  readonly clock: TestClock;
  readonly store: ReturnType<typeof createMemoryStore>;
  readonly warnings: string[];
}

/** An engine over memory, whose time a test sets. Several may share a store, as several workers do. */
export const testEngine = (workerId = 'worker-1', shared?: TestEngine): TestEngine => {
  const store = shared?.store ?? createMemoryStore();
  const clock = shared?.clock ?? { now: NOW, realNow: NOW };
  const warnings: string[] = [];
  const engine = auditingEngine(store, {
    clock: { now: () => clock.now, realNow: () => clock.realNow },
    log: { info: () => undefined, warn: (message) => warnings.push(message) },
    workerId,
    ...(shared && { ids: shared.engine.ids }),
  });
  return { engine, clock, store, warnings };
};

import { expect } from '@jest/globals';
import type { Effect, Finding } from '@freshet/domain';
import { createMemoryStore } from '@freshet/ports/memory';
import { auditingEngine, NOW, plant } from '../../src/contract/audit-rows.js';
import { TENANT } from '../../src/contract/rig.js';
import { requestAudit, runAudit, type Check, type Engine } from '../../src/index.js';

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

/** What one check finds in a store with these rows; two rows a page, so that most of them cross one. */
export const findingsBy = async (
  check: Check,
  effects: readonly Effect[],
  { policies, pageSize = 2 }: { readonly policies?: Engine['policies']; readonly pageSize?: number } = {},
): Promise<readonly Finding[]> => {
  const { engine: made, store } = testEngine();
  const engine = policies === undefined ? made : { ...made, policies };
  await plant(store, ...effects);
  const { id } = await requestAudit(engine, TENANT, 'request');
  const run = await runAudit(engine, TENANT, id, { checks: [check], pageSize });
  expect(run).toMatchObject({ state: 'done', error: null });
  const findings = store.rows('finding');
  // The next night knows each of them again, by a key that no other has.
  const next = await requestAudit(engine, TENANT, 'request');
  const again = await runAudit(engine, TENANT, next.id, { checks: [check], pageSize });
  expect(again?.since?.stayed).toEqual(run?.counts);
  expect(new Set(findings.map(({ key }) => key)).size).toBe(findings.length);
  return findings;
};

import { DAY, formatInstant, idOf, insert, remove } from '@freshet/domain';
import type { AuditRun, Effect, TenantId } from '@freshet/domain';
import { read, StoreConflict } from '@freshet/ports';
import { turnInputs, type AuditingEngine } from '../engine.js';
import { auditChecks } from './checks.js';
import { emptyTally } from './tally.js';

const queued = (engine: AuditingEngine, tenantId: TenantId, trigger: AuditRun['trigger']): AuditRun => {
  const inputs = turnInputs(engine, trigger);
  return {
    id: idOf('audit', inputs.newId()),
    tenantId,
    trigger,
    state: 'queued',
    requestedAt: inputs.now,
    startedAt: null,
    endedAt: null,
    ...emptyTally(auditChecks),
    since: null,
    error: null,
  };
};

/** Leaves a queued audit for a worker. */
export const requestAudit = async (
  engine: AuditingEngine,
  tenantId: TenantId,
  trigger: AuditRun['trigger'],
): Promise<AuditRun> => {
  const run = queued(engine, tenantId, trigger);
  await engine.store.turn(
    () => read('audit', { tenantId, id: run.id }),
    () => ({ effects: [insert('audit', run)] }),
  );
  return run;
};

/** Marks of nights that nobody asks for any more. */
const MARKS_KEPT_MS = 7 * DAY;

const markOf = (tenantId: TenantId, at: number): string =>
  `nightly audit of ${tenantId} ${formatInstant(at).slice(0, 'yyyy-mm-dd'.length)}`;

const requestNightly = async (engine: AuditingEngine, tenantId: TenantId): Promise<AuditRun | undefined> => {
  const run = queued(engine, tenantId, 'nightly');
  const mark = markOf(tenantId, run.requestedAt);
  const decided = await engine.store.turn(
    () => read('setting', { id: mark }),
    (earlier): { readonly made?: AuditRun; readonly effects: readonly Effect[] } =>
      earlier !== null
        ? { effects: [] }
        : {
            made: run,
            // Inserted, never put: where two replicas ask in the same moment, the second one's turn fails as a whole.
            effects: [
              insert('setting', { id: mark, value: run.id }),
              insert('audit', run),
              remove('setting', markOf(tenantId, run.requestedAt - MARKS_KEPT_MS)),
            ],
          },
  );
  return decided.made;
};

/** One audit for each tenant with connections and UTC date, however often and wherever this is called; those that it made now. */
export const requestNightlyAudits = async (engine: AuditingEngine): Promise<readonly AuditRun[]> => {
  const made: AuditRun[] = [];
  const nextAfter = (after: string): Promise<TenantId | null> => engine.store.read('tenantAfter', { after });
  for (let tenantId = await nextAfter(''); tenantId !== null; tenantId = await nextAfter(tenantId)) {
    try {
      const run = await requestNightly(engine, tenantId);
      if (run !== undefined) made.push(run);
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
    }
  }
  return made;
};

import type { Effect, Task, TaskId, TenantId } from '@freshet/domain';
import { isOpen } from '@freshet/domain';
import { decideCancel, readReport, type Report } from '@freshet/policy';
import { turnInputs, type Engine } from './engine.js';
import { policyOf } from './load-refresh.js';
import { loadGroup, loadTask } from './load-task.js';
import { settle } from './run-task.js';

export type TaskResult =
  | { readonly kind: 'not-found' }
  | { readonly kind: 'not-allowed'; readonly task: Task }
  | { readonly kind: 'done'; readonly task: Task };

function* loadCancel(engine: Engine, tenantId: TenantId, id: TaskId) {
  const held = yield* loadTask(tenantId, id);
  const found = held === undefined ? undefined : yield* loadGroup(engine, held.task);
  return held && { ...held, group: found?.group ?? [] };
}

/** Cancels a queued task; one that runs may have been billed already. */
export const cancelTask = (engine: Engine, tenantId: TenantId, id: TaskId): Promise<TaskResult> =>
  engine.store.turn(
    () => loadCancel(engine, tenantId, id),
    (held): TaskResult & { readonly effects: readonly Effect[] } => {
      if (held === undefined) return { kind: 'not-found', effects: [] };
      const { cancelled, task, effects } = decideCancel(held, turnInputs(engine, id));
      return { kind: cancelled ? 'done' : 'not-allowed', task, effects };
    },
  );

export type ReportResult =
  | TaskResult
  /** Neither the outcome nor what the read was answered with says what became of it. */
  | { readonly kind: 'unclear' };

/** A caller's own report on the task that it holds. */
export const reportOutcome = async (
  engine: Engine,
  tenantId: TenantId,
  id: TaskId,
  report: Report,
): Promise<ReportResult> => {
  const task = await engine.store.read('task', { tenantId, id });
  const connection = task && (await engine.store.read('connection', { tenantId, id: task.connectionId }));
  if (task === null || connection === null) return { kind: 'not-found' };
  if (task.executor !== 'caller' || !isOpen(task.state)) return { kind: 'not-allowed', task };
  const outcome = readReport(report, policyOf(engine, connection));
  if (outcome === undefined) return { kind: 'unclear' };
  const after = await settle(engine, tenantId, id, outcome, null);
  return { kind: 'done', task: after ?? task };
};

import type { TaskId } from '@freshet/domain';
import type { Engine } from './engine.js';
import { runTask } from './run-task.js';

/** Runs what is due, so many at a time, and none of it twice in this process. */
export interface Dispatcher {
  /** Starts what is due now, as far as there is room; resolves once that has been started, not ended. */
  readonly tick: () => Promise<void>;
  /** Everything that is under way has ended. */
  readonly idle: () => Promise<void>;
}

export const createDispatcher = (engine: Engine, concurrency: number): Dispatcher => {
  const running = new Map<TaskId, Promise<void>>();

  const launch = (tenantId: Parameters<typeof runTask>[1], id: TaskId): void => {
    const done = runTask(engine, tenantId, id)
      .catch((error: unknown) => engine.log.warn('a task step failed', { taskId: id, error: String(error) }))
      .finally(() => running.delete(id));
    running.set(id, done);
  };

  const tick = async (): Promise<void> => {
    const room = concurrency - running.size;
    if (room <= 0) return;
    const due = await engine.store.read('dueTasks', {
      now: engine.clock.now(),
      realNow: engine.clock.realNow(),
      // Those that are under way here may still look due.
      limit: room + running.size,
    });
    for (const { tenantId, id } of due) {
      if (running.size < concurrency && !running.has(id)) launch(tenantId, id);
    }
  };

  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running.values());
  };

  return { tick, idle };
};

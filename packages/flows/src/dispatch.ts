import type { TaskId } from '@freshet/domain';
import type { Engine } from './engine.js';
import { runTask } from './run-task.js';

/** Runs what is due, so many at a time, and none of it twice in this process. */
export interface Dispatcher {
  /** Starts what is due now, as far as there is room: how much. It has been started then, not ended. */
  readonly tick: () => Promise<number>;
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

  const tick = async (): Promise<number> => {
    const room = concurrency - running.size;
    if (room <= 0) return 0;
    const due = await engine.store.read('dueTasks', {
      now: engine.clock.now(),
      realNow: engine.clock.realNow(),
      // Those that are under way here may still look due.
      limit: room + running.size,
    });
    let launched = 0;
    for (const { tenantId, id } of due) {
      if (running.size >= concurrency || running.has(id)) continue;
      launch(tenantId, id);
      launched += 1;
    }
    return launched;
  };

  const idle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running.values());
  };

  return { tick, idle };
};

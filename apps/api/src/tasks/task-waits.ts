import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { isOpen, MINUTE, type DurationMs, type Task, type TaskId, type TenantId } from '@freshet/domain';
import type { Engine } from '@freshet/flows';
import { ENGINE } from '../engine/engine.token.js';

/** A connection that nothing moves on for longer is cut by many proxies. */
export const LONGEST_WAIT_MS: DurationMs = MINUTE;
/** How often a task that somebody waits for is looked at: one read by its key. */
const LOOK_EVERY_MS: DurationMs = 200;
/** Who comes after so many is answered at once, with the task as it stands. */
const MOST_WAITING = 500;

/** Callers that hold on until their task has ended. */
@Injectable()
export class TaskWaits implements OnModuleDestroy {
  private readonly closing = new AbortController();
  private waiting = 0;

  constructor(@Inject(ENGINE) private readonly engine: Engine) {}

  /** The task once it has ended; as it stands when that takes longer, the caller is gone, or the service stops. */
  async whenEnded(tenantId: TenantId, id: TaskId, waitMs: DurationMs, gone: AbortSignal): Promise<Task | null> {
    const stop = AbortSignal.any([gone, this.closing.signal]);
    const until = performance.now() + (this.waiting < MOST_WAITING ? waitMs : 0);
    this.waiting += 1;
    try {
      for (;;) {
        const task = await this.engine.store.read('task', { tenantId, id });
        const leftMs = until - performance.now();
        if (task === null || !isOpen(task.state) || leftMs <= 0 || stop.aborted) return task;
        await pause(Math.min(LOOK_EVERY_MS, leftMs), undefined, { signal: stop }).catch(() => undefined);
      }
    } finally {
      this.waiting -= 1;
    }
  }

  onModuleDestroy(): void {
    this.closing.abort();
  }
}

import { closureId, update } from '@freshet/domain';
import type { ClosureFacts, DurationMs, Effect, Instant, Task, TaskId } from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';

/** A breaker whose pause is over, or that this task is trying already. */
const isToBeTried = ({ kind, until, probe = null }: ClosureFacts, taskId: TaskId, now: Instant): boolean =>
  kind === 'breaker' && until !== null && (until <= now || probe === taskId);

/**
 * The first task that is let through after the pause is the probe: it shuts the door behind itself, in the turn that lets
 * it through, until its own end is known (or the time for it is over, should its worker be gone).
 */
export const probeEffects = (
  closures: readonly ClosureFacts[],
  task: Task,
  policy: RefreshPolicy,
  leaseMs: DurationMs,
  now: Instant,
): readonly Effect[] =>
  closures
    .filter((closure) => isToBeTried(closure, task.id, now))
    .map(({ scope, scopeKey }) => {
      const { tenantId, connector, provider } = task;
      const id = closureId({ tenantId, connector, provider, scope, scopeKey, kind: 'breaker' });
      return update('closure', id, { until: now + Math.max(policy.breaker.probeMs, leaseMs), probe: task.id });
    });

import { DAY, formatInstant, HOUR, MINUTE } from '@freshet/domain';
import type { Closure, Instant, Task } from '@freshet/domain';
import { read, type Loader } from '@freshet/ports';
import { defineCheck, type AuditPlace, type Found } from './check.js';

/** An open task, and what closes its provider now. */
export interface OpenTask {
  readonly task: Task;
  readonly closed: boolean;
}

/** An unanswered call is given up at its time; a look may come this much later. */
export const GIVE_UP_GRACE_MS = 5 * MINUTE;
/** A due task waits for a worker at most so long on a busy day. */
export const DUE_GRACE_MS = 15 * MINUTE;

/** Whether it closes that provider now, to whatever is asked through that connector. */
export const closes = (
  closure: Closure,
  { provider, connector }: Pick<Task, 'provider' | 'connector'>,
  now: Instant,
): boolean =>
  closure.provider === provider &&
  (closure.connector === '*' || closure.connector === connector) &&
  (closure.until === null || closure.until > now);

function* openTasks({ tenantId, now, after, limit }: AuditPlace): Loader<readonly OpenTask[]> {
  const tasks = yield* read('openTasksScan', { tenantId, after, limit });
  if (tasks.length === 0) return [];
  const closures = yield* read('closuresOfTenant', { tenantId, scope: 'provider' });
  return tasks.map((task) => ({ task, closed: closures.some((closure) => closes(closure, task, now)) }));
}

interface Fault {
  readonly severity: Found['severity'];
  readonly summary: string;
  readonly action: string;
}

/** `2 d 3 h`: the two largest parts say enough. */
const late = (since: Instant, now: Instant): string => {
  const parts = [
    [Math.floor((now - since) / DAY), 'd'],
    [Math.floor(((now - since) % DAY) / HOUR), 'h'],
    [Math.floor(((now - since) % HOUR) / MINUTE), 'min'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).slice(0, 2);
  return said.map(([count, unit]) => `${count} ${unit}`).join(' ');
};

const neverEnding = ({ giveUpAt }: Task, now: Instant): Fault | undefined =>
  giveUpAt === null || now - giveUpAt <= GIVE_UP_GRACE_MS
    ? undefined
    : {
        severity: 'critical',
        summary: `its call should have been given up ${late(giveUpAt, now)} ago, and it still holds its limits and money`,
        action: 'Check that the engine runs and can write; it gives the task up at its next look.',
      };

const withoutDueTime = ({ dueAt, state }: Task): Fault | undefined =>
  dueAt !== null
    ? undefined
    : {
        severity: 'critical',
        summary: `it is ${state} without a time at which anybody looks at it again: it cannot end by itself`,
        action: 'Report this as a bug of Freshet, with the evidence; the task blocks its connection until it is ended.',
      };

const notTakenUp = ({ task: { dueAt, state }, closed }: OpenTask, now: Instant): Fault | undefined =>
  dueAt === null || now - dueAt <= DUE_GRACE_MS || (closed && state === 'queued')
    ? undefined
    : {
        severity: 'warning',
        summary: `it is ${state} and has been due for ${late(dueAt, now)}, though nothing closes its provider`,
        action: 'Check that a worker runs, and that the connector is switched on; add workers if many tasks wait.',
      };

const instant = (at: Instant | null): string | null => (at === null ? null : formatInstant(at));

/** The worst of what is wrong with it: one finding a task. */
export const judgeOpenTask = (open: OpenTask, now: Instant): readonly Found[] => {
  const { task } = open;
  const fault = withoutDueTime(task) ?? neverEnding(task, now) ?? notTakenUp(open, now);
  if (fault === undefined) return [];
  const found: Found = {
    key: task.id,
    severity: fault.severity,
    connectionId: task.connectionId,
    summary: `a refresh is stuck: ${fault.summary}`,
    action: fault.action,
    money: task.charge === 'reserved' ? task.cost : null,
    evidence: {
      taskId: task.id,
      state: task.state,
      executor: task.executor,
      provider: task.provider,
      queuedAt: formatInstant(task.queuedAt),
      dueAt: instant(task.dueAt),
      giveUpAt: instant(task.giveUpAt),
      leaseOwner: task.leaseOwner,
      leaseUntil: instant(task.leaseUntil),
      polls: task.polls,
    },
  };
  return [found];
};

export const stuckTasks = defineCheck<OpenTask>({
  name: 'stuck-tasks',
  question:
    'Does every refresh that was started come to an end in time, so that it holds neither limits nor money for ever?',
  rows: openTasks,
  keyOf: ({ task }) => task.id,
  judge: judgeOpenTask,
});

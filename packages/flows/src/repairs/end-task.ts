import { formatInstant, isOpen } from '@freshet/domain';
import type { Closure, RefreshProgress, Task, TaskId, TenantId } from '@freshet/domain';
import { decideUnstuck, type Unstuck } from '@freshet/policy';
import { read, type Loader } from '@freshet/ports';
import { closes, judgeOpenTask } from '../audit/stuck-tasks.js';
import { turnInputs, type Engine } from '../engine.js';
import { loadOutcome, type OutcomeLoad } from '../load-task.js';
import { lookAtTask } from '../run-task.js';
import { ALREADY_RIGHT, causeOf, notRepairable, recordedTurn, type Attempt, type Repairing } from './recorded.js';

const words: Readonly<Record<Exclude<Unstuck['kind'], 'right' | 'held'>, string>> = {
  freed: 'The lease of a worker that is gone was taken off: the task goes on by itself.',
  released: 'It was never sent: it was ended, and its money released.',
  'looked-at': 'It was given a time at which it is looked at again.',
  ended: 'It was ended as its provider shows it, or as uncertain where nobody can tell.',
};

/** What its provider shows of a call that was made: a look, which costs nothing. */
const lookedAt = async (engine: Engine, task: Task | null): Promise<RefreshProgress | null> => {
  if (task?.state !== 'running' || task.executor !== 'engine' || task.leaseUntil !== null) return null;
  const connector = engine.connectorsOf(task.tenantId).get(task.connector);
  if (connector === undefined) return null;
  const pull = await engine.store.read('pull', { tenantId: task.tenantId, id: task.pullId });
  if (pull === null || pull.state === 'reserved') return null;
  return (await lookAtTask(engine, connector, task)) ?? null;
};

interface StuckLoad {
  readonly load: OutcomeLoad | undefined;
  readonly closures: readonly Closure[];
}

function* loadStuck(engine: Engine, tenantId: TenantId, id: TaskId, seen: RefreshProgress | null): Loader<StuckLoad> {
  return {
    load: yield* loadOutcome(engine, tenantId, id, seen === null ? null : { answer: seen, phase: 'look' }),
    closures: yield* read('closuresOfTenant', { tenantId, scope: 'provider' }),
  };
}

/** A lease that has run out is freed whatever else; else it is stuck as the audit sees it. */
const isStuck = ({ load, closures }: StuckLoad, now: number, realNow: number): boolean => {
  if (load === undefined) return false;
  const { task } = load.facts;
  if (!isOpen(task.state)) return false;
  if (task.leaseUntil !== null && task.leaseUntil <= realNow) return true;
  const closed = closures.some((closure) => closes(closure, task, now));
  return judgeOpenTask({ task, closed }, now).length > 0;
};

/** Ends a refresh that is stuck as the engine would; a call is never made for it. */
export const endTask = async (repairing: Repairing, id: TaskId): Promise<Attempt> => {
  const { engine, finding } = repairing;
  const { tenantId } = finding;
  const seen = await lookedAt(engine, await engine.store.read('task', { tenantId, id }));
  return recordedTurn(
    repairing,
    () => loadStuck(engine, tenantId, id, seen),
    (facts) => {
      const [now, realNow] = [engine.clock.now(), engine.clock.realNow()];
      if (facts.load === undefined || !isStuck(facts, now, realNow)) return ALREADY_RIGHT;
      const { facts: outcome, policy } = facts.load;
      const unstuck = decideUnstuck(outcome, seen, policy, realNow, turnInputs(engine, causeOf(repairing)));
      if (unstuck.kind === 'right') return ALREADY_RIGHT;
      if (unstuck.kind === 'held') {
        return notRepairable(`a worker holds it until ${formatInstant(unstuck.until)}: ask again then`);
      }
      const { task, pull, group, counters } = outcome;
      return { what: words[unstuck.kind], rows: [task, pull, ...group, ...counters], effects: unstuck.effects };
    },
  );
};

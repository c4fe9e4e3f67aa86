import { closureId, MINUTE, put } from '@freshet/domain';
import type { ClosureScope, Connection, DurationMs, Effect, Instant, Task } from '@freshet/domain';
import { readLimited } from '../limits/limited-sign.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import type { OutcomeFacts } from './decide-outcome.js';
import type { Resolution } from './resolution.js';

const keyOf = (scope: ClosureScope, task: Task, connection: Connection | undefined): string => {
  if (scope === 'group') return task.groupKey;
  if (scope === 'connection') return task.connectionId;
  return scope === 'institution' ? (connection?.institutionId ?? '') : '';
};

/** A maintenance without an end is looked at again so often: what asks then is refused without a charge. */
const MAINTENANCE_LOOK_MS: DurationMs = 15 * MINUTE;

type Around = Required<Pick<OutcomeFacts, 'group' | 'closures'>>;
type Maintenance = NonNullable<Resolution['maintenance']>;

const closureOf = (
  task: Task,
  kind: 'limited' | 'maintenance',
  scope: ClosureScope,
  until: Instant,
  { group, closures }: Around,
  inputs: TurnInputs,
): Effect => {
  const connection = group.find((member) => member.id === task.connectionId);
  const { tenantId, connector, provider } = task;
  const subject = { tenantId, connector, provider, scope, scopeKey: keyOf(scope, task, connection), kind } as const;
  const id = closureId(subject);
  const before = closures.find((closure) => closure.id === id)?.until ?? until;
  return put('closure', { id, ...subject, until: Math.max(until, before), probe: null, at: inputs.now });
};

/** Nothing is forced at a bank, or a provider, that is in maintenance; an end that is past is none. */
const maintenance = (
  task: Task,
  { who, until: told }: Maintenance,
  around: Around,
  { execution }: RefreshPolicy,
  inputs: TurnInputs,
): readonly Effect[] => {
  const until =
    told !== null && told > inputs.now
      ? Math.min(told, inputs.now + execution.maxBlockMs)
      : inputs.now + MAINTENANCE_LOOK_MS;
  return [closureOf(task, 'maintenance', who, until, around, inputs)];
};

/**
 * What a limit that the provider told closes, and until when: no longer than is believable, and where it told a time that
 * is past, as long as where it told none (a header must not close a connection for ever, or not at all): until what the
 * provider's code says is spent comes back, else for the catalogue's `untoldBlock`. A block that was
 * told before and lasts longer stands: a vaguer word does not shorten it.
 */
export const learnedClosure = (
  task: Task,
  resolution: Resolution,
  { group, closures = [] }: Pick<OutcomeFacts, 'group' | 'closures'>,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): readonly Effect[] => {
  if (resolution.maintenance !== null)
    return maintenance(task, resolution.maintenance, { group, closures }, policy, inputs);
  if (resolution.limited === null) return [];
  const { until: told, said = null } = resolution.limited;
  const read = readLimited(policy, said, inputs.now);
  const scope = read.scope ?? resolution.limited.scope;
  const { untoldBlockMs, maxBlockMs } = policy.execution;
  const isToCome = told !== null && told > inputs.now;
  const until = isToCome ? Math.min(told, inputs.now + maxBlockMs) : (read.until ?? inputs.now + untoldBlockMs);
  return [closureOf(task, 'limited', scope, until, { group, closures }, inputs)];
};

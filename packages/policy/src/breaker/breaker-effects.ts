import { breakerScopes, closureId, put, remove } from '@freshet/domain';
import type { Breaker, BreakerEnd, BreakerScope, Closure, Connection, Effect, Pull, Task } from '@freshet/domain';
import { spread } from '../outcome/backoff.js';
import type { CallEnd, Phase } from '../outcome/resolution.js';
import type { BreakerRule, RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import { afterEnd, afterProbe, type BreakerState } from './rule.js';
import { signsOf } from './signs.js';

/** What has to be known of the breakers over a task when it ends. */
export interface BreakerFacts {
  readonly task: Task;
  readonly group: readonly Connection[];
  /** The pull that the answer is of. */
  readonly pull?: Pick<Pull, 'sentAt'>;
  readonly closures?: readonly Closure[];
  /** Of the provider and of the institution, as far as there are any. */
  readonly breakers?: readonly Breaker[];
}

type Subject = Pick<Breaker, 'id' | 'tenantId' | 'connector' | 'provider' | 'scope' | 'scopeKey'>;

/** The breakers that guard a task at one institution; a connection without one is behind its provider's alone. */
export const breakersOver = (
  { tenantId, connector, provider }: Pick<Task, 'tenantId' | 'connector' | 'provider'>,
  institutionId: string,
): readonly Subject[] =>
  breakerScopes
    .map((scope) => ({ scope, scopeKey: scope === 'provider' ? '' : institutionId }))
    .filter(({ scope, scopeKey }) => scope === 'provider' || scopeKey !== '')
    .map((of) => {
      const subject = { tenantId, connector, provider, ...of };
      return { ...subject, id: closureId({ ...subject, kind: 'breaker' }) };
    });

const written = (subject: Subject, state: BreakerState, before: Breaker | undefined, at: number): readonly Effect[] => {
  const { ends, opened, until } = state;
  if (until !== null) {
    return [
      put('closure', { ...subject, kind: 'breaker', until, probe: null, at }),
      put('breaker', { ...subject, ends, opened, at }),
    ];
  }
  if (ends.length > 0) return [put('breaker', { ...subject, ends, opened, at })];
  return before === undefined ? [] : [remove('breaker', subject.id)];
};

/**
 * Only a task that was let through to try it has sent anything since the door was shut. One that took longer than a probe
 * is waited for still shows by its success that it is over, whoever tries it now.
 */
const wasProbe = (door: Closure, end: BreakerEnd, pull: BreakerFacts['pull']): boolean =>
  door.probe === end.taskId || (!end.failed && (pull?.sentAt ?? door.at) > door.at);

/** What comes of one end; undefined where it changes nothing. */
const stateAfter = (
  door: Closure | undefined,
  before: Breaker | undefined,
  end: BreakerEnd,
  pull: BreakerFacts['pull'],
  scope: BreakerScope,
  rule: BreakerRule,
): BreakerState | undefined => {
  const opened = before?.opened ?? 0;
  const jitter = spread(`${end.taskId}/${opened}`);
  if (door === undefined) {
    if (before === undefined && !end.failed) return undefined;
    return afterEnd(before?.ends ?? [], end, scope, rule, jitter);
  }
  // While it is open only the task that tries it tells anything: the others were sent before.
  return wasProbe(door, end, pull) ? afterProbe(Math.max(1, opened), end, rule, jitter) : undefined;
};

/** What an answer does to the breakers of its provider and its institution. */
export const breakerEffects = (
  { task, group, pull, closures = [], breakers = [] }: BreakerFacts,
  answer: CallEnd,
  phase: Phase,
  { breaker: rule }: RefreshPolicy,
  { now }: TurnInputs,
): readonly Effect[] => {
  const signs = signsOf(answer, phase);
  const institutionId = group.find(({ id }) => id === task.connectionId)?.institutionId ?? '';
  return breakersOver(task, institutionId).flatMap((subject) => {
    const sign = signs[subject.scope];
    if (sign === null) return [];
    const perhaps = sign === 'maybe-down' && subject.scope === 'provider' ? institutionId : null;
    const end: BreakerEnd = { taskId: task.id, at: now, failed: sign !== 'up', perhaps };
    const door = closures.find(({ id }) => id === subject.id);
    const before = breakers.find(({ id }) => id === subject.id);
    const after = stateAfter(door, before, end, pull, subject.scope, rule);
    if (after === undefined) return [];
    const opens = door !== undefined && after.until === null ? [remove('closure', subject.id)] : [];
    return [...opens, ...written(subject, after, before, now)];
  });
};

import { describe, expect, test } from '@jest/globals';
import { closureId } from './closure.js';
import { DEFAULT_TENANT } from './ids.js';
import { countedPullStates, pullStates, succeedingPullStates } from './pull.js';
import { isOpen, openTaskStates, taskStates, taskTransitions } from './task.js';

describe('a task', () => {
  test('holds its group only while it is queued or running', () => {
    expect(taskStates.filter(isOpen)).toEqual([...openTaskStates]);
  });

  test.each(taskStates.filter((state) => !isOpen(state)))('that is %s never moves again', (state) => {
    expect(taskTransitions[state]).toEqual([]);
  });

  test('reaches every state from queued', () => {
    const reached = new Set(['queued', ...taskTransitions.queued, ...taskTransitions.running]);
    expect([...reached].sort()).toEqual([...taskStates].sort());
  });

  test('is cancelled only while nothing was sent', () => {
    expect(taskTransitions.queued).toContain('cancelled');
    expect(taskTransitions.running).not.toContain('cancelled');
  });
});

describe('a pull', () => {
  test('counts unless it surely did not happen', () => {
    expect(pullStates.filter((state) => !(countedPullStates as readonly string[]).includes(state))).toEqual([
      'refused',
      'released',
    ]);
  });

  test('that failed is the only counted one that cannot be a success any more', () => {
    expect(countedPullStates.filter((state) => !(succeedingPullStates as readonly string[]).includes(state))).toEqual([
      'failed',
    ]);
  });
});

describe('the name of a closure', () => {
  const subject = {
    tenantId: DEFAULT_TENANT,
    connector: 'meld',
    provider: 'MX',
    scope: 'group',
    scopeKey: 'a',
    kind: 'limited',
  } as const;

  test('is the same for the same subject: putting it again replaces it', () => {
    expect(closureId({ ...subject })).toBe(closureId(subject));
  });

  test.each([
    ['another connector', { connector: 'mx' }],
    ['another scope', { scope: 'institution' as const }],
    ['another key', { scopeKey: 'b' }],
    ['another kind', { kind: 'paused' as const }],
    ['a separator in a name', { provider: 'MX","group' }],
  ])('differs for %s', (_what, change) => {
    expect(closureId({ ...subject, ...change })).not.toBe(closureId(subject));
  });
});

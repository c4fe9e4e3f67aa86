import { describe, expect, test } from '@jest/globals';
import { closureId, HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { Breaker, BreakerEnd, Closure, Effect, Task } from '@freshet/domain';
import { connection, inputs, noon, policy, running, taskId, tenant } from '../../test/given.js';
import type { CallEnd, Phase } from '../outcome/resolution.js';
import { breakerEffects } from './breaker-effects.js';
import { probeEffects } from './door.js';
import { signsOf } from './signs.js';

const unavailable = (who: 'institution' | 'provider'): CallEnd => ({
  kind: 'unavailable',
  who,
  retryAt: null,
  message: 'down',
});
const done: CallEnd = { kind: 'done', asOf: noon, newData: true };
const unknown: CallEnd = { kind: 'unknown', message: 'no reply' };

/** What each answer says of the provider, and of the institution. */
const rows: readonly (readonly [CallEnd, Phase, string | null, string | null])[] = [
  [{ kind: 'accepted', providerTaskId: null, coalesced: false }, 'call', 'up', null],
  [{ kind: 'busy', runningId: null }, 'call', 'up', null],
  [{ kind: 'limited', until: null, scope: 'provider' }, 'call', 'up', null],
  [{ kind: 'refused', message: 'no' }, 'call', 'up', null],
  [{ kind: 'customer-needed', event: 'failed_login_required', message: 'log in' }, 'look', 'up', null],
  [done, 'call', 'up', 'up'],
  [{ kind: 'partial', asOf: null, newData: null, products: null }, 'look', 'up', 'up'],
  [unavailable('provider'), 'call', 'down', null],
  [unavailable('institution'), 'look', 'up', 'down'],
  [unknown, 'call', 'maybe-down', 'maybe-down'],
  [unknown, 'look', null, null],
  [{ kind: 'pending' }, 'look', null, null],
  [{ kind: 'never-sent', message: 'gone' }, 'call', null, null],
];

describe('what an answer says', () => {
  test.each(rows.map((row) => [JSON.stringify(row[0]), row] as const))('%s', (_name, row) => {
    const [answer, phase, provider, institution] = row;
    expect(signsOf(answer, phase)).toEqual({ provider, institution });
  });
});

const about = { tenantId: tenant, connector: 'meld', provider: 'MX' } as const;
const scoped = (scope: 'provider' | 'institution') =>
  ({ ...about, scope, scopeKey: scope === 'provider' ? '' : 'bank-1' }) as const;
const idOfScope = (scope: 'provider' | 'institution') => closureId({ ...scoped(scope), kind: 'breaker' });

const breaker = (scope: 'provider' | 'institution', over: Partial<Breaker> = {}): Breaker => ({
  ...scoped(scope),
  id: idOfScope(scope),
  ends: [],
  opened: 0,
  at: noon,
  ...over,
});
const door = (scope: 'provider' | 'institution', over: Partial<Closure> = {}): Closure => ({
  ...scoped(scope),
  id: idOfScope(scope),
  kind: 'breaker',
  until: noon + MINUTE,
  probe: null,
  at: noon,
  ...over,
});
const failedBefore = (count: number, perhaps: string | null = null): readonly BreakerEnd[] =>
  Array.from({ length: count }, (_, index) => ({ taskId: taskId(`b${index}`), at: noon - 1, failed: true, perhaps }));

const after = (
  answer: CallEnd,
  facts: { readonly breakers?: readonly Breaker[]; readonly closures?: readonly Closure[]; readonly task?: Task } = {},
): readonly Effect[] =>
  breakerEffects({ task: running(), group: [connection()], ...facts }, answer, 'call', policy(), inputs(noon));

const words = (effects: readonly Effect[]): readonly string[] =>
  effects.map((effect) => `${effect.do} ${effect.record}`);

describe('an end while nothing is shut', () => {
  test('a success writes nothing where nothing had failed', () => {
    expect(after(done)).toEqual([]);
  });

  test('a failure is kept, at the provider and at the institution', () => {
    expect(after(unknown)).toMatchObject([
      { do: 'put', record: 'breaker', row: { scope: 'provider', ends: [{ failed: true, perhaps: 'bank-1' }] } },
      { do: 'put', record: 'breaker', row: { scope: 'institution', ends: [{ failed: true, perhaps: null }] } },
    ]);
    expect(after(unavailable('provider'))).toMatchObject([{ row: { scope: 'provider', ends: [{ perhaps: null }] } }]);
  });

  test('the last of enough failures shuts it', () => {
    const effects = after(unavailable('institution'), {
      breakers: [breaker('institution', { ends: failedBefore(2) })],
    });
    expect(effects).toMatchObject([
      { do: 'put', record: 'closure', row: { kind: 'breaker', scope: 'institution', scopeKey: 'bank-1', probe: null } },
      { do: 'put', record: 'breaker', row: { ends: [], opened: 1 } },
    ]);
    const [put] = effects as readonly { readonly row: Closure }[];
    expect(put?.row.id).toBe(idOfScope('institution'));
    expect(put?.row.until).toBeGreaterThanOrEqual(noon + 15 * SECOND);
    expect(put?.row.until).toBeLessThanOrEqual(noon + 30 * SECOND);
  });

  test('the last failure that a success leaves is the end of it', () => {
    const own = [{ taskId: running().id, at: noon - 1, failed: true, perhaps: null }];
    expect(words(after(done, { breakers: [breaker('provider', { ends: own })] }))).toEqual(['remove breaker']);
  });

  test('a connection without an institution is behind its provider’s alone', () => {
    const facts = { task: running(), group: [connection('a', { institutionId: '' })] };
    expect(words(breakerEffects(facts, unknown, 'call', policy(), inputs(noon)))).toEqual(['put breaker']);
  });
});

describe('an end while it is shut', () => {
  const breakers = [breaker('provider', { opened: 2 })];

  test('changes nothing where another task tries it, or none does yet', () => {
    for (const probe of [null, taskId('other')]) {
      expect(after(unavailable('provider'), { breakers, closures: [door('provider', { probe })] })).toEqual([]);
      expect(after(done, { breakers, closures: [door('provider', { probe })] })).toEqual([]);
    }
  });

  test('of the task that tries it: a success closes it', () => {
    const closures = [door('provider', { probe: running().id })];
    expect(words(after(done, { breakers, closures }))).toEqual(['remove closure', 'remove breaker']);
  });

  test.each([
    [noon - 1, done, []],
    [noon, done, []],
    [noon + 1, done, ['remove closure', 'remove breaker']],
    [noon + 1, unavailable('provider'), []],
  ] as const)('of one that was sent at %i and is not waited for any more: %j', (sentAt, answer, expected) => {
    const closures = [door('provider', { probe: taskId('other') })];
    const facts = { task: running(), group: [connection()], pull: { sentAt }, breakers, closures };
    expect(words(breakerEffects(facts, answer, 'call', policy(), inputs(noon + MINUTE)))).toEqual(expected);
  });

  test('of the task that tries it: a failure shuts it longer', () => {
    const closures = [door('provider', { probe: running().id })];
    const [shut, kept] = after(unavailable('provider'), { breakers, closures }) as readonly { readonly row: Closure }[];
    expect(kept).toMatchObject({ do: 'put', record: 'breaker', row: { opened: 3 } });
    expect(shut?.row.probe).toBeNull();
    expect(shut?.row.until).toBeGreaterThanOrEqual(noon + MINUTE);
  });
});

describe('the task that is let through', () => {
  const tries = (closure: Closure, now = noon, leaseMs = SECOND) =>
    probeEffects([closure], running(), policy(), leaseMs, now);

  test('shuts the door behind itself, once the pause is over', () => {
    expect(tries(door('provider', { until: noon }))).toEqual([
      {
        do: 'update',
        record: 'closure',
        id: idOfScope('provider'),
        set: { until: noon + 5 * MINUTE, probe: running().id },
      },
    ]);
    expect(tries(door('provider', { until: noon + 1 }))).toEqual([]);
    expect(tries(door('provider', { until: noon + 1, probe: taskId('other') }))).toEqual([]);
  });

  test('is waited for at least as long as its lease lasts', () => {
    expect(tries(door('provider', { until: noon }), noon, HOUR)).toMatchObject([{ set: { until: noon + HOUR } }]);
  });

  test('tries on where it was put back', () => {
    expect(tries(door('institution', { until: noon + 1, probe: running().id }))).toHaveLength(1);
  });

  test('tries no pause, and nothing that a provider told', () => {
    expect(tries(door('provider', { kind: 'paused', until: null }))).toEqual([]);
    expect(tries(door('provider', { kind: 'limited', until: noon }))).toEqual([]);
  });
});

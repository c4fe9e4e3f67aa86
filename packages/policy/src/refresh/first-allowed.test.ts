import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { ClosureKind, Decision, RefreshFacts, RefreshRequest } from '@freshet/domain';
import { budget, cooldown, facts, noon, policy, providerManaged, request, window } from '../../test/given.js';
import type { RefreshPolicy } from '../policy.js';
import { renderRefusal } from '../reasons/render-refusal.js';
import { decideRefresh } from './decide-refresh.js';

const closure = (kind: ClosureKind, until: number | null): RefreshFacts['closures'][number] => ({
  scope: 'provider',
  scopeKey: '',
  kind,
  until,
});
const cooling = { cooldown: { count: 1, oldestAt: noon - 2 * HOUR, latestAt: noon - 2 * HOUR } };
const broke = budget({ amountMicros: 120_000, chargedMicros: 1, periodEnd: noon + 2 * DAY });

const decide = (
  seen: Partial<RefreshFacts>,
  rules: Partial<RefreshPolicy> = {},
  asked: Partial<RefreshRequest> = { mode: 'force' },
): Decision => decideRefresh(facts(seen), request(asked), policy({ limits: [cooldown()], ...rules }));

const longer = ({ reasons }: Decision) => reasons.filter((reason) => reason.code === 'HELD_LONGER');

describe('a refusal names the time when all that holds it back has passed', () => {
  test.each<[string, Partial<RefreshFacts>, Decision['refusal'], number, string | null]>([
    [
      'closed for less than the cooldown',
      { closures: [closure('breaker', noon + 1)], usage: cooling },
      'provider-closed',
      noon + HOUR,
      'limits',
    ],
    [
      'closed for as long',
      { closures: [closure('breaker', noon + HOUR)], usage: cooling },
      'provider-closed',
      noon + HOUR,
      null,
    ],
    [
      'closed for longer',
      { closures: [closure('breaker', noon + HOUR + 1)], usage: cooling },
      'provider-closed',
      noon + HOUR + 1,
      null,
    ],
    [
      'closed, and told to wait',
      { closures: [closure('paused', noon + 1), closure('limited', noon + DAY)] },
      'provider-closed',
      noon + DAY,
      'limits',
    ],
    [
      'closed, and without money',
      { closures: [closure('paused', noon + 1)], budgets: [broke] },
      'provider-closed',
      broke.periodEnd,
      'budget',
    ],
    ['limited, and without money', { usage: cooling, budgets: [broke] }, 'rate-limited', broke.periodEnd, 'budget'],
    [
      'limited until after the period',
      { closures: [closure('limited', noon + 3 * DAY)], budgets: [broke] },
      'rate-limited',
      noon + 3 * DAY,
      null,
    ],
    [
      'all three',
      { closures: [closure('paused', noon + MINUTE)], usage: cooling, budgets: [broke] },
      'provider-closed',
      broke.periodEnd,
      'budget',
    ],
  ])('%s', (_what, seen, refusal, at, by) => {
    const decision = decide(seen);
    expect(decision).toMatchObject({ verdict: 'refuse', refusal, retryAt: at, nextForcedAt: at });
    expect(longer(decision).map((reason) => reason.data)).toEqual(by === null ? [] : [{ by, until: at }]);
    expect(renderRefusal(decision)?.when).toContain(new Date(at).toISOString());
    const waits = decide(seen, { background: providerManaged }, {});
    expect(waits).toMatchObject({ verdict: 'wait', retryAt: null, nextForcedAt: at });
    expect(waits.reasons.at(-1)?.code).toBe('BACKGROUND_INSTEAD');
  });

  test.each<[string, Partial<RefreshFacts>, Partial<RefreshPolicy>, string]>([
    [
      'a pause that nobody ended, behind it a cooldown',
      { closures: [closure('paused', null)], usage: cooling },
      {},
      'provider-closed',
    ],
    [
      'a maintenance, and a limit without a place',
      { closures: [closure('maintenance', noon + 1)] },
      { limits: [window({ reserveForAttended: 2 })] },
      'provider-closed',
    ],
    [
      'a maintenance, and nobody there',
      { closures: [closure('maintenance', noon + 1)] },
      { forced: { available: true, unattended: false, executor: 'engine' } },
      'provider-closed',
    ],
    [
      'a block without an end, and no money',
      { closures: [closure('limited', null)], budgets: [broke] },
      {},
      'rate-limited',
    ],
  ])('none, where one has no known end: %s', (_what, seen, rules, refusal) => {
    expect(decide(seen, rules)).toMatchObject({ refusal, retryAt: null, nextForcedAt: null });
  });

  test('all that gate 6 has against it is among its reasons', () => {
    const forced = { available: true, unattended: false, executor: 'engine' } as const;
    const decision = decide({ closures: [closure('maintenance', noon + 1)], connectorOn: false }, { forced });
    const codes = decision.reasons.filter(({ gate }) => gate === 'open').map(({ code }) => code);
    expect(codes).toEqual(['CONNECTOR_OFF', 'PROVIDER_IN_MAINTENANCE', 'UNATTENDED_FORBIDDEN']);
  });

  test('also where the answer is an earlier pull: a spent budget holds the next forced one back', () => {
    const fresh = { freshness: { BALANCES: noon, TRANSACTIONS: noon } };
    const asked = { maxAgeMs: HOUR };
    expect(decide({ ...fresh, budgets: [broke] }, {}, asked)).toMatchObject({
      verdict: 'reuse',
      nextForcedAt: broke.periodEnd,
    });
    expect(decide(fresh, {}, asked)).toMatchObject({ verdict: 'reuse', nextForcedAt: noon });
  });
});

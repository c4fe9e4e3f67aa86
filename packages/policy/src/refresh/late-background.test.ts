import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE } from '@freshet/domain';
import type { LateFacts, RefreshFacts } from '@freshet/domain';
import {
  connection,
  connectionFacts,
  cooldown,
  DAY,
  facts,
  noon,
  policy,
  providerManaged,
  request,
} from '../../test/given.js';
import { decideRefresh } from './decide-refresh.js';

const managed = policy({ background: providerManaged });
const late = (values: Partial<LateFacts> = {}): LateFacts => ({ since: noon - 2 * HOUR, feed: null, ...values });
const silent = { scope: 'provider', since: noon - HOUR, missed: 12, of: 20 } as const;
const soon = connectionFacts(connection('a', { lastBackgroundAt: noon - DAY + 5 * MINUTE }));
const decided = (values: Partial<RefreshFacts>, asks: Parameters<typeof request>[0] = {}) =>
  decideRefresh(facts({ asked: soon, ...values }), request(asks), managed);
const worthOf = (values: Partial<RefreshFacts>, asks: Parameters<typeof request>[0] = {}) =>
  decided(values, asks).reasons.filter(({ gate }) => gate === 'worth');

describe('a background refresh that is soon to come', () => {
  test('is waited for while nothing is late', () => {
    expect(decided({})).toMatchObject({ verdict: 'wait', nextBackgroundAt: noon + 5 * MINUTE });
  });

  test('is not waited for where it is late: the reason says how long', () => {
    expect(decided({ late: late() })).toMatchObject({ verdict: 'force', nextBackgroundAt: null });
    expect(worthOf({ late: late() })[0]).toEqual({
      gate: 'worth',
      code: 'BACKGROUND_LATE',
      data: { expectedAt: noon - 2 * HOUR, lateMs: 2 * HOUR },
    });
  });

  test('is not waited for where its feed is silent, though itself it is not late', () => {
    const reasons = worthOf({ late: late({ since: null, feed: silent }) });
    expect(reasons.map(({ code }) => code)).toEqual(['FEED_SILENT', 'WORTH_UNKNOWN']);
    expect(reasons[0]?.data).toEqual({
      ...{ scope: 'provider', missed: 12, of: 20 },
      ...{ sinceAt: noon - HOUR, silentMs: HOUR },
    });
  });

  test('both are said', () => {
    const codes = worthOf({ late: late({ feed: silent }) }).map(({ code }) => code);
    expect(codes.slice(0, 2)).toEqual(['BACKGROUND_LATE', 'FEED_SILENT']);
  });

  test('does not stand in for a forced one that a limit holds back', () => {
    const limited = { ...managed, limits: [cooldown()] };
    const usage = { cooldown: { count: 1, oldestAt: noon - HOUR, latestAt: noon - HOUR } };
    const held = (values: Partial<RefreshFacts>) =>
      decideRefresh(facts({ asked: soon, usage, ...values }), request(), limited);
    expect(held({}).verdict).toBe('wait');
    const refused = held({ late: late() });
    expect(refused).toMatchObject({ verdict: 'refuse', refusal: 'rate-limited', retryAt: noon + 2 * HOUR });
    expect(refused.reasons.map(({ code }) => code)).toContain('BACKGROUND_LATE');
  });

  test('the same facts give the same decision, late or not', () => {
    const seen = facts({ asked: soon, late: late({ feed: silent }) });
    const again = JSON.parse(JSON.stringify(seen)) as RefreshFacts;
    expect(decideRefresh(again, request(), managed)).toEqual(decideRefresh(seen, request(), managed));
  });
});

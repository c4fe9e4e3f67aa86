import { describe, expect, test } from '@jest/globals';
import { HOUR } from '@freshet/domain';
import type { Connection } from '@freshet/domain';
import { connection, DAY, noon, policy, providerManaged } from '../../test/given.js';
import { nextBackgroundAt, staleAt } from './next-background.js';

const daily = policy({ background: providerManaged });
const suppressed = policy({ background: { ...providerManaged, suppressedByForcedMs: 20 * HOUR } });
const next = (values: Partial<Connection>, rules = daily): number | null =>
  nextBackgroundAt(rules, connection('a', values), noon);

describe('the next background refresh', () => {
  test.each<[string, Partial<Connection>, number]>([
    ['a day after the last data', { lastSuccessAt: noon - HOUR }, noon + 23 * HOUR],
    [
      'a day after the connect, while nothing came',
      { lastSuccessAt: null, connectedAt: noon - HOUR },
      noon + 23 * HOUR,
    ],
    ['within the hour, where it is due this very moment', { lastSuccessAt: noon - DAY }, noon + HOUR],
    ['within the hour of its time, where it is late', { lastSuccessAt: noon - DAY - HOUR + 1 }, noon + 1],
    ['tomorrow, where it is an hour late', { lastSuccessAt: noon - DAY - HOUR }, noon + 23 * HOUR],
    ['in a millisecond', { lastSuccessAt: noon - DAY + 1 }, noon + 1],
    ['a whole number of days on, where some were missed', { lastSuccessAt: noon - 3 * DAY - HOUR }, noon + 23 * HOUR],
  ])('is expected %s', (_what, values, at) => {
    expect(next(values)).toBe(at);
  });

  test('keeps its own hours, whatever was forced since', () => {
    const forced = { lastBackgroundAt: noon - 20 * HOUR, lastSuccessAt: noon - HOUR, lastForcedAt: noon - HOUR };
    expect(next(forced)).toBe(noon + 4 * HOUR);
    expect(next(forced, suppressed)).toBe(noon + 19 * HOUR);
    expect(next({ ...forced, lastBackgroundAt: null })).toBe(noon + 23 * HOUR);
  });

  test('is pushed away by a forced one for as long as the provider says', () => {
    const forced = { lastSuccessAt: noon - 23 * HOUR, lastForcedAt: noon - HOUR };
    expect(next(forced, suppressed)).toBe(noon + 19 * HOUR);
    expect(next(forced)).toBe(noon + HOUR);
    expect(next({ ...forced, lastForcedAt: noon - 23 * HOUR }, suppressed)).toBe(noon + HOUR);
  });

  test.each<[string, Partial<Connection>]>([
    ['the customer has to repair it', { status: 'RECONNECT_REQUIRED' }],
    ['only the customer may refresh', { status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' }],
    ['it is gone', { status: 'DELETED' }],
  ])('does not come where %s', (_what, values) => {
    expect(next(values)).toBeNull();
  });

  test('does not come where it is ours to make, or where there is none', () => {
    expect(next({}, policy())).toBeNull();
    expect(next({}, policy({ background: { ...providerManaged, everyMs: 0 } }))).toBeNull();
  });
});

test('a connection is stale after its newest data, or its connect, grew too old', () => {
  expect(staleAt(daily, noon, 0)).toBe(noon + 2 * DAY);
  expect(staleAt(daily, null, noon)).toBe(noon + 2 * DAY);
});

import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { ConnectionRates } from '@freshet/domain';
import { connection, noon, policy } from '../../test/given.js';
import { written } from '../../test/tables.js';
import {
  forcingFacts,
  learnFromData,
  learnFromForced,
  learnFromWord,
  nothingLearned,
  type Look,
} from './connection-rates.js';
import { heard, learned } from './learn.js';

const start = nothingLearned(connection(), policy(), noon);
const both = ['BALANCES', 'TRANSACTIONS'] as const;

const look = (asOf: number, values: Partial<Look> = {}): Look => ({
  ...{ products: both, before: { BALANCES: asOf - DAY, TRANSACTIONS: asOf - DAY }, asOf, newData: true, requests: 0 },
  ...values,
});
const after = (rates: ConnectionRates, seen: Look, now = seen.asOf): ConnectionRates =>
  learnFromData(rates, seen, policy(), null, now);

const weighed = (rates: ConnectionRates | null, values: Partial<Parameters<typeof forcingFacts>[2]> = {}) => {
  const freshness = { BALANCES: noon - DAY, TRANSACTIONS: noon - DAY };
  const asks = { products: both, freshness, lastDataAt: noon - DAY, nextBackgroundAt: noon + 8 * HOUR, now: noon };
  return forcingFacts(rates, null, { ...asks, ...values }, policy());
};

describe('what gate 9 weighs', () => {
  test('is what the catalogue says, where nothing was learned', () => {
    expect(weighed(null)).toEqual({
      ...{ missedChanges: 1.2, changesPerDay: 1.2, readsPerDay: 0.6, toldAt: null, toldShare: 0, wordTrue: 0.9 },
      ...{ successChance: 0.9, slotMs: HOUR, slots: Array.from({ length: 8 }, () => 0.05) },
    });
  });

  test('is what changed most of what is asked for', () => {
    const rates = { ...start, changesPerDay: { BALANCES: 4, TRANSACTIONS: 0.1 } };
    expect(weighed(rates, { products: ['TRANSACTIONS'] }).missedChanges).toBe(0.1);
    expect(weighed(rates)).toMatchObject({ missedChanges: 4, changesPerDay: 4 });
  });

  test('looks no further ahead than a copy made now stays fresh', () => {
    const quick = { ...start, changesPerDay: { BALANCES: 48, TRANSACTIONS: 48 } };
    expect(weighed(quick).slotMs).toBe((2 * HOUR) / 8);
    expect(weighed(null, { nextBackgroundAt: null }).slotMs * 8).toBeCloseTo((4 / 1.2) * DAY, -3);
  });

  test('of a product that no pull has brought, is its age since the last of them', () => {
    const freshness = { BALANCES: noon - HOUR };
    expect(weighed(null, { freshness, lastDataAt: noon - HOUR }).missedChanges).toBe(0.05);
    expect(weighed(null, { freshness: {}, lastDataAt: null }).missedChanges).toBeNull();
  });
});

describe("a provider's word", () => {
  const at = noon + HOUR;

  test('counts as told where it came between two looks, and as true where something was new', () => {
    const rates = after(learnFromWord(start, at, at), look(noon + DAY));
    expect(rates).toMatchObject({ told: { yes: 1, no: 0 }, words: { yes: 1, no: 0 }, toldAt: null });
  });

  test('that was false is held against the next', () => {
    const rates = after(learnFromWord(start, at, at), look(noon + DAY, { newData: false }));
    expect(rates).toMatchObject({ told: { yes: 0, no: 0 }, words: { yes: 0, no: 1 } });
    expect(weighed(rates, { now: noon + DAY }).wordTrue).toBeLessThan(0.9);
  });

  test('of a change that had come already tells nothing of the next one', () => {
    const late = learnFromWord(start, noon - DAY - MINUTE, noon);
    expect(after(late, look(noon)).told).toMatchObject({ yes: 0, no: 1 });
    const of = (lastDataAt: number) =>
      heard(connection(), { rates: null, hours: null, requests: 0 }, { at, lastDataAt }, policy(), noon + DAY);
    expect(of(at)).toEqual([]);
    expect(written(of(at - 1), 'connectionRates')).toMatchObject([{ toldAt: at }]);
  });

  test('that is newer than the data stays', () => {
    expect(after(learnFromWord(start, at, at), look(at - 1)).toldAt).toBe(at);
  });
});

describe('failures', () => {
  const outage = Array.from({ length: 20 }).reduce<ConnectionRates>(
    (rates) => learnFromForced(rates, false, noon),
    start,
  );

  test('make a refresh less likely to succeed, for some days', () => {
    expect(weighed(outage).successChance).toBe(0.3);
    expect(weighed(outage, { now: noon + 5 * DAY }).successChance).toBe(0.45);
    expect(weighed(outage, { now: noon + 30 * DAY }).successChance).toBeGreaterThan(0.85);
  });

  test('fade by their own age, whatever else was learned meanwhile', () => {
    let rates = outage;
    for (let day = 1; day <= 30; day += 1) rates = after(rates, look(noon + day * DAY, { newData: null }));
    expect(weighed(rates, { now: noon + 30 * DAY })).toMatchObject({
      successChance: weighed(outage, { now: noon + 30 * DAY }).successChance,
    });
  });
});

describe('learning', () => {
  const learning = { rates: null, hours: null, requests: 3 };
  const ended = { data: { products: both, asOf: noon, newData: true }, before: {}, forced: null };

  test('writes one row, and none where nothing came or the connection is gone', () => {
    expect(learned(connection(), learning, ended, policy(), noon)).toHaveLength(1);
    expect(learned(connection(), learning, { ...ended, data: null }, policy(), noon)).toEqual([]);
    expect(learned(connection('a', { status: 'DELETED' }), learning, ended, policy(), noon)).toEqual([]);
    expect(learned(connection(), null, ended, policy(), noon)).toEqual([]);
  });

  test('takes nothing from a product that had no data before', () => {
    expect(after(start, look(noon + DAY, { before: { BALANCES: noon } })).changesPerDay).toHaveProperty('BALANCES');
    expect(after(start, look(noon + DAY, { before: { BALANCES: noon } })).changesPerDay).not.toHaveProperty(
      'TRANSACTIONS',
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE, SECOND } from '@freshet/domain';
import { referenceWorkload } from '@freshet/simulator';
import { fileURLToPath } from 'node:url';
import { InputError } from '../src/input-error.js';
import { readWorkload } from '../src/workload/read-workload.js';
import { workloadSchema } from '../src/workload/workload-schema.js';

const example = (name: string): string =>
  fileURLToPath(new URL(`../../../examples/workloads/${name}.yaml`, import.meta.url));

const least = {
  version: 1,
  name: 'least',
  seed: 1,
  days: 1,
  connections: 1,
  changesPerDay: { median: 1, sigma: 0, min: 1, max: 1 },
  readsPerDay: { median: 1, sigma: 0, min: 1, max: 1 },
  prices: { currency: 'USD', perRequest: ['0.10'] },
};
const faultsOf = (file: unknown): readonly string[] =>
  workloadSchema.safeParse(file).error?.issues.map(({ path }) => path.join('.')) ?? [];

describe('the example workloads', () => {
  test('the reference file is the reference workload', () => {
    expect(readWorkload(example('reference'))).toEqual(referenceWorkload);
  });

  test('each other one differs from it in what it is about, and in nothing else', () => {
    const changes = (name: string) =>
      Object.entries(readWorkload(example(name))).filter(
        ([key, value]) => JSON.stringify(value) !== JSON.stringify(referenceWorkload[key as 'name']),
      );
    expect(changes('posting-hours').map(([key]) => key)).toEqual(['name', 'hourWeights']);
    expect(Object.fromEntries(changes('provider-caps'))).toEqual({
      name: 'provider-caps',
      forcedFailure: 0.02,
      cap: { count: 12, perMs: HOUR },
      minGapMs: 3 * HOUR,
    });
    expect(Object.fromEntries(changes('lossy-webhooks'))).toEqual({
      name: 'lossy-webhooks',
      signals: {
        kind: 'webhooks',
        loss: 0.25,
        delayMs: { median: 10 * MINUTE, sigma: 1.2, min: 5 * SECOND, max: 12 * HOUR },
      },
    });
  });

  test('posting hours become a week from Monday on', () => {
    const { hourWeights } = readWorkload(example('posting-hours'));
    expect(hourWeights).toHaveLength(168);
    expect(hourWeights?.slice(0, 24)).toEqual(hourWeights?.slice(96, 120));
    // Working days at three in the night, Saturday, Sunday.
    expect([3, 123, 147].map((hour) => hourWeights?.[hour])).toEqual([12, 3, 0.2]);
  });
});

describe('what a workload may say', () => {
  test('what is left out is usual', () => {
    expect(workloadSchema.parse(least)).toMatchObject({
      backgroundEveryMs: DAY,
      hourWeights: null,
      signals: { kind: 'none' },
      cap: null,
      minGapMs: 0,
      billedOn: 'attempt',
    });
  });

  test.each([
    ['an unknown field', { ...least, speed: 1 }, ''],
    ['another version', { ...least, version: 2 }, 'version'],
    ['a price that is a number', { ...least, prices: { currency: 'USD', perRequest: [0.1] } }, 'prices.perRequest.0'],
    ['a price of nothing', { ...least, prices: { currency: 'USD', perRequest: ['0'] } }, 'prices.perRequest.0'],
    ['a rate of nothing', { ...least, readsPerDay: { ...least.readsPerDay, min: 0 } }, 'readsPerDay.min'],
    ['a median outside', { ...least, readsPerDay: { ...least.readsPerDay, max: 0.5 } }, 'readsPerDay'],
    ['a loss above one', { ...least, signals: { kind: 'webhooks', loss: 1.1, delay: {} } }, 'signals.loss'],
    ['a day of 23 hours', { ...least, postingHours: { week: [1] } }, 'postingHours'],
    [
      'a week without changes',
      { ...least, postingHours: { week: Array.from({ length: 168 }, () => 0) } },
      'postingHours',
    ],
    ['a gap of nothing', { ...least, limits: { connectionGap: 'PT0S' } }, 'limits.connectionGap'],
  ])('refused: %s', (_, file, path) => {
    expect(faultsOf(file).some((found) => found.startsWith(path))).toBe(true);
  });

  test('a file that is not there, or faulty, is told in words', () => {
    expect(() => readWorkload('nowhere.yaml')).toThrow(InputError);
    expect(() => readWorkload(example('../connections').replace('.yaml', '.json'))).toThrow(
      'The workload cannot be used',
    );
  });
});

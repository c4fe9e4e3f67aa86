// (d) Planning a day of pulls for 10^4, 10^5 and 10^6 connections under money and caps, beside sorting as many numbers in the
// same run: what any planner pays at least to put its pulls in the order of time. The workload is the one of the policy benchmarks.
import { allocateEvenSpacing, planSweep } from '@freshet/policy';

const NOW = Date.parse('2026-11-21T00:00:00Z');
const DAY = 86_400_000;
const SIZES = [10_000, 100_000, 1_000_000];
const ROUNDS = 3;

/** Chance from a seed (mulberry32). */
const chance = (seed) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const lognormal = (random, median, sigma, least, most) => {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.min(Math.max(median * Math.exp(sigma * normal), least), most);
};

const INSTITUTIONS = 200;

const columnsOf = (count, random) => {
  const column = (of) => Float64Array.from({ length: count }, of);
  return {
    ids: Array.from({ length: count }, (_, row) => `conn_${row}`),
    providerNames: ['AKOYA'],
    providers: new Int32Array(count),
    institutionNames: Array.from({ length: INSTITUTIONS }, (_, row) => `bank_${row}`),
    institutions: Int32Array.from({ length: count }, () => Math.floor(random() * INSTITUTIONS)),
    accountNames: ['ours'],
    accounts: new Int32Array(count),
    currencyNames: ['USD'],
    currencies: new Int32Array(count),
    lastPullAt: column(() => NOW - Math.floor(random() * 3 * DAY)),
    changesPerDay: column(() => lognormal(random, 1.2, 0.9, 0.05, 20)),
    readsPerDay: column(() => lognormal(random, 0.6, 1, 0.03, 20)),
    valueMicros: new Float64Array(count).fill(1_000_000),
    priceMicros: column(() => [50_000, 100_000, 300_000][Math.floor(random() * 3)]),
    backgroundPerDay: new Float64Array(count),
    minGapMs: new Float64Array(count).fill(3_600_000),
    allowanceCounts: new Int32Array(count).fill(4),
    allowanceStarts: new Int32Array(count + 1),
    allowanceUsedAt: new Float64Array(0),
    lastReadAt: column(() => NOW - random() * 60 * DAY),
    seeds: Uint32Array.from({ length: count }, () => random() * 2 ** 32),
    unattended: new Uint8Array(count).fill(1),
    closedUntil: new Float64Array(count).fill(-Infinity),
  };
};

const inputOf = (count) => ({
  now: NOW,
  candidates: columnsOf(count, chance(1)),
  budgets: [{ name: 'day', provider: null, currency: 'USD', micros: count * 70_000 }],
  caps: [
    { scope: 'account', key: 'ours', count: count * 2, perMs: DAY, usedAt: [] },
    { scope: 'institution', key: 'bank_0', count: Math.ceil(count / INSTITUTIONS / 3), perMs: DAY, usedAt: [] },
  ],
});

const seconds = (run) => {
  const began = performance.now();
  const result = run();
  return { seconds: (performance.now() - began) / 1000, result };
};
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
/** The most that the process has held so far, input and all: sizes are measured from the smallest on. */
const peakMiB = () => process.resourceUsage().maxRSS / 1024;

/** The rates alone, in closed form: no times, no caps. */
const ratesOf = ({ candidates, budgets }) => {
  const { changesPerDay, readsPerDay, priceMicros, backgroundPerDay, minGapMs } = candidates;
  return allocateEvenSpacing({
    changes: changesPerDay,
    weights: readsPerDay,
    prices: priceMicros,
    background: backgroundPerDay,
    minRates: null,
    maxRates: minGapMs.map((gap) => DAY / gap),
    providers: new Int32Array(changesPerDay.length).fill(-1),
    caps: new Float64Array(0),
    budget: budgets[0].micros,
  });
};

export const benchPlan = async () => {
  const figures = {};
  let ratio = 0;
  for (const count of SIZES) {
    const input = inputOf(count);
    const numbers = Float64Array.from(input.candidates.seeds);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const planned = seconds(() => planSweep(input));
      const { calls, budgets } = planned.result.forecast;
      if (calls === 0 || budgets[0].plannedMicros > budgets[0].micros) throw new Error('this is not a plan');
      const copy = numbers.slice();
      rounds.push({ plan: planned.seconds, sort: seconds(() => copy.sort()).seconds, calls });
    }
    const label = `10^${Math.log10(count)}`;
    const plan = median(rounds.map((round) => round.plan));
    const sort = median(rounds.map((round) => round.sort));
    figures[`${label}: planSweep, s`] = plan;
    figures[`${label}: sorting the numbers, s`] = sort;
    figures[`${label}: planSweep, sorts`] = plan / sort;
    figures[`${label}: allocateEvenSpacing, s`] = seconds(() => ratesOf(input)).seconds;
    figures[`${label}: pulls planned`] = rounds[0].calls;
    figures[`${label}: peak of the process, MiB`] = peakMiB();
    ratio = sort / plan;
  }
  return {
    name: '(d) planning a day, beside sorting as many numbers (the ratio is of 10^6)',
    figures,
    ratio,
    wanted: null,
  };
};

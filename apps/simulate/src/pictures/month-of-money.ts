import { DAY, HOUR } from '@freshet/domain';
import type { BudgetFacts, RefreshFacts, ShadowPrice } from '@freshet/domain';
import { shadowPriceAt, unspentPrice, usedMicros } from '@freshet/policy';
import {
  pricePlot,
  referenceWorkload,
  runPolicy,
  simulatedBook,
  traceOf,
  USUAL_START,
  type WatchedRead,
  type Workload,
} from '@freshet/simulator';
import { contentHash } from '../policy-file.js';
import { changedTrace } from './habits.js';

const DAYS = 31;
const REFRESH = 100_000;
const PER_CONNECTION = 1;

const workload: Workload = {
  ...referenceWorkload,
  name: 'month-of-money',
  seed: 4,
  start: USUAL_START,
  days: DAYS,
  connections: 12,
  changesPerDay: { median: 2, sigma: 0.5, min: 0.5, max: 8 },
  readsPerDay: { median: 2, sigma: 0.5, min: 0.5, max: 8 },
  priceMicros: [REFRESH],
};

const isIdle = (day: number): boolean => {
  const weekday = new Date(workload.start + day * DAY).getUTCDay();
  return weekday === 0 || weekday === 6;
};

/** Twelve accounts of people who do not look at the weekend, under one budget for the month. */
export const liveMonthOfMoney = async (): Promise<readonly WatchedRead[]> => {
  const reads: WatchedRead[] = [];
  const trace = changedTrace(traceOf(workload), (one) => ({
    ...one,
    reads: one.reads.filter((at) => !isIdle(Math.floor(at / DAY))),
  }));
  const book = simulatedBook(workload, { policyFile: null, perConnectionMonth: PER_CONNECTION, hash: contentHash });
  await runPolicy(trace, { name: 'auto', book, watch: (read) => reads.push(read) });
  return reads;
};

interface Seen {
  readonly at: number;
  readonly budget: BudgetFacts;
}

const seenIn = (reads: readonly WatchedRead[]): readonly Seen[] =>
  reads.flatMap(({ record }) => {
    const [budget] = (record.facts as RefreshFacts).budgets;
    return budget === undefined ? [] : [{ at: record.decidedAt, budget }];
  });

/** The price after each spending. */
const shadowsOf = (seen: readonly Seen[]): readonly ShadowPrice[] => {
  const known = seen.flatMap(({ budget }) => (budget.shadow === null ? [] : [budget.shadow]));
  return known.filter((shadow, nth) => shadow.at !== known[nth - 1]?.at);
};

/** What a micro has to buy where the budget has spent nothing: twice its price in fresh reads, and less with each idle day. */
const WORTH = 1 / (2 * REFRESH);

/** From one spending to the next, every few hours: the curve of its fall. */
const falling = (shadow: ShadowPrice, until: number) => {
  const count = Math.max(1, Math.ceil((until - shadow.at) / (3 * HOUR)));
  return Array.from({ length: count + 1 }, (_, step) => {
    const at = shadow.at + ((until - shadow.at) * step) / count;
    return { at, price: shadowPriceAt(shadow, WORTH, at) * REFRESH };
  });
};

export const printMonthOfMoney = async (): Promise<string> => {
  const seen = seenIn(await liveMonthOfMoney());
  const end = workload.start + DAYS * DAY;
  const shadows = shadowsOf(seen);
  const spent = [
    { at: workload.start, micros: 0 },
    ...seen.map(({ at, budget }) => ({ at, micros: usedMicros(budget) })),
  ];
  return pricePlot({
    title: 'The shadow price of one budget, and its money',
    subtitle: `${workload.connections} connections, ${workload.connections * PER_CONNECTION} USD for the month, 0.10 USD a forced refresh.`,
    start: workload.start,
    end,
    currency: workload.currency,
    amountMicros: workload.connections * PER_CONNECTION * 1_000_000,
    prices: [unspentPrice(WORTH, workload.start, workload.start), ...shadows].flatMap((shadow, nth) =>
      falling(shadow, shadows[nth]?.at ?? end),
    ),
    spent: spent.filter(({ micros }, nth) => micros !== spent[nth - 1]?.micros),
    idleDays: Array.from({ length: DAYS }, (_, day) => day).filter(isIdle),
  });
};

import { DAY } from '@freshet/domain';
import type { DurationMs, Instant, ShadowPrice } from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';

/** How much the price moves, in powers of e, where a whole day's money was spent or left. */
const GAIN = 0.8;
/** The price never strays further than this from what the catalogue says: it must be able to come back. */
const WIDEST = 64;
/** Of a budget of which nothing was ever spent, so much idleness counts: nobody knows how long it has been there. */
const IDLE_AT_MOST: DurationMs = 3 * DAY;

export interface MoneyLeft {
  readonly micros: number;
  readonly forMs: DurationMs;
}

const dayMoney = ({ micros, forMs }: MoneyLeft): number =>
  forMs <= 0 || micros <= 0 ? 0 : micros / Math.max(forMs / DAY, 1e-6);

const within = (price: number, worth: number): number => Math.min(worth * WIDEST, Math.max(worth / WIDEST, price));

/** What a micro has to buy by the catalogue: there a price begins, and around it it stays. By the provider's usual price, whatever came first. */
export const worthPerMicro = ({ price, worth }: RefreshPolicy): number =>
  1 / (worth.valueMultiple * Math.max(price?.perRequestMicros ?? 0, 1));

/** Of a budget that has spent nothing yet, in a period that began then. */
export const unspentPrice = (worth: number, periodStart: Instant, now: Instant): ShadowPrice => ({
  perMicro: worth,
  at: Math.max(periodStart, now - IDLE_AT_MOST),
});

/**
 * The price now: it falls while the budget lies idle, so that money that would be left over is spent on what is worth
 * less. What is left, spread over what is left of the period, is what may be spent in a day.
 */
export const shadowPriceAt = (shadow: ShadowPrice, worth: number, now: Instant): number =>
  within(shadow.perMicro * Math.exp((-GAIN * Math.max(0, now - shadow.at)) / DAY), worth);

/** The price after so much was spent: it rises by as much as that is of a day's money. What is free moves nothing. */
export const afterSpending = (
  shadow: ShadowPrice,
  worth: number,
  micros: number,
  left: MoneyLeft,
  now: Instant,
): ShadowPrice => {
  if (micros === 0) return shadow;
  const day = dayMoney(left);
  const rises = day === 0 ? WIDEST : Math.exp(Math.min(GAIN * (micros / day), Math.log(WIDEST)));
  return { perMicro: within(shadowPriceAt(shadow, worth, now) * rises, worth), at: now };
};

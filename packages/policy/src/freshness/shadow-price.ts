import { DAY } from '@freshet/domain';
import type { DurationMs, Instant, ShadowPrice } from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';

/** How much the price moves, in powers of e, where a whole day's money was spent or left. */
const GAIN = 0.8;
/** The price never strays further than this from where it began: it must be able to come back. */
const WIDEST = 64;

export interface MoneyLeft {
  readonly micros: number;
  readonly forMs: DurationMs;
}

const dayMoney = ({ micros, forMs }: MoneyLeft): number =>
  forMs <= 0 || micros <= 0 ? 0 : micros / Math.max(forMs / DAY, 1e-6);

const within = (price: number, start: number): number => Math.min(start * WIDEST, Math.max(start / WIDEST, price));

/** Where a price begins: at what the catalogue says that a fresh read is worth. */
export const shadowPriceFrom = (policy: RefreshPolicy, micros: number, now: Instant): ShadowPrice => {
  // A worth of nothing would be a price without end, from which none comes back.
  const perMicro = 1 / (Math.max(policy.worth.valueMultiple, 1e-3) * Math.max(micros, 1));
  return { perMicro, start: perMicro, at: now };
};

/**
 * The price now: it falls while the budget lies idle, so that money that would be left over is spent on what is worth
 * less. What is left, spread over what is left of the period, is what may be spent in a day.
 */
export const shadowPriceAt = (shadow: ShadowPrice, now: Instant): number =>
  within(shadow.perMicro * Math.exp((-GAIN * Math.max(0, now - shadow.at)) / DAY), shadow.start);

/** The price after so much was spent: it rises by as much as that is of a day's money. */
export const afterSpending = (shadow: ShadowPrice, micros: number, left: MoneyLeft, now: Instant): ShadowPrice => {
  const day = dayMoney(left);
  const rises = day === 0 ? WIDEST : Math.exp(Math.min(GAIN * (micros / day), Math.log(WIDEST)));
  return { ...shadow, perMicro: within(shadowPriceAt(shadow, now) * rises, shadow.start), at: now };
};

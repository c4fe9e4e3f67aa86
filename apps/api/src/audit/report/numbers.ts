import { DAY, HOUR, MINUTE, plainAmount as withoutThousands } from '@freshet/domain';
import type { DurationMs, Money } from '@freshet/domain';

/** `1,234.50`: at least cents, and finer where there is more to say. */
export const plainAmount = ({ micros }: Pick<Money, 'micros'>): string =>
  withoutThousands(micros).replace(/\B(?=(\d{3})+\.)/g, ',');

export const plainMoney = (amount: Money): string => `${plainAmount(amount)} ${amount.currency}`;

const NUMBER = new Intl.NumberFormat('en');
export const number = (value: number): string => NUMBER.format(value);
export const plural = (count: number, one: string): string => `${number(count)} ${one}${count === 1 ? '' : 's'}`;

const PERCENT = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
export const percent = (share: number | null): string => (share === null ? 'none' : PERCENT.format(share).replace('%', ' %'));

/** `45 min`, `9 h`, `3 d 6 h`: the two largest parts. */
export const duration = (ms: DurationMs): string => {
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`;
  if (ms <= 2 * DAY) return `${Math.round(ms / HOUR)} h`;
  const hours = Math.round((ms % DAY) / HOUR);
  return `${Math.floor(ms / DAY)} d${hours === 0 ? '' : ` ${hours} h`}`;
};

import { formatAmount, formatInstant, type Instant, type Money } from '@freshet/domain';
import { z } from 'zod';

/** How times and money are written in answers. */
export const instantView = z.iso.datetime({ precision: 3 });
export const moneyView = z
  .object({ amount: z.string().regex(/^-?\d+\.\d{6}$/), currency: z.string().regex(/^[A-Z]{3}$/) })
  .meta({ id: 'Money', examples: [{ amount: '0.120000', currency: 'USD' }] });
export type MoneyView = z.infer<typeof moneyView>;

export const toInstant = (at: Instant): string => formatInstant(at);
export const toInstantOrNull = (at: Instant | null): string | null => (at === null ? null : formatInstant(at));
export const toMoney = ({ micros, currency }: Money): MoneyView => ({ amount: formatAmount(micros), currency });
export const toMoneyOrNull = (money: Money | null): MoneyView | null => (money === null ? null : toMoney(money));

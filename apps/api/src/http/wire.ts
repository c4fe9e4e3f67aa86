import { formatAmount, formatInstant, type Instant, type Money } from '@freshet/domain';
import { z } from 'zod';

/** How times and money are written in answers. */
export const instantView = z.iso.datetime({ precision: 3 });
export const moneyView = z
  .object({ amount: z.string().regex(/^-?\d+\.\d{6}$/), currency: z.string().regex(/^[A-Z]{3}$/) })
  .meta({ id: 'Money', examples: [{ amount: '0.120000', currency: 'USD' }] });
export type MoneyView = z.infer<typeof moneyView>;

/** One answer often tells the same time several times over. */
let last: { readonly at: Instant; readonly text: string } = { at: 0, text: formatInstant(0) };

export const toInstant = (at: Instant): string => {
  if (last.at !== at) last = { at, text: formatInstant(at) };
  return last.text;
};
export const toInstantOrNull = (at: Instant | null): string | null => (at === null ? null : toInstant(at));
export const toMoney = ({ micros, currency }: Money): MoneyView => ({ amount: formatAmount(micros), currency });
export const toMoneyOrNull = (money: Money | null): MoneyView | null => (money === null ? null : toMoney(money));

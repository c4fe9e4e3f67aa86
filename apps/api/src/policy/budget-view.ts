import type { BudgetOverview } from '@freshet/flows';
import { z } from 'zod';
import { instantView, moneyView, toInstant, toMoney } from '../http/wire.js';

export const budgetView = z
  .object({
    name: z.string(),
    provider: z.string().nullable().meta({ description: 'Null: every provider.' }),
    period: z.enum(['day', 'week', 'month']),
    timeZone: z.string(),
    periodStart: instantView,
    periodEnd: instantView,
    amount: moneyView,
    reserved: moneyView.meta({ description: 'Held for refreshes that are under way.' }),
    charged: moneyView,
    uncertain: moneyView.meta({ description: 'Nobody could tell whether it was charged; it counts as if it was.' }),
    remaining: moneyView,
    forecast: moneyView.meta({ description: "The whole period's cost, if it goes on as it went so far." }),
  })
  .meta({ id: 'Budget' });

export const toBudget = ({ budget, facts, ...overview }: BudgetOverview): z.infer<typeof budgetView> => {
  const money = (micros: number) => toMoney({ micros, currency: budget.currency });
  return {
    name: budget.name,
    provider: budget.provider,
    period: budget.period,
    timeZone: budget.timeZone,
    periodStart: toInstant(facts.periodStart),
    periodEnd: toInstant(facts.periodEnd),
    amount: money(facts.amountMicros),
    reserved: money(facts.reservedMicros),
    charged: money(facts.chargedMicros),
    uncertain: money(facts.uncertainMicros),
    remaining: money(overview.remainingMicros),
    forecast: money(overview.forecastMicros),
  };
};

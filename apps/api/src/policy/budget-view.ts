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
    overrun: moneyView.meta({ description: 'Beyond the amount: of a soft budget, or of one that was lowered.' }),
    forecast: moneyView.nullable().meta({
      description:
        "The whole period's cost, if this and the last period's pace goes on; null while too little was seen to say.",
    }),
    enforcement: z.enum(['hard', 'soft']).meta({
      description: 'hard: what does not fit is not forced. soft: it is, and the overrun is told.',
    }),
    paced: moneyView.nullable().meta({ description: 'What may be used by now; null: without pacing.' }),
    keptForAttended: moneyView.meta({ description: 'Of the amount: for requests of a customer who is there.' }),
    alerts: z
      .array(z.object({ threshold: z.number(), amount: moneyView, used: moneyView, at: instantView }))
      .meta({ description: 'Shares of the amount that the use has reached in this period, and when.' }),
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
    overrun: money(overview.overrunMicros),
    forecast: overview.forecastMicros === null ? null : money(overview.forecastMicros),
    enforcement: budget.enforcement,
    paced: overview.pacedMicros === null ? null : money(overview.pacedMicros),
    keptForAttended: money(overview.keptMicros),
    alerts: overview.alerts.map(({ threshold, amountMicros, usedMicros, at }) => ({
      threshold,
      amount: money(amountMicros),
      used: money(usedMicros),
      at: toInstant(at),
    })),
  };
};

import { formatAmount } from '@freshet/domain';
import type { FiguresReport } from '@freshet/flows';
import { z } from 'zod';
import { instantView, toInstant } from '../http/wire.js';

const count = z.int().min(0);
const amount = z.string().regex(/^-?\d+\.\d{6}$/);
const counts = z.record(z.string(), count);
const spent = { charged: amount, uncertain: amount, reserved: amount };
const seconds = z.int().nullable();

export const figuresView = z
  .object({
    spend: z
      .array(
        z.object({
          provider: z.string(),
          currency: z.string(),
          ...spent,
          days: z.array(z.object({ day: z.iso.date(), ...spent })),
        }),
      )
      .meta({
        description:
          'Of thirty days and today, in UTC: charged and uncertain on the day of that, reserved since the day on which it was held. Days without any are left out.',
      }),
    stakes: z
      .array(
        z.object({
          check: z.string(),
          provider: z.string().nullable(),
          currency: z.string(),
          findings: count,
          amount,
          shareOfSpend: z.number().nullable(),
        }),
      )
      .meta({ description: 'Money of the findings by check and provider, beside what that provider charged.' }),
    freshness: z
      .array(
        z.object({
          provider: z.string(),
          awaited: count,
          stale: count,
          never: count,
          ageSeconds: z.object({ median: seconds, p90: seconds, p99: seconds }),
          ages: z.array(z.object({ upToSeconds: seconds, connections: count })),
        }),
      )
      .meta({
        description:
          'How old the newest data is of connections that data is expected of: quantiles to the hour within two days, and how many are up to so old (null: older).',
      }),
    refreshes: z
      .array(z.object({ provider: z.string(), all: count, outcomes: counts }))
      .meta({ description: 'Forced refreshes of the same days, by what became of them.' }),
    connections: z.array(z.object({ provider: z.string(), all: count, statuses: counts })),
    consents: z
      .array(z.object({ week: z.string(), all: count, providers: counts }))
      .meta({ description: 'Consents by the Monday of the week in which they end, four weeks ahead; `ended`: those.' }),
    budgets: z
      .array(
        z.object({
          name: z.string(),
          provider: z.string().nullable(),
          currency: z.string(),
          enforcement: z.enum(['hard', 'soft']),
          periodStart: instantView,
          periodEnd: instantView,
          amount,
          ...spent,
          forecast: amount.nullable(),
        }),
      )
      .meta({ description: 'As they stood then.' }),
  })
  .meta({ id: 'AuditFigures' });
export type FiguresView = z.infer<typeof figuresView>;

interface Spent {
  readonly chargedMicros: number;
  readonly uncertainMicros: number;
  readonly reservedMicros: number;
}

const showSpent = ({ chargedMicros, uncertainMicros, reservedMicros }: Spent) => ({
  charged: formatAmount(chargedMicros),
  uncertain: formatAmount(uncertainMicros),
  reserved: formatAmount(reservedMicros),
});

const inSeconds = (ms: number | null): number | null => (ms === null ? null : Math.round(ms / 1000));

const showFreshness = ({
  medianMs,
  p90Ms,
  p99Ms,
  ages,
  ...counted
}: FiguresReport['freshness'][number]): FiguresView['freshness'][number] => ({
  ...counted,
  ageSeconds: { median: inSeconds(medianMs), p90: inSeconds(p90Ms), p99: inSeconds(p99Ms) },
  ages: ages.map(({ upToMs, count: connections }) => ({ upToSeconds: inSeconds(upToMs), connections })),
});

const showBudget = (budget: FiguresReport['budgets'][number]): FiguresView['budgets'][number] => ({
  name: budget.name,
  provider: budget.provider,
  currency: budget.currency,
  enforcement: budget.enforcement,
  periodStart: toInstant(budget.periodStart),
  periodEnd: toInstant(budget.periodEnd),
  amount: formatAmount(budget.amountMicros),
  ...showSpent(budget),
  forecast: budget.forecastMicros === null ? null : formatAmount(budget.forecastMicros),
});

/** What an audit added up, as the API shows it. */
export const showFigures = (figures: FiguresReport): FiguresView => ({
  spend: figures.spend.map(({ provider, currency, days, ...all }) => ({
    provider,
    currency,
    ...showSpent(all),
    days: days.map(({ day, ...of }) => ({ day, ...showSpent(of) })),
  })),
  stakes: figures.stakes.map(({ check, provider, currency, findings, micros, shareOfSpend }) => ({
    ...{ check, provider: provider === '' ? null : provider, currency, findings },
    amount: formatAmount(micros),
    shareOfSpend,
  })),
  freshness: figures.freshness.map(showFreshness),
  refreshes: figures.refreshes.map((each) => ({ ...each, outcomes: { ...each.outcomes } })),
  connections: figures.connections.map((each) => ({ ...each, statuses: { ...each.statuses } })),
  consents: figures.consents.map((each) => ({ ...each, providers: { ...each.providers } })),
  budgets: figures.budgets.map(showBudget),
});

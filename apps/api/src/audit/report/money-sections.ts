import { formatInstant } from '@freshet/domain';
import type { BudgetFigure } from '@freshet/domain';
import type { FiguresReport, SpendFigure, StakeFigure } from '@freshet/flows';
import type { Chart, FillOf } from './charts/chart.js';
import { figure, type Pictures } from './charts/inline-svg.js';
import { shortDay, spendChart, type Days } from './charts/spend-chart.js';
import { words } from './evidence.js';
import { html, nothing, type Markup } from './markup.js';
import { number, percent, plainAmount, plainMoney } from './numbers.js';
import { count, dataTable, none, section } from './parts.js';

const currenciesOf = (spend: readonly SpendFigure[]): readonly string[] =>
  [...new Set(spend.map(({ currency }) => currency))].toSorted();

/** One for each currency: amounts of several are never added. */
export const spendCharts = ({ spend }: FiguresReport, days: Days, fillOf: FillOf): readonly Chart[] =>
  currenciesOf(spend).map((currency) =>
    spendChart(
      spend.filter((each) => each.currency === currency),
      currency,
      days,
      fillOf,
    ),
  );

interface SpendRow extends SpendFigure {
  readonly name: string;
  readonly share: number | null;
}

const spendRows = (spend: readonly SpendFigure[], currency: string): readonly SpendRow[] => {
  const own = spend.filter((each) => each.currency === currency);
  const all = own.reduce<SpendFigure>(
    (sum, each) => ({
      ...sum,
      chargedMicros: sum.chargedMicros + each.chargedMicros,
      uncertainMicros: sum.uncertainMicros + each.uncertainMicros,
      reservedMicros: sum.reservedMicros + each.reservedMicros,
    }),
    { provider: '', currency, days: [], chargedMicros: 0, uncertainMicros: 0, reservedMicros: 0 },
  );
  const share = (part: number): number | null => (all.chargedMicros === 0 ? null : part / all.chargedMicros);
  const rows = own
    .toSorted((a, b) => b.chargedMicros - a.chargedMicros)
    .map((each) => ({ ...each, name: each.provider, share: share(each.chargedMicros) }));
  return own.length < 2 ? rows : [...rows, { ...all, name: 'All', share: share(all.chargedMicros) }];
};

const amount = (micros: number): Markup =>
  micros === 0 ? html`<span class="zero">0</span>` : html`${plainAmount({ micros })}`;

const spendTable = (spend: readonly SpendFigure[], currency: string): Markup =>
  dataTable(
    `By provider, in ${currency}`,
    [
      { name: 'Provider', cell: ({ name }) => name },
      { name: 'Charged', cell: ({ chargedMicros }) => amount(chargedMicros), isNumber: true },
      { name: 'Share', cell: ({ share }) => percent(share), isNumber: true },
      { name: 'Uncertain', cell: ({ uncertainMicros }) => amount(uncertainMicros), isNumber: true },
      { name: 'Reserved', cell: ({ reservedMicros }) => amount(reservedMicros), isNumber: true },
    ],
    spendRows(spend, currency),
  );

const dailyTable = (spend: readonly SpendFigure[]): Markup => {
  const rows = spend
    .flatMap(({ provider, currency, days }) => days.map((each) => ({ ...each, provider, currency })))
    .toSorted((a, b) => (a.day < b.day ? 1 : a.day > b.day ? -1 : 0));
  return html`<details>
    <summary>Day by day</summary>
    ${dataTable(
      'The days on which anything was charged, uncertain or held',
      [
        { name: 'Day', cell: ({ day }) => day },
        { name: 'Provider', cell: ({ provider }) => provider },
        { name: 'Charged', cell: ({ chargedMicros }) => amount(chargedMicros), isNumber: true },
        { name: 'Uncertain', cell: ({ uncertainMicros }) => amount(uncertainMicros), isNumber: true },
        { name: 'Reserved', cell: ({ reservedMicros }) => amount(reservedMicros), isNumber: true },
        { name: 'Currency', cell: ({ currency }) => currency },
      ],
      rows,
    )}
  </details> `;
};

export const spendSection = (
  { spend }: FiguresReport,
  { from }: Days,
  charts: readonly Chart[],
  pictures: Pictures,
): Markup =>
  section(
    'spend',
    'What was spent',
    `Since ${shortDay(formatInstant(from))}, by the UTC day on which it was settled. Uncertain: nobody could tell whether the call was billed. Reserved: held for refreshes that have not ended, by the day since which it is held.`,
    ...(spend.length === 0 ? [none('Nothing was spent in these days.')] : []),
    ...currenciesOf(spend).map(
      (currency, index) =>
        html`${charts[index] === undefined ? nothing : figure(charts[index], `spend-${index}`, pictures)}${spendTable(spend, currency)}`,
    ),
    spend.length === 0 ? nothing : dailyTable(spend),
  );

/** What was paid for nothing; of the rest of the checks, the money is not waste but not accounted for. */
const WASTE = ['wasted-pulls', 'billed-twins'];

const stakeTable = (caption: string, stakes: readonly StakeFigure[], withShare: boolean): Markup =>
  dataTable(
    caption,
    [
      { name: 'Found by', cell: ({ check }) => html`<a href="#${check}">${words(check)}</a>` },
      { name: 'Provider', cell: ({ provider }) => (provider === '' ? 'all' : provider) },
      { name: 'Findings', cell: ({ findings }) => count(findings), isNumber: true },
      { name: 'Amount', cell: ({ micros, currency }) => plainMoney({ micros, currency }), isNumber: true },
      ...(withShare
        ? [{ name: 'Of its spend', cell: ({ shareOfSpend }: StakeFigure) => percent(shareOfSpend), isNumber: true }]
        : []),
    ],
    stakes.toSorted((a, b) => b.micros - a.micros),
  );

export const wasteSection = ({ stakes }: FiguresReport): Markup => {
  const waste = stakes.filter(({ check }) => WASTE.includes(check));
  const rest = stakes.filter(({ check }) => !WASTE.includes(check));
  return section(
    'waste',
    'What was wasted',
    'Paid for nothing new, or minutes before it came for free; and links that a provider bills twice. One refresh may stand behind both.',
    waste.length === 0 ? none('No waste was found.') : stakeTable('Waste by provider', waste, true),
    rest.length === 0 ? nothing : stakeTable('Money that is not accounted for', rest, false),
  );
};

const used = ({ chargedMicros, uncertainMicros, reservedMicros }: BudgetFigure): number =>
  chargedMicros + uncertainMicros + reservedMicros;

const outlook = (budget: BudgetFigure): string => {
  const { amountMicros, forecastMicros, currency } = budget;
  const over = (micros: number): string => `${plainMoney({ micros: micros - amountMicros, currency })} over`;
  if (used(budget) > amountMicros) return over(used(budget));
  if (forecastMicros === null) return 'too early to say';
  return forecastMicros > amountMicros ? `will be ${over(roundToCents(forecastMicros))}` : 'will last';
};

const bar = (budget: BudgetFigure): Markup => {
  const whole = Math.max(budget.amountMicros, used(budget), budget.forecastMicros ?? 0, 1);
  const width = (micros: number): string => `${((micros / whole) * 100).toFixed(1)}%`;
  const forecast = Math.max(0, (budget.forecastMicros ?? 0) - used(budget));
  return html`<span class="bar" aria-hidden="true"
    ><i class="used" style="width: ${width(used(budget))}"></i><i class="ahead" style="width: ${width(forecast)}"></i
    ><i class="limit" style="left: ${width(budget.amountMicros)}"></i
  ></span>`;
};

export const budgetsSection = ({ budgets }: FiguresReport): Markup =>
  section(
    'budgets',
    'Budgets',
    'As they stand in their present period. The line is the amount, the dark part is used (reserved and uncertain count), the hatched part is what the rest of the period will cost at its present pace.',
    budgets.length === 0
      ? none('No budget is configured: the policy file names them.')
      : dataTable(
          'Each budget',
          [
            { name: 'Budget', cell: ({ name, provider }) => html`${name}${provider === null ? nothing : html` <span class="soft">${provider}</span>`}` },
            { name: 'Until', cell: ({ periodEnd }) => formatInstant(periodEnd).slice(0, 10) },
            { name: 'Amount', cell: ({ amountMicros: micros, currency }) => plainMoney({ micros, currency }), isNumber: true },
            { name: 'Used', cell: (budget) => html`${plainAmount({ micros: used(budget) })} (${percent(budget.amountMicros === 0 ? null : used(budget) / budget.amountMicros)})`, isNumber: true },
            { name: 'Forecast', cell: ({ forecastMicros }) => (forecastMicros === null ? 'none yet' : plainAmount({ micros: roundToCents(forecastMicros) })), isNumber: true },
            { name: 'Course', cell: bar },
            { name: 'Outlook', cell: outlook },
          ],
          budgets,
        ),
  );

/** A forecast is no finer than that. */
const roundToCents = (micros: number): number => Math.round(micros / 10_000) * 10_000;

/** `1,234.50 USD` for each currency that something was charged in. */
export const chargedTotals = ({ spend }: FiguresReport): readonly (readonly [currency: string, text: string])[] =>
  currenciesOf(spend).map((currency) => [
    currency,
    plainAmount({
      micros: spend.filter((each) => each.currency === currency).reduce((sum, { chargedMicros }) => sum + chargedMicros, 0),
    }),
  ]);

export const connectionTotals = ({ connections, freshness }: FiguresReport) => ({
  connections: number(connections.reduce((sum, { all }) => sum + all, 0)),
  stale: freshness.reduce((sum, { stale }) => sum + stale, 0),
});

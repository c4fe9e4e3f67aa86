import type { ConsentFigure, FiguresReport, FreshnessFigure, RefreshFigure, RefreshOutcome } from '@freshet/flows';
import { refreshOutcomes } from '@freshet/flows';
import type { Chart, Fill, FillOf, LegendEntry } from './charts/chart.js';
import { consentsChart, inTime, weekName } from './charts/consents-chart.js';
import { figure, type Pictures } from './charts/inline-svg.js';
import { sharesChart } from './charts/shares-chart.js';
import { nothing, type Markup } from './markup.js';
import { duration, percent } from './numbers.js';
import { count, dataTable, none, section } from './parts.js';

/** From young and light to old and dark: it is read the same in grey. */
const AGE_COLORS = ['#e3f1ee', '#bfe0da', '#94cac3', '#62aea8', '#3a8f8d', '#24706f', '#17525a', '#133a48', '#0f2433'];
const NEVER: LegendEntry = { name: 'never any', fill: { color: '#ffffff', hatched: true } };

const ageKinds = ([row]: readonly FreshnessFigure[]): readonly LegendEntry[] => [
  ...(row?.ages ?? []).map(({ upToMs }, index): LegendEntry => ({
    name: upToMs === null ? 'older' : `up to ${duration(upToMs)}`,
    fill: { color: AGE_COLORS[index] ?? '#0f2433' },
  })),
  NEVER,
];

export const freshnessChart = ({ freshness }: FiguresReport): Chart | undefined =>
  freshness.length === 0
    ? undefined
    : sharesChart({
        title: 'Age of the newest data, in shares of the connections that should have it',
        description:
          'One bar for each provider, from young data on the left to old data on the right. The table below has its quantiles.',
        kinds: ageKinds(freshness),
        rows: freshness.map(({ provider, ages, never }) => ({
          name: provider,
          counts: [...ages.map((age) => age.count), never],
        })),
      });

const atMost = (ms: number | null): string => (ms === null ? 'none' : duration(ms));

const freshnessTable = (rows: readonly FreshnessFigure[]): Markup =>
  dataTable(
    'Connections that data is expected of, and how old it is at most',
    [
      { name: 'Provider', cell: ({ provider }) => provider },
      { name: 'Connections', cell: ({ awaited }) => count(awaited), isNumber: true },
      { name: 'Half of them', cell: ({ medianMs }) => atMost(medianMs), isNumber: true },
      { name: '90 %', cell: ({ p90Ms }) => atMost(p90Ms), isNumber: true },
      { name: '99 %', cell: ({ p99Ms }) => atMost(p99Ms), isNumber: true },
      { name: 'Stale', cell: ({ stale }) => count(stale), isNumber: true },
      { name: 'Never any', cell: ({ never }) => count(never), isNumber: true },
    ],
    rows,
  );

export const freshnessSection = (
  { freshness }: FiguresReport,
  chart: Chart | undefined,
  pictures: Pictures,
): Markup =>
  section(
    'freshness',
    'How fresh the data is',
    'Of every connection that data is expected of: not of those that wait for their customer, step back behind a duplicate, or have ended. Stale is what its policy calls so.',
    freshness.length === 0 ? none('Data is expected of no connection.') : nothing,
    chart === undefined ? nothing : figure(chart, 'freshness-chart', pictures),
    freshnessTable(freshness),
  );

const outcomes: Readonly<Record<RefreshOutcome, { readonly name: string; readonly fill: Fill }>> = {
  'new-data': { name: 'brought new data', fill: { color: '#1e6b3a' } },
  // Many providers do not tell.
  succeeded: { name: 'brought data, new or not', fill: { color: '#5fa777' } },
  partial: { name: 'partly', fill: { color: '#b9dbbf' } },
  'nothing-new': { name: 'nothing new', fill: { color: '#e9b44c' } },
  open: { name: 'under way', fill: { color: '#eef1f4' } },
  cancelled: { name: 'cancelled', fill: { color: '#c3cad2' } },
  expired: { name: 'expired', fill: { color: '#8a94a1' } },
  'reconnect-required': { name: 'needs its customer', fill: { color: '#6b4a91' } },
  failed: { name: 'failed', fill: { color: '#f3c6c2', hatched: true } },
};

export const refreshesChart = ({ refreshes }: FiguresReport): Chart | undefined =>
  refreshes.length === 0
    ? undefined
    : sharesChart({
        title: 'What became of the forced refreshes, in shares',
        description: 'One bar for each provider, from what brought new data on the left to what failed on the right.',
        kinds: refreshOutcomes.map((outcome) => outcomes[outcome]),
        rows: refreshes.map((row) => ({
          name: row.provider,
          counts: refreshOutcomes.map((outcome) => row.outcomes[outcome]),
        })),
      });

/** Of those of which it is known whether they brought anything new. */
const newShare = ({ outcomes: of }: RefreshFigure): string => {
  const known = of['new-data'] + of['nothing-new'];
  return known === 0 ? 'never told' : percent(of['new-data'] / known);
};

const refreshesTable = (rows: readonly RefreshFigure[]): Markup => {
  const asked = refreshOutcomes.filter((outcome) => rows.some((row) => row.outcomes[outcome] > 0));
  return dataTable(
    'Refreshes by what became of them',
    [
      { name: 'Provider', cell: ({ provider }) => provider },
      { name: 'All', cell: ({ all }) => count(all), isNumber: true },
      ...asked.map((outcome) => ({
        name: outcomes[outcome].name.replace(/^./, (letter) => letter.toUpperCase()),
        cell: (row: RefreshFigure) => count(row.outcomes[outcome]),
        isNumber: true,
      })),
      { name: 'New, where it is told', cell: newShare, isNumber: true },
    ],
    rows,
  );
};

export const refreshesSection = (
  { refreshes }: FiguresReport,
  chart: Chart | undefined,
  pictures: Pictures,
): Markup =>
  section(
    'refreshes',
    'What became of the refreshes',
    'Of all that were forced in the same days, permits of callers too.',
    refreshes.length === 0 ? none('Nothing was forced in these days.') : nothing,
    chart === undefined ? nothing : figure(chart, 'refreshes-chart', pictures),
    refreshesTable(refreshes),
  );

export const consentsChartOf = ({ consents }: FiguresReport, fillOf: FillOf): Chart | undefined =>
  consents.length === 0 ? undefined : consentsChart(consents, fillOf);

const consentsTable = (rows: readonly ConsentFigure[]): Markup => {
  const providers = [...new Set(rows.flatMap((row) => Object.keys(row.providers)))].toSorted();
  return dataTable(
    'Consents by the week in which they end (from its Monday)',
    [
      { name: 'Week', cell: ({ week }) => (week === 'ended' ? 'ended, and still refreshed' : weekName(week)) },
      { name: 'All', cell: ({ all }) => count(all), isNumber: true },
      ...providers.map((provider) => ({
        name: provider,
        cell: (row: ConsentFigure) => count(row.providers[provider] ?? 0),
        isNumber: true,
      })),
    ],
    inTime(rows),
  );
};

export const consentsSection = ({ consents }: FiguresReport, chart: Chart | undefined, pictures: Pictures): Markup =>
  section(
    'consents',
    'Consents that end',
    'In the next four weeks: their customers have to renew them, or the connection stops.',
    consents.length === 0 ? none('None ends in the next four weeks.') : nothing,
    chart === undefined ? nothing : figure(chart, 'consents-chart', pictures),
    consentsTable(consents),
  );

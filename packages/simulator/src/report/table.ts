import type { Score } from '../oracle/score.js';
import type { Experiment } from './experiment.js';

/** A column: its head, and what stands in it. */
type Column<Row> = readonly [head: string, cell: (row: Row) => string];

/** Text left, numbers right, as wide as what is in them. */
export const textTable = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string => {
  const cells = [columns.map(([head]) => head), ...rows.map((row) => columns.map(([, cell]) => cell(row)))];
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const padded = (line: readonly string[]): string =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return cells.map(padded).join('\n');
};

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const optional = (value: number | null, digits: number): string => (value === null ? '-' : value.toFixed(digits));

const columns: readonly Column<Score>[] = [
  ['', ({ name }) => name],
  ['$/conn-month', (row) => row.perConnectionMonth.toFixed(2)],
  ['fresh reads', ({ freshShare }) => percent(freshShare)],
  ['oracle', ({ oracleShare }) => percent(oracleShare)],
  ['score', ({ score }) => optional(score, 3)],
  ['$/extra read', ({ perExtraFreshRead }) => optional(perExtraFreshRead, 3)],
  ['forced', ({ forced }) => String(forced)],
  ['failed', ({ failed }) => String(failed)],
  ['violations', ({ violations }) => String(violations)],
];

const byFreshness = (rows: readonly Score[]): readonly Score[] => rows.toSorted((a, b) => a.freshShare - b.freshShare);

/** What a person reads at the terminal. Money is in the workload's currency. */
export const experimentTable = ({ workload, reads, base, asTheyAre, policy, atSpend }: Experiment): string => {
  const { name, connections, days, seed } = workload;
  const sections = [
    `Workload ${name}, seed ${seed}: ${connections} connections, ${days} days, ${reads} reads, ${percent(base)} fresh by the background alone.`,
    'As they are',
    textTable(columns, [...asTheyAre, policy]),
    ...atSpend.flatMap(({ perConnectionMonth, rulers, policy: held }) => [
      `At ${perConnectionMonth.toFixed(2)} ${workload.currency} per connection-month`,
      textTable(columns, [...byFreshness(rulers), held]),
    ]),
  ];
  return sections.join('\n\n');
};

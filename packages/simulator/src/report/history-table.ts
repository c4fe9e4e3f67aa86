import { formatAmount, formatInstant, verdicts } from '@freshet/domain';
import type { HistoryCost } from '../history/recorded.js';
import type { HistoryReplay } from '../history/replay-history.js';
import { textTable } from './table.js';

interface Row {
  readonly what: string;
  readonly recorded: string;
  readonly replayed: string;
}

const currenciesOf = ({ recorded, replayed }: HistoryReplay): readonly string[] =>
  [...new Set([...Object.keys(recorded.spent), ...Object.keys(replayed.spent)])].toSorted();

/** What it did cost beside what it would have cost. */
export const historyTable = (found: HistoryReplay): string => {
  const { recorded, replayed, from, until, connections, requests, carriedOver } = found;
  const row = (what: string, of: (cost: HistoryCost) => number | string): Row => ({
    what,
    recorded: String(of(recorded)),
    replayed: String(of(replayed)),
  });
  const rows = [
    ...currenciesOf(found).map((currency) =>
      row(`${currency} spent`, ({ spent }) => formatAmount(spent[currency] ?? 0)),
    ),
    row('forced refreshes made', ({ forced }) => forced),
    ...verdicts.map((verdict) => row(`answered ${verdict}`, (cost) => cost.verdicts[verdict])),
  ];
  const head = `${requests} requests for ${connections} connections, ${formatInstant(from)} to ${formatInstant(until)}; ${carriedOver} of them refused whatever the policy.`;
  const columns = [
    ['', ({ what }: Row) => what],
    ['as recorded', (line: Row) => line.recorded],
    ['under this policy', (line: Row) => line.replayed],
  ] as const;
  return `${head}\n\n${textTable(columns, rows)}`;
};

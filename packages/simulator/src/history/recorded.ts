import { verdicts } from '@freshet/domain';
import type { Instant, Verdict } from '@freshet/domain';
import type { ConnectionLine, DecisionLine, HistoryHead, HistoryLine, PullLine } from '@freshet/flows';

/** What a history, or another run of it, came to. */
export interface HistoryCost {
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Forced refreshes that happened, or may have. */
  readonly forced: number;
  /** Micros by currency. */
  readonly spent: Readonly<Record<string, number>>;
}

/** A history, sorted by what its lines are. */
export interface History {
  readonly from: Instant;
  readonly until: Instant;
  readonly connections: readonly ConnectionLine[];
  /** Decisions and pulls in the order of time. */
  readonly course: readonly (DecisionLine | PullLine)[];
}

/** Lines that make no history, told by the one that is wrong. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
}

/** Pulls come before the requests of the same moment: those saw them. */
const inOrder = (a: DecisionLine | PullLine, b: DecisionLine | PullLine): number =>
  a.at - b.at || Number(a.line === 'decision') - Number(b.line === 'decision');

export const historyOf = (lines: readonly HistoryLine[]): History => {
  const [head] = lines;
  if (head?.line !== 'history')
    throw new HistoryError('the first line of a history says from when until when it tells');
  const connections: ConnectionLine[] = [];
  const course: (DecisionLine | PullLine)[] = [];
  for (const line of lines.slice(1) as readonly Exclude<HistoryLine, HistoryHead>[]) {
    if (line.line === 'connection') connections.push(line);
    else course.push(line);
  }
  const known = new Set(connections.map(({ connection }) => connection));
  const stranger = course.find(({ connection }) => !known.has(connection));
  if (stranger !== undefined) throw new HistoryError(`no line tells of connection ${stranger.connection}`);
  return { from: head.from, until: head.until, connections, course: course.toSorted(inOrder) };
};

export const countedVerdicts = (): Record<Verdict, number> =>
  Object.fromEntries(verdicts.map((verdict) => [verdict, 0])) as Record<Verdict, number>;

const happened = ({ origin, state }: PullLine): boolean =>
  origin === 'forced' && !(['reserved', 'released', 'refused'] as readonly string[]).includes(state);

/** What it did come to. */
export const recordedCost = ({ course }: History): HistoryCost => {
  const counted = countedVerdicts();
  const spent: Record<string, number> = {};
  let forced = 0;
  for (const line of course) {
    if (line.line === 'decision') counted[line.verdict] += 1;
    else {
      if (happened(line)) forced += 1;
      if (line.charged !== null)
        spent[line.charged.currency] = (spent[line.charged.currency] ?? 0) + line.charged.micros;
    }
  }
  return { verdicts: counted, forced, spent };
};

import { noChain, type ChainCheckpoint, type ChainEnd, type ConnectionId, type Instant } from '@freshet/domain';
import type { KeptLink } from '@freshet/ports';
import { MOST_IDS } from './check.js';

/*
 * A chain, row by row in the order of ids: nearly always that of its sequence, and never relied on. What was seen is kept as
 * stretches of neighbours, so a row that is missing costs one more stretch, however many rows there are.
 */

export const chainFaults = ['changed', 'replaced', 'missing', 'doubled', 'checkpoint', 'head', 'torn'] as const;
export type ChainFaultKind = (typeof chainFaults)[number];

/** One thing that is wrong with a chain. */
export interface ChainFault {
  readonly kind: ChainFaultKind;
  /** The row; null where it is gone. */
  readonly id: string | null;
  readonly from: number | null;
  readonly until: number | null;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  /** What the first row names as the link before it. */
  readonly previous: string;
  /** What the next row may name: of a row that was changed, its link or its hash may be the one that was. */
  readonly ends: readonly string[];
  /** Null: rows that were pruned, or the beginning of everything. */
  readonly lastId: string | null;
  readonly lastIntact: boolean;
  /** What the row in the last place has to name: a changed one may have come from elsewhere, before the row that belongs there. */
  readonly expected: readonly string[];
}

/** A connection's chain as far as it was walked: plain data of a bounded size. */
export interface WalkedChain {
  readonly connectionId: ConnectionId;
  /** The last row that was seen. */
  readonly lastId: string;
  readonly stretches: readonly Stretch[];
  readonly faults: readonly ChainFault[];
  readonly faultCount: number;
}

/** A chain in more pieces than that was not tampered with, but destroyed. */
const MOST_STRETCHES = 50;

const prunedRows = ({ sequence, link }: ChainEnd): Stretch => ({
  from: 0,
  to: sequence,
  previous: '',
  ends: [link],
  lastId: null,
  lastIntact: true,
  expected: [],
});

export const beginChain = (connectionId: ConnectionId, checkpoint: ChainCheckpoint | null): WalkedChain => {
  const stretches = [prunedRows(checkpoint ?? noChain)];
  return { connectionId, lastId: '', stretches, faults: [], faultCount: 0 };
};

export const withFault = (chain: WalkedChain, fault: ChainFault): WalkedChain => ({
  ...chain,
  faults: chain.faultCount < MOST_IDS ? [...chain.faults, fault] : chain.faults,
  faultCount: chain.faultCount + 1,
});

const isPlace = (sequence: unknown): sequence is number => Number.isSafeInteger(sequence) && (sequence as number) > 0;

const isIntact = ({ sequence, link, computed }: KeptLink): boolean => link === computed && isPlace(sequence);

const at = (kind: ChainFaultKind, id: string | null, sequence: number | null): ChainFault => ({
  kind,
  id,
  from: sequence,
  until: sequence,
});

/** Two neighbours that are whole by themselves, and do not fit: one of them was written anew, hash and all. */
const seam = (before: Stretch, previous: string, id: string, sequence: number): ChainFault | null => {
  if (before.ends.includes(previous) || !before.lastIntact) return null;
  if (before.lastId !== null) return at('replaced', before.lastId, before.to);
  return before.to === 0 ? at('replaced', id, sequence) : at('checkpoint', null, before.to);
};

const inserted = (stretches: readonly Stretch[], stretch: Stretch): readonly Stretch[] =>
  [...stretches, stretch].sort((a, b) => a.from - b.from);

/** Two stretches that have come together, as one. */
const joined = (chain: WalkedChain): WalkedChain => {
  const index = chain.stretches.findIndex((stretch, i) => chain.stretches[i + 1]?.from === stretch.to + 1);
  if (index < 0) return chain;
  const [before, after] = [chain.stretches[index] as Stretch, chain.stretches[index + 1] as Stretch];
  const fault = seam(before, after.previous, after.lastId ?? '', after.from);
  const one: Stretch = { ...after, from: before.from, previous: before.previous };
  const stretches = chain.stretches.toSpliced(index, 2, one);
  return fault === null ? { ...chain, stretches } : withFault({ ...chain, stretches }, fault);
};

const alone = (row: KeptLink, sequence: number, lastIntact: boolean, expected: readonly string[]): Stretch => ({
  from: sequence,
  to: sequence,
  previous: row.previous,
  ends: lastIntact ? [row.link] : [row.link, row.computed],
  lastId: row.id,
  lastIntact,
  expected,
});

/** Where a changed row stood: behind the row that it names, else where it says. */
const placeOfChanged = ({ stretches }: WalkedChain, { sequence, previous }: KeptLink): number | null => {
  const behind =
    stretches.find(({ ends }) => ends.includes(previous)) ?? stretches.find(({ to }) => to + 1 === sequence);
  return behind === undefined ? null : behind.to + 1;
};

const isTaken = ({ stretches }: WalkedChain, sequence: number): boolean =>
  stretches.some(({ from, to }) => from <= sequence && sequence <= to);

const placed = (chain: WalkedChain, row: KeptLink, sequence: number, intact: boolean): WalkedChain => {
  const before = chain.stretches.find(({ to }) => to + 1 === sequence);
  const stretches = inserted(chain.stretches, alone(row, sequence, intact, before?.ends ?? []));
  if (stretches.length > MOST_STRETCHES) return withFault(chain, at('torn', row.id, sequence));
  // A changed row explains itself why it does not fit to the one before it.
  const fault = before === undefined || !intact ? null : seam(before, row.previous, row.id, sequence);
  const quiet =
    before === undefined ? stretches : stretches.map((each) => (each === before ? fitting(each, row) : each));
  const told = fault === null ? chain : withFault(chain, fault);
  return joined({ ...told, stretches: quiet });
};

/** What was judged at the row is not judged again where the stretches meet. */
const fitting = (before: Stretch, { previous }: KeptLink): Stretch => ({ ...before, ends: [...before.ends, previous] });

/** The row belongs where a changed one was taken for it. */
const inItsPlace = (chain: WalkedChain, row: KeptLink): WalkedChain | null => {
  const isMistaken = ({ to, lastIntact, expected }: Stretch): boolean =>
    to === row.sequence && !lastIntact && expected.includes(row.previous);
  if (!chain.stretches.some(isMistaken)) return null;
  const right = { ends: [row.link], lastId: row.id, lastIntact: true };
  return { ...chain, stretches: chain.stretches.map((each) => (isMistaken(each) ? { ...each, ...right } : each)) };
};

export const walkRow = (walked: WalkedChain, row: KeptLink): WalkedChain => {
  const chain: WalkedChain = { ...walked, lastId: row.id };
  const { sequence, id } = row;
  if (isIntact(row)) {
    if (!isTaken(chain, sequence)) return joined(placed(chain, row, sequence, true));
    return inItsPlace(chain, row) ?? withFault(chain, at('doubled', id, sequence));
  }
  const found = withFault(chain, at('changed', id, isPlace(sequence) ? sequence : null));
  const place = placeOfChanged(chain, row);
  return place === null || isTaken(chain, place) ? found : joined(placed(found, row, place, false));
};

const gaps = ({ stretches }: WalkedChain): readonly ChainFault[] =>
  stretches.slice(1).map((stretch, index) => ({
    kind: 'missing',
    id: null,
    from: (stretches[index] as Stretch).to + 1,
    until: stretch.from - 1,
  }));

const againstHead = ({ stretches }: WalkedChain, head: ChainEnd | null): readonly ChainFault[] => {
  const last = stretches.at(-1) as Stretch;
  const reached = head ?? noChain;
  if (head === null && last.to === 0) return [];
  // Rows without a head, and a head that stands before its rows, are the head's fault.
  if (!isPlace(reached.sequence) && last.to > 0) return [at('head', null, null)];
  if (reached.sequence > last.to) {
    return [{ kind: 'missing', id: null, from: last.to + 1, until: reached.sequence }];
  }
  if (reached.sequence < last.to) return [at('head', null, reached.sequence)];
  return last.ends.includes(reached.link) ? [] : [at('head', last.lastId, reached.sequence)];
};

/** Where all that is left of a chain was pruned while the walk was at it, it ends in its checkpoint. */
const prunedUpTo = (chain: WalkedChain, checkpoint: ChainEnd | null): WalkedChain => {
  const last = chain.stretches.at(-1) as Stretch;
  if (checkpoint === null || checkpoint.sequence <= last.to) return chain;
  const end: Stretch = { ...prunedRows(checkpoint), from: checkpoint.sequence };
  return { ...chain, stretches: [...chain.stretches, end] };
};

/** The whole chain, once all of its rows were seen. */
export const endChain = (walked: WalkedChain, head: ChainEnd | null, checkpoint: ChainEnd | null): WalkedChain => {
  const chain = prunedUpTo(walked, checkpoint);
  // Rows that were pruned while the walk was at their chain.
  const pruned = checkpoint?.sequence ?? 0;
  const missing = gaps(chain).filter(({ until }) => (until ?? 0) > pruned);
  return [...missing, ...againstHead(chain, head)].reduce(withFault, walked);
};

const isNext = (before: KeptLink, after: KeptLink): boolean =>
  before.sequence + 1 === after.sequence && before.link === after.previous;

/**
 * The oldest links of a connection that are as they were written, of so many as were asked for: of tampering, the evidence is
 * not pruned away. Of two that do not fit either may be the wrong one, so both stay; and so does the last of a full page,
 * because the one behind it was not seen.
 */
export const wholePrefix = (
  links: readonly KeptLink[],
  connectionId: ConnectionId,
  before: Instant,
  limit: number,
): readonly KeptLink[] => {
  const own = links.filter((link) => link.connectionId === connectionId);
  const isCut = own.length === limit;
  const end = own.findIndex((link, index) => {
    const [last, next] = [own[index - 1], own[index + 1]];
    const fits = (last === undefined || isNext(last, link)) && (next === undefined ? !isCut : isNext(link, next));
    return link.computed !== link.link || !fits || link.madeAt >= before;
  });
  return end < 0 ? own : own.slice(0, end);
};

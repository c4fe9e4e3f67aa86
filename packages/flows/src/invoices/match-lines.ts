import type { Charge, ConnectionId, DurationMs, Instant, InvoiceLine, Product, PullId, TaskId } from '@freshet/domain';

/** A pull that money was held for, as an invoice may bill it. */
export interface Chargeable {
  readonly pullId: PullId;
  readonly taskId: TaskId | null;
  readonly connectionId: ConnectionId;
  readonly job: string | null;
  readonly products: readonly Product[];
  /** From the call until its end, as far as they are known. */
  readonly from: Instant;
  readonly until: Instant;
  readonly micros: number;
  readonly fate: Charge;
  /** Whether its call lies in the invoice's period: only such a one is missed on it. */
  readonly isDue: boolean;
}

export const differenceKinds = [
  /** Billed, but not known here. */
  'unknown',
  /** Billed, though it surely did not happen. */
  'not-owed',
  'other-amount',
  'not-billed',
  'uncertain-billed',
  'uncertain-not-billed',
] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

/** Where an invoice and the ledger differ. */
export interface Difference {
  readonly kind: DifferenceKind;
  readonly connectionId: ConnectionId | null;
  /** Lines of the file. */
  readonly lines: readonly number[];
  readonly at: Instant;
  readonly billedMicros: number | null;
  readonly ours: Pick<Chargeable, 'pullId' | 'taskId' | 'micros' | 'fate'> | null;
  /** How much money lies between the two. */
  readonly micros: number;
}

/** A charge with the lines that bill it. */
interface Billed {
  readonly charge: Chargeable;
  readonly lines: InvoiceLine[];
}

const gapBetween = (line: InvoiceLine, charge: Chargeable): DurationMs =>
  Math.max(0, charge.from - line.until, line.at - charge.until);

/** Several lines bill one charge only where each is for products of its own. */
const hasRoom = ({ charge, lines }: Billed, line: InvoiceLine): boolean => {
  if (line.products.length === 0) return lines.length === 0;
  const taken = lines.every(({ products }) => products.length > 0) ? lines.flatMap(({ products }) => products) : null;
  return (
    taken !== null &&
    line.products.some((product) => charge.products.includes(product)) &&
    !line.products.some((product) => taken.includes(product))
  );
};

/** What surely did not happen is taken last; then the nearest, the earliest, the one with the smaller id. */
const nearerTo =
  (line: InvoiceLine) =>
  ({ charge: a }: Billed, { charge: b }: Billed): number =>
    Number(a.fate === 'released') - Number(b.fate === 'released') ||
    gapBetween(line, a) - gapBetween(line, b) ||
    a.from - b.from ||
    (a.pullId < b.pullId ? -1 : 1);

const sumOf = (lines: readonly InvoiceLine[]): number => lines.reduce((total, { micros }) => total + micros, 0);

const ofBilled = ({ charge, lines }: Billed): readonly Difference[] => {
  const { fate, micros, connectionId, from: at } = charge;
  const billedMicros = sumOf(lines);
  const told = { connectionId, lines: lines.map(({ line }) => line), at, billedMicros, ours: charge };
  if (fate === 'released') return [{ ...told, kind: 'not-owed', micros: billedMicros }];
  if (fate === 'uncertain') return [{ ...told, kind: 'uncertain-billed', micros: billedMicros }];
  return micros === billedMicros ? [] : [{ ...told, kind: 'other-amount', micros: Math.abs(micros - billedMicros) }];
};

/** What a charge is missed as, on an invoice that has no line for it; nothing where it is no charge of its period. */
export const ofMissing = (charge: Chargeable): readonly Difference[] => {
  const { fate, micros, connectionId, from: at, isDue } = charge;
  if (!isDue || micros === 0 || (fate !== 'charged' && fate !== 'uncertain')) return [];
  const kind = fate === 'charged' ? 'not-billed' : 'uncertain-not-billed';
  return [{ kind, connectionId, lines: [], at, billedMicros: null, ours: charge, micros }];
};

const ofUnknown = ({ line, at, micros }: InvoiceLine, connectionId: ConnectionId | null): Difference => ({
  kind: 'unknown',
  connectionId,
  lines: [line],
  at,
  billedMicros: micros,
  ours: null,
  micros,
});

const inTime = (a: InvoiceLine, b: InvoiceLine): number => a.at - b.at || a.line - b.line;

/**
 * Each line takes the charge whose job it names, else the nearest that is near enough; in the order of time, so that the
 * same lines and charges always come to the same.
 */
const take = (lines: readonly InvoiceLine[], billed: readonly Billed[], toleranceMs: DurationMs) => {
  const ordered = lines.toSorted(inTime);
  const without = (left: readonly InvoiceLine[], fits: (line: InvoiceLine, each: Billed) => boolean) =>
    left.filter((line) => {
      const found = billed.filter((each) => fits(line, each) && hasRoom(each, line)).sort(nearerTo(line))[0];
      found?.lines.push(line);
      return found === undefined;
    });
  const unnamed = without(ordered, (line, { charge }) => line.job !== null && line.job === charge.job);
  return without(unnamed, (line, { charge }) => gapBetween(line, charge) <= toleranceMs);
};

export interface MatchedLines {
  readonly matched: number;
  readonly differences: readonly Difference[];
}

/** `connectionId`: whose the lines are, where that is known. */
export const matchLines = (
  lines: readonly InvoiceLine[],
  charges: readonly Chargeable[],
  toleranceMs: DurationMs,
  connectionId: ConnectionId | null,
): MatchedLines => {
  const billed = charges.map((charge): Billed => ({ charge, lines: [] }));
  const left = take(lines, billed, toleranceMs);
  return {
    matched: lines.length - left.length,
    differences: [
      ...billed.flatMap((each) => (each.lines.length === 0 ? ofMissing(each.charge) : ofBilled(each))),
      ...left.map((line) => ofUnknown(line, connectionId)),
    ],
  };
};

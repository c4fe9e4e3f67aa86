import type { Invoice } from '@freshet/domain';
import { read, type Loader } from '@freshet/ports';
import type { Engine } from '../engine.js';
import { comparedAt, comparedFrom, FROM_THE_START, type Compared, type ComparedPlace } from './compare-invoice.js';
import { differenceKinds, type Difference, type DifferenceKind } from './match-lines.js';

/** Looked at in one turn: others wait for it. */
const COMPARED_A_TURN = 10;

/** Null: some of its lines are gone. */
function* whileItIsThere({ tenantId, id }: Invoice, load: Loader<readonly Compared[]>) {
  const kept = yield* read('invoice', { tenantId, id });
  return kept?.state === 'ready' ? yield* load : null;
}

/** Ends with whether it was there until then: of an invoice that is removed meanwhile, nothing that was counted holds. */
async function* comparedOf(
  engine: Engine,
  invoice: Invoice,
  from: ComparedPlace,
): AsyncGenerator<Compared, boolean, undefined> {
  for (let place: ComparedPlace | undefined = from; place !== undefined;) {
    const here: ComparedPlace = place;
    const { page } = await engine.store.turn(
      () => whileItIsThere(invoice, comparedFrom(invoice, here, COMPARED_A_TURN)),
      (found) => ({ page: found, effects: [] }),
    );
    if (page === null) return false;
    yield* page;
    place = page.length < COMPARED_A_TURN ? undefined : page.at(-1)?.place;
  }
  return true;
}

export interface DifferenceCount {
  readonly count: number;
  readonly micros: number;
}

export interface InvoiceComparison {
  readonly lines: number;
  readonly matched: number;
  readonly differences: number;
  /** What lies between the two, all differences together. */
  readonly micros: number;
  readonly byKind: Readonly<Record<DifferenceKind, DifferenceCount>>;
}

const nothingCounted = (): Record<DifferenceKind, DifferenceCount> =>
  Object.fromEntries(differenceKinds.map((kind) => [kind, { count: 0, micros: 0 }])) as Record<
    DifferenceKind,
    DifferenceCount
  >;

/** The invoice held against the ledger as it is now, counted; null: it was removed meanwhile. */
export const compareInvoice = async (engine: Engine, invoice: Invoice): Promise<InvoiceComparison | null> => {
  const byKind = nothingCounted();
  const total = { lines: 0, matched: 0, differences: 0, micros: 0 };
  const walk = comparedOf(engine, invoice, FROM_THE_START);
  for (let step = await walk.next(); ; step = await walk.next()) {
    if (step.done === true) return step.value ? { ...total, byKind } : null;
    const { lines, matched, differences } = step.value;
    total.lines += lines;
    total.matched += matched;
    total.differences += differences.length;
    for (const { kind, micros } of differences) {
      const { count, micros: before } = byKind[kind];
      byKind[kind] = { count: count + 1, micros: before + micros };
      total.micros += micros;
    }
  }
};

/** A difference with where it was found: `<place> <which of those there>`. */
export interface FoundDifference extends Difference {
  readonly id: string;
}

interface DifferencePlace {
  readonly place: ComparedPlace;
  /** Those of that place that were told already. */
  readonly told: number;
}

const idOfDifference = (place: ComparedPlace, index: number): string =>
  JSON.stringify({ place, told: index + 1 } satisfies DifferencePlace);

/** Differences, unit by unit, from just behind one of them. `before` null: from the start. */
export const invoiceDifferences = async (
  engine: Engine,
  invoice: Invoice,
  { before, limit }: { readonly before: string | null; readonly limit: number },
): Promise<readonly FoundDifference[]> => {
  const from = before === null ? undefined : (JSON.parse(before) as DifferencePlace);
  const found: FoundDifference[] = [];
  const add = ({ place, differences }: Compared, told: number): void => {
    const all = differences.map((each, index) => ({ ...each, id: idOfDifference(place, index) }));
    found.push(...all.slice(told, told + limit - found.length));
  };
  if (from !== undefined) {
    // The unit that the last one was in may have more of them.
    const again = await engine.store.turn(
      () => comparedAt(invoice, from.place),
      (page) => ({ page, effects: [] }),
    );
    for (const compared of again.page) add(compared, from.told);
  }
  for await (const compared of comparedOf(engine, invoice, from?.place ?? FROM_THE_START)) {
    if (found.length >= limit) break;
    add(compared, 0);
  }
  return found;
};

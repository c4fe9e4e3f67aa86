import { idOf, insert, put, remove, update } from '@freshet/domain';
import type { Effect, Instant, Invoice, InvoiceId, InvoiceLine, Product, TenantId } from '@freshet/domain';
import { read, StoreConflict } from '@freshet/ports';
import type { Engine } from '../engine.js';
import { MOST_LINES_OF_UNIT, unitOfConnection, unitOfJob, unitOfLine } from './compare-invoice.js';

/** What is said of an invoice beside its lines. */
export type InvoiceTerms = Pick<
  Invoice,
  | 'connector'
  | 'provider'
  | 'currency'
  | 'from'
  | 'until'
  | 'timeZone'
  | 'columns'
  | 'namesBy'
  | 'toleranceMs'
  | 'hash'
  | 'leftOut'
>;

/** A line as its file has it. */
export interface BilledLine {
  readonly line: number;
  readonly at: Instant;
  readonly until: Instant;
  readonly connection: string | null;
  readonly job: string | null;
  readonly product: string | null;
  readonly products: readonly Product[];
  readonly micros: number;
}

export type InvoiceImport =
  /** `known`: the very file was imported before, and this is what it came to then. */
  | { readonly kind: 'imported' | 'known'; readonly invoice: Invoice }
  | { readonly kind: 'too-many'; readonly line: number; readonly most: number }
  /** It was removed while its lines were written: by who deleted it, or who imported the same file otherwise. */
  | { readonly kind: 'lost' };

/** Lines that one turn writes: others wait for it. */
const LINES_A_TURN = 100;

const unitOf = ({ connection, job, line }: BilledLine): string => {
  if (connection !== null) return unitOfConnection(connection);
  return job === null ? unitOfLine(line) : unitOfJob(job);
};

/** The first line that is one too many of its kind: they are compared together, in memory. */
const firstTooMany = (lines: readonly BilledLine[]): BilledLine | undefined => {
  const counts = new Map<string, number>();
  return lines.find((line) => {
    const unit = unitOf(line);
    const count = (counts.get(unit) ?? 0) + 1;
    counts.set(unit, count);
    return count > MOST_LINES_OF_UNIT;
  });
};

const kept = ({ id: invoiceId, tenantId }: Invoice, line: BilledLine): InvoiceLine => ({
  ...line,
  id: `${invoiceId}/${String(line.line).padStart(9, '0')}`,
  tenantId,
  invoiceId,
  unit: unitOf(line),
});

/**
 * The invoice, as nobody compares it yet. One of the same file that was left half way is removed first: its lines may have been
 * read otherwise.
 */
const begin = async (engine: Engine, made: Invoice): Promise<Invoice> => {
  const { tenantId, hash } = made;
  const { invoice } = await engine.store.turn(
    () => read('invoiceByHash', { tenantId, hash }),
    (earlier): { readonly invoice: Invoice; readonly effects: readonly Effect[] } =>
      earlier === null ? { invoice: made, effects: [insert('invoice', made)] } : { invoice: earlier, effects: [] },
  );
  if (invoice === made || invoice.state === 'ready') return invoice;
  await removeInvoice(engine, tenantId, invoice.id);
  return begin(engine, made);
};

type State = Invoice['state'];

/** Writes only while the invoice is in that state; whether it was. */
const writeWhile = async (
  engine: Engine,
  { tenantId, id }: Pick<Invoice, 'tenantId' | 'id'>,
  states: readonly State[],
  effects: readonly Effect[],
): Promise<boolean> => {
  const { isWritten } = await engine.store.turn(
    () => read('invoice', { tenantId, id }),
    (invoice) => {
      const isSo = invoice !== null && states.includes(invoice.state);
      return { isWritten: isSo, effects: isSo ? effects : [] };
    },
  );
  return isWritten;
};

/** False: it is not imported any more. */
const writeLines = async (engine: Engine, invoice: Invoice, lines: readonly BilledLine[]): Promise<boolean> => {
  for (let from = 0; from < lines.length; from += LINES_A_TURN) {
    const some = lines.slice(from, from + LINES_A_TURN).map((line) => put('invoiceLine', kept(invoice, line)));
    if (!(await writeWhile(engine, invoice, ['importing'], some))) return false;
  }
  return writeWhile(engine, invoice, ['importing'], [update('invoice', invoice.id, { state: 'ready' })]);
};

/**
 * An invoice whose lines were found to be good. It counts once all of them are there: where the process ends before that,
 * importing the file again begins anew. The same file is one invoice.
 */
export const importInvoice = async (
  engine: Engine,
  tenantId: TenantId,
  terms: InvoiceTerms,
  lines: readonly BilledLine[],
): Promise<InvoiceImport> => {
  const tooMany = firstTooMany(lines);
  if (tooMany !== undefined) return { kind: 'too-many', line: tooMany.line, most: MOST_LINES_OF_UNIT };
  const made: Invoice = {
    ...terms,
    id: idOf('invoice', engine.ids.next()),
    tenantId,
    lineCount: lines.length,
    totalMicros: lines.reduce((total, { micros }) => total + micros, 0),
    state: 'importing',
    importedAt: engine.clock.now(),
  };
  const invoice = await begin(engine, made).catch((error: unknown) => {
    // The same file came twice at once: the other one has begun.
    if (error instanceof StoreConflict) return begin(engine, made);
    throw error;
  });
  if (invoice.state === 'ready') return { kind: 'known', invoice };
  if (!(await writeLines(engine, invoice, lines))) return { kind: 'lost' };
  return { kind: 'imported', invoice: { ...invoice, state: 'ready' } };
};

/** False: there is none. */
export const removeInvoice = async (engine: Engine, tenantId: TenantId, id: InvoiceId): Promise<boolean> => {
  const removing = [update('invoice', id, { state: 'removing' })];
  if (!(await writeWhile(engine, { tenantId, id }, ['importing', 'ready', 'removing'], removing))) return false;
  const asked = { tenantId, invoiceId: id, after: '', limit: LINES_A_TURN };
  for (let left = LINES_A_TURN; left === LINES_A_TURN;) {
    const { removed } = await engine.store.turn(
      () => read('invoiceLinesScan', asked),
      (lines) => ({ removed: lines.length, effects: lines.map((line) => remove('invoiceLine', line.id)) }),
    );
    left = removed;
  }
  await engine.store.turn(
    () => read('invoice', { tenantId, id }),
    () => ({ effects: [remove('invoice', id)] }),
  );
  return true;
};

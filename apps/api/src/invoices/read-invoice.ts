import { parseAmount } from '@freshet/domain';
import type { BilledLine } from '@freshet/flows';
import { invalidRequest, type Fault } from '../http/problem.js';
import { columnsIn, type FoundColumns } from './invoice-columns.js';
import type { InvoicePeriod, InvoiceQuery } from './invoice-query.js';
import { createTimeReader, type BilledTime } from './local-time.js';
import { readCsv, type CsvRow } from './read-csv.js';

export interface ReadInvoice extends FoundColumns {
  readonly lines: readonly BilledLine[];
  /** Lines whose product does not count. */
  readonly leftOut: number;
}

/** More than any invoice has. */
const MOST_COLUMNS = 500;
/** More than a person reads at once. */
const MOST_FAULTS = 100;
const MAX_ID = 256;
/** Control characters and halves of surrogate pairs: no id has them. */
const UNPRINTABLE = /[\p{Control}\p{Surrogate}]/u;

interface Reading {
  readonly query: InvoiceQuery;
  readonly period: InvoicePeriod;
  readonly found: FoundColumns;
  readonly readTime: (text: string) => BilledTime | undefined;
  readonly faults: Fault[];
}

type Column = keyof FoundColumns['places'];

const cellOf = ({ found }: Reading, { cells }: CsvRow, column: Column): string => cells[found.places[column]] ?? '';

/** A fault names its place, never what stands there. */
const tell = ({ found, faults }: Reading, { line }: CsvRow, column: Column, rule: string): void => {
  const name = found.columns[column] ?? column;
  faults.push({ pointer: `/${line}/${column}`, message: `Line ${line}, column ${JSON.stringify(name)}: ${rule}.` });
};

const timeIn = (reading: Reading, row: CsvRow): BilledTime | undefined => {
  const time = reading.readTime(cellOf(reading, row, 'time'));
  const { from, until } = reading.period;
  if (time === undefined) {
    tell(reading, row, 'time', 'must be a time such as 2026-10-03T09:30:00Z, 2026-10-03 09:30:00 or 2026-10-03');
  } else if (time.until < from || time.at >= until) {
    tell(reading, row, 'time', 'must lie in the period from `from` until `to`, in the time zone of the file');
  }
  return time;
};

const amountIn = (reading: Reading, row: CsvRow): number | undefined => {
  const micros = parseAmount(cellOf(reading, row, 'amount'));
  if (micros === undefined) {
    tell(reading, row, 'amount', 'must be an amount such as 0.12, with at most six decimals and nothing else');
  } else if (micros < 0) {
    tell(reading, row, 'amount', 'must not be negative: leave credits out, by productColumn and products');
  }
  return micros;
};

const nameIn = (reading: Reading, row: CsvRow, column: 'connection' | 'job' | 'product'): string | null => {
  const name = cellOf(reading, row, column);
  if (name.length > MAX_ID || UNPRINTABLE.test(name)) {
    tell(reading, row, column, `must have at most ${MAX_ID} characters, none of them a control character`);
  }
  return name === '' ? null : name;
};

const checkCurrency = (reading: Reading, row: CsvRow): void => {
  const { found, query } = reading;
  if (found.places.currency < 0 || cellOf(reading, row, 'currency') === query.currency) return;
  tell(reading, row, 'currency', `must be ${query.currency}: an invoice has one currency`);
};

/** Undefined: it does not count, or is faulty. */
const lineIn = (reading: Reading, row: CsvRow, product: string | null): BilledLine | undefined => {
  const [time, micros] = [timeIn(reading, row), amountIn(reading, row)];
  const [connection, job] = [nameIn(reading, row, 'connection'), nameIn(reading, row, 'job')];
  checkCurrency(reading, row);
  if (time === undefined || micros === undefined) return undefined;
  const products = (product === null ? undefined : reading.query.products?.get(product)) ?? [];
  return { line: row.line, ...time, connection, job, product, products, micros };
};

const readLines = async (reading: Reading, rows: AsyncGenerator<CsvRow>): Promise<ReadInvoice> => {
  const lines: BilledLine[] = [];
  let leftOut = 0;
  for await (const row of rows) {
    const product = nameIn(reading, row, 'product');
    const counts = reading.query.products === undefined || (product !== null && reading.query.products.has(product));
    const line = counts ? lineIn(reading, row, product) : undefined;
    if (!counts) leftOut += 1;
    if (line !== undefined) lines.push(line);
    if (reading.faults.length >= MOST_FAULTS) break;
  }
  return { ...reading.found, lines, leftOut };
};

/** The lines of an invoice's file that count; or a problem that names each faulty one by its line and column. */
export const readInvoice = async (file: Buffer, query: InvoiceQuery, period: InvoicePeriod): Promise<ReadInvoice> => {
  const rows = readCsv(file);
  const header = (await rows.next()) as IteratorResult<CsvRow, undefined>;
  if (header.value === undefined) throw invalidRequest([{ pointer: '', message: 'The file has no header.' }]);
  if (header.value.cells.length > MOST_COLUMNS) {
    throw invalidRequest([{ pointer: '', message: `The file has more than ${MOST_COLUMNS} columns.` }]);
  }
  const found = columnsIn(header.value.cells, query);
  const reading: Reading = { query, period, found, readTime: createTimeReader(period.timeZone), faults: [] };
  const invoice = await readLines(reading, rows);
  if (reading.faults.length > 0) throw invalidRequest(reading.faults);
  if (invoice.lines.length === 0) {
    const left = invoice.leftOut === 0 ? '' : `: \`products\` leaves all ${invoice.leftOut} out`;
    throw invalidRequest([{ pointer: '', message: `The file has no line that counts${left}.` }]);
  }
  return invoice;
};

import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { CsvError, parse } from 'csv-parse';
import { invalidRequest, type Problem } from '../http/problem.js';

/** More than any cell of an invoice has. */
const MAX_RECORD_BYTES = 64 * 1024;

export interface CsvRow {
  /** In the file, where the header is line 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

const faulty = (message: string): Problem => invalidRequest([{ pointer: '', message }]);

const DELIMITERS = [',', ';', '\t'] as const;

/** A piece at a time, and no more rows than take a few milliseconds: others are served in between. */
const CHUNK_BYTES = 16 * 1024;
const ROWS_AT_ONCE = 200;

function* chunksOf(file: Buffer): Generator<Buffer> {
  for (let from = 0; from < file.length; from += CHUNK_BYTES) yield file.subarray(from, from + CHUNK_BYTES);
}

/** That which the header has most of. */
const delimiterOf = (file: Buffer): string => {
  const end = file.subarray(0, MAX_RECORD_BYTES).indexOf('\n');
  const header = file.toString('utf8', 0, end === -1 ? MAX_RECORD_BYTES : end);
  const count = (delimiter: string): number => header.split(delimiter).length;
  return DELIMITERS.reduce((best, next) => (count(next) > count(best) ? next : best), ',');
};

/** A line of commas alone has no size to the parser, and takes it a minute. */
const refuseLongLines = (file: Buffer): void => {
  for (let from = 0, line = 1; from < file.length; line += 1) {
    const end = file.indexOf('\n', from);
    const until = end === -1 ? file.length : end;
    if (until - from > MAX_RECORD_BYTES) throw faulty(`Line ${line} is longer than any line of an invoice.`);
    from = until + 1;
  }
};

/** Without the parser's own words: they may quote the file. */
const said: Readonly<Record<string, string>> = {
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: 'has more or fewer cells than the header',
  CSV_RECORD_INCONSISTENT_COLUMNS: 'has more or fewer cells than the header',
  CSV_QUOTE_NOT_CLOSED: 'opens a quotation mark that is never closed',
  CSV_INVALID_CLOSING_QUOTE: 'has something behind a closing quotation mark',
  INVALID_OPENING_QUOTE: 'has a quotation mark in the middle of a cell',
  CSV_MAX_RECORD_SIZE: 'is longer than any line of an invoice',
};

const malformed = (error: CsvError): Problem => {
  const line = typeof error.lines === 'number' ? error.lines : 0;
  return faulty(`Line ${line} ${said[error.code] ?? 'cannot be read as CSV'}.`);
};

/** The rows of a file, the header first, one at a time; or a problem that names the line at which it breaks. */
export async function* readCsv(file: Buffer): AsyncGenerator<CsvRow> {
  if (file.length === 0) throw faulty('The file is empty.');
  if (!isUtf8(file)) throw faulty('The file is not valid UTF-8: save it as CSV UTF-8.');
  refuseLongLines(file);
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(file),
    info: true,
    max_record_size: MAX_RECORD_BYTES,
    skip_empty_lines: true,
    trim: true,
  });
  let count = 0;
  try {
    for await (const { record, info } of Readable.from(chunksOf(file)).pipe(parser) as AsyncIterable<{
      readonly record: readonly string[];
      readonly info: { readonly lines: number };
    }>) {
      yield { line: info.lines, cells: record };
      count += 1;
      if (count % ROWS_AT_ONCE === 0) await setImmediate();
    }
  } catch (error) {
    throw error instanceof CsvError ? malformed(error) : error;
  }
}

import { createReadStream, type ReadStream } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { parse, type CsvError } from 'csv-parse';
import { columnNames, isColumn, rowOf } from './csv-columns.js';
import type { Format } from './import-arguments.js';
import { ImportError } from './import-error.js';

/** One connection of the file, or why that line is none. */
export interface FileRow {
  /** Where it begins, from 1. */
  readonly line: number;
  /** How much of the file was read by its end. */
  readonly bytes: number;
  readonly read: { readonly row: Readonly<Record<string, unknown>> } | { readonly fault: string };
}

/** Longer than any import takes: what is not a file of lines is not read into memory whole. */
const LONGEST_LINE = 1024 * 1024;

const opened = async (file: string): Promise<ReadStream> => {
  const input = createReadStream(file);
  try {
    await once(input, 'open');
    return input;
  } catch (error) {
    throw new ImportError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}.`);
  }
};

const isRow = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parsed = (text: string): FileRow['read'] => {
  try {
    const value: unknown = JSON.parse(text);
    return isRow(value) ? { row: value } : { fault: 'The line is not a JSON object.' };
  } catch {
    return { fault: 'The line is not JSON.' };
  }
};

/** Passes the bytes on as long as lines end: what has none is not waited for until memory is full. */
async function* inLines(input: ReadStream, file: string): AsyncGenerator<Buffer> {
  let since = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    const first = chunk.indexOf(10);
    if (since + (first === -1 ? chunk.length : first) > LONGEST_LINE)
      throw new ImportError(
        `${file} has a line longer than 1 MiB: NDJSON has one connection a line, not a list of them.`,
      );
    since = first === -1 ? since + chunk.length : chunk.length - 1 - chunk.lastIndexOf(10);
    yield chunk;
  }
}

async function* ndjsonRows(file: string): AsyncGenerator<FileRow> {
  const input = await opened(file);
  const lines = createInterface({ input: Readable.from(inLines(input, file)), crlfDelay: Infinity });
  let line = 0;
  for await (const text of lines) {
    line += 1;
    const plain = line === 1 ? text.replace(/^\uFEFF/, '') : text;
    if (plain.trim() !== '') yield { line, bytes: input.bytesRead, read: parsed(plain) };
  }
}

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number; readonly bytes: number };
}

const columnsOf = (header: readonly string[], mapped: ReadonlyMap<string, string>, file: string): readonly string[] => {
  const columns = header.map((name) => mapped.get(name.trim()) ?? name.trim());
  const unknown = columns.filter((name) => !isColumn(name));
  if (unknown.length > 0) {
    const known = `${columnNames.join(', ')}, credentials.<name>`;
    throw new ImportError(
      `${file} has columns that no import has: ${unknown.join(', ')}. There are ${known}; --map gives one its name.`,
    );
  }
  const twice = columns.filter((name, index) => columns.indexOf(name) !== index);
  if (twice.length > 0) throw new ImportError(`${file} has a column twice: ${twice.join(', ')}.`);
  const absent = [...mapped].filter(([theirs]) => !header.some((name) => name.trim() === theirs));
  if (absent.length > 0) throw new ImportError(`${file} has no column ${absent.map(([theirs]) => theirs).join(', ')}.`);
  return columns;
};

async function* csvRows(file: string, mapped: ReadonlyMap<string, string>): AsyncGenerator<FileRow> {
  const input = await opened(file);
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_LINE,
  });
  input.on('error', (error) => parser.destroy(error));
  input.pipe(parser);
  let columns: readonly string[] | undefined;
  let line = 1;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      if (columns === undefined) columns = columnsOf(record, mapped, file);
      else {
        const fits = record.length === columns.length;
        const fault = `The line has ${record.length} cells, and the header ${columns.length}.`;
        yield { line, bytes: info.bytes, read: fits ? { row: rowOf(columns, record) } : { fault } };
      }
      line = info.lines + 1;
    }
  } catch (error) {
    if ((error as CsvError).code?.startsWith('CSV_') !== true) throw error;
    throw new ImportError(`${file} is no CSV from line ${line} on: ${(error as Error).message}.`);
  } finally {
    input.destroy();
  }
  if (columns === undefined) throw new ImportError(`${file} is empty: its first line has to name the columns.`);
}

/** The rows of a file as they are read: a file of any size needs no more memory than a line. */
export const rowsOfFile = (
  file: string,
  format: Format,
  mapped: ReadonlyMap<string, string>,
): AsyncGenerator<FileRow> => (format === 'csv' ? csvRows(file, mapped) : ndjsonRows(file));

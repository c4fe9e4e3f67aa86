import { HistoryError, historyOf, type History } from '@freshet/simulator';
import type { HistoryLine } from '@freshet/flows';
import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { InputError } from '../input-error.js';
import { historyLineSchema, printHistoryLine } from './history-schema.js';

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const readLine = (file: string, number: number, text: string): HistoryLine => {
  const read = historyLineSchema.safeParse(parsed(text));
  if (read.success) return read.data;
  const faults = read.error.issues.map(({ path, message }) => `${path.map(String).join('.') || '(whole)'}: ${message}`);
  throw new InputError(`${file}, line ${number}, is no line of a history: ${faults.join('; ')}`);
};

/** A history from NDJSON; the first faulty line is told. */
export const readHistory = async (file: string): Promise<History> => {
  const lines: HistoryLine[] = [];
  const input = createReadStream(file);
  try {
    await once(input, 'open');
  } catch (error) {
    throw new InputError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  let number = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    number += 1;
    if (text.trim() !== '') lines.push(readLine(file, number, text));
  }
  try {
    return historyOf(lines);
  } catch (error) {
    if (error instanceof HistoryError) throw new InputError(`${file}: ${error.message}`);
    throw error;
  }
};

/** Line by line, no faster than the disk takes them. How many there were. */
export const writeHistory = async (file: string, lines: AsyncIterable<HistoryLine>): Promise<number> => {
  const output = createWriteStream(file);
  const done = finished(output);
  let count = 0;
  for await (const line of lines) {
    count += 1;
    if (!output.write(`${printHistoryLine(line)}\n`)) await Promise.race([once(output, 'drain'), done]);
  }
  output.end();
  try {
    await done;
  } catch (error) {
    throw new InputError(`${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  return count;
};

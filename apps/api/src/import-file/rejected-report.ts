import { open } from 'node:fs/promises';
import { stringify } from 'csv-stringify/sync';
import type { FileRow } from './file-rows.js';
import { ImportError } from './import-error.js';

export interface Rejected {
  readonly row: FileRow;
  readonly messages: readonly string[];
}

/** Where refused rows are told: what they are, and why; never what they hold, which may be credentials. */
export interface RejectedReport {
  /** How long it is. */
  readonly bytes: () => number;
  readonly add: (rejected: readonly Rejected[]) => Promise<void>;
}

const HEADER = ['line', 'connector', 'externalId', 'why'];

const idOf = (row: FileRow, name: string): string => {
  const value = 'row' in row.read ? row.read.row[name] : undefined;
  return typeof value === 'string' ? value : '';
};

const lines = (rows: readonly (readonly string[])[]): string =>
  stringify(
    rows.map((row) => [...row]),
    { escape_formulas: true },
  );

/**
 * Written after its first so many bytes, which a run before this one has settled; what that one wrote behind them, it will
 * be told again. The file is there only once a row was refused.
 */
export const rejectedReport = (file: string, settledBytes: number): RejectedReport => {
  let bytes = settledBytes;
  return {
    bytes: () => bytes,
    add: async (rejected) => {
      if (rejected.length === 0) return;
      const rows = rejected.map(({ row, messages }) => [
        ...[String(row.line), idOf(row, 'connector'), idOf(row, 'externalId'), messages.join(' ')],
      ]);
      try {
        const handle = await open(file, bytes === 0 ? 'w' : 'r+', 0o600);
        try {
          await handle.truncate(bytes);
          const { bytesWritten } = await handle.write(lines(bytes === 0 ? [HEADER, ...rows] : rows), bytes);
          bytes += bytesWritten;
        } finally {
          await handle.close();
        }
      } catch (error) {
        throw new ImportError(`${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}.`);
      }
    },
  };
};

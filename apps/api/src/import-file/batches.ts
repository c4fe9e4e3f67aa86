import type { FileRow } from './file-rows.js';

/** As many as one import takes; less where they are long. */
const MOST_ROWS = 1_000;
const MOST_BYTES = 4 * 1024 * 1024;

/** Rows that are imported together. */
export interface Batch {
  readonly rows: readonly FileRow[];
}

const identityOf = ({ read }: FileRow): string | null =>
  'row' in read && read.row.externalId !== undefined ? JSON.stringify([read.row.connector, read.row.externalId]) : null;

const sizeOf = ({ read }: FileRow): number => ('row' in read ? Buffer.byteLength(JSON.stringify(read.row)) : 0);

/** Rows as the service takes them: one identity is in a batch once, so that a later line of the file updates an earlier one. */
export async function* batchesOf(rows: AsyncIterable<FileRow>): AsyncGenerator<Batch> {
  let batch: FileRow[] = [];
  let bytes = 0;
  let identities = new Set<string>();
  for await (const row of rows) {
    const identity = identityOf(row);
    const size = sizeOf(row);
    const isFull = batch.length === MOST_ROWS || (batch.length > 0 && bytes + size > MOST_BYTES);
    if (isFull || (identity !== null && identities.has(identity))) {
      yield { rows: batch };
      batch = [];
      bytes = 0;
      identities = new Set();
    }
    batch.push(row);
    bytes += size;
    if (identity !== null) identities.add(identity);
  }
  if (batch.length > 0) yield { rows: batch };
}

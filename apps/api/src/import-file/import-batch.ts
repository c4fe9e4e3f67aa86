import type { Batch } from './batches.js';
import type { FileRow } from './file-rows.js';
import { ImportError } from './import-error.js';
import type { Rejected } from './rejected-report.js';
import { importRows, type Service } from './service.js';

export interface BatchResult {
  readonly created: number;
  readonly updated: number;
  readonly rejected: readonly Rejected[];
}

const INDEX = /\bconnections\[\d+\]\.?/g;

/** What the service found, by the row that it is about, in the words of a file that has lines and no list. */
const rejectedBy = (
  rows: readonly FileRow[],
  faults: readonly { readonly index: number; readonly message: string }[],
): readonly Rejected[] => {
  const messages = new Map<number, string[]>();
  for (const { index, message } of faults)
    messages.set(index, [...(messages.get(index) ?? []), message.replace(INDEX, '')]);
  return [...messages].flatMap(([index, told]) => {
    const row = rows[index];
    return row === undefined ? [] : [{ row, messages: told }];
  });
};

/** The good rows of a batch go in, without those that the service refuses. */
export const importBatch = async (service: Service, { rows }: Batch): Promise<BatchResult> => {
  const rejected: Rejected[] = rows.flatMap((row) =>
    'fault' in row.read ? [{ row, messages: [row.read.fault] }] : [],
  );
  let left = rows.filter(({ read }) => 'row' in read);
  while (left.length > 0) {
    const answer = await importRows(
      service,
      left.map(({ read }) => ('row' in read ? read.row : null)),
    );
    if (!('faults' in answer)) return { ...answer, rejected };
    const refused = rejectedBy(left, answer.faults);
    if (refused.length === 0) throw new ImportError('The service refuses rows that it was not sent.');
    const gone = new Set(refused.map(({ row }) => row));
    rejected.push(...refused);
    left = left.filter((row) => !gone.has(row));
  }
  return { created: 0, updated: 0, rejected };
};

import { connectionReaders, operationReaders, taskReaders } from './by-key-readers.js';
import { dueReaders } from './due-readers.js';
import { invoiceReaders } from './invoice-readers.js';
import { moneyReaders } from './money-readers.js';
import { pageReaders } from './page-readers.js';
import { permitReaders } from './permit-readers.js';
import type { Readers, Schema } from './reader.js';
import { ratesReaders } from './rates-readers.js';
import { scanReaders } from './scan-readers.js';
import { usageReaders } from './usage-readers.js';

/** How every read is answered, in one database's tables. */
export const prepareReads = (schema: Schema): Readers => ({
  ...connectionReaders(schema),
  ...taskReaders(schema),
  ...operationReaders(schema),
  ...usageReaders(schema),
  ...moneyReaders(schema),
  ...invoiceReaders(schema),
  ...dueReaders(schema),
  ...ratesReaders(schema),
  ...permitReaders(schema),
  ...pageReaders(schema),
  ...scanReaders(schema),
});

export type { Readers, Reader, Schema } from './reader.js';

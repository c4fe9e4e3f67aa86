import { auditReaders } from './audit-readers.js';
import { connectionReaders, operationReaders, taskReaders } from './by-key-readers.js';
import { chainReaders } from './chain-readers.js';
import { dueReaders } from './due-readers.js';
import { invoiceReaders } from './invoice-readers.js';
import { moneyReaders } from './money-readers.js';
import { pageReaders } from './page-readers.js';
import { permitReaders } from './permit-readers.js';
import type { Readers, Schema } from './reader.js';
import { ratesReaders } from './rates-readers.js';
import { scanReaders } from './scan-readers.js';
import { sieveReaders } from './sieve-readers.js';
import { sweepReaders } from './sweep-readers.js';
import { usageReaders } from './usage-readers.js';
import { watchReaders } from './watch-readers.js';

/** How every read is answered, in one database's tables. */
export const prepareReads = (schema: Schema): Readers => ({
  ...connectionReaders(schema),
  ...taskReaders(schema),
  ...operationReaders(schema),
  ...auditReaders(schema),
  ...usageReaders(schema),
  ...moneyReaders(schema),
  ...invoiceReaders(schema),
  ...dueReaders(schema),
  ...ratesReaders(schema),
  ...permitReaders(schema),
  ...watchReaders(schema),
  ...sweepReaders(schema),
  ...pageReaders(schema),
  ...scanReaders(schema),
  ...chainReaders(schema),
  ...sieveReaders(schema),
});

export type { Readers, Reader, Schema } from './reader.js';

// The policies of a database that was lived in.
import { createHash } from 'node:crypto';
import { buildPolicyBook } from '@freshet/policy';

/** With a budget that covers all of it, so that money is counted twice over. */
export const livedInBook = () =>
  buildPolicyBook({
    hash: (text) => createHash('sha256').update(text).digest('hex'),
    policyFile: {
      version: 1,
      budgets: [{ name: 'all', period: 'month', timeZone: 'UTC', amount: '100000000.00', currency: 'USD' }],
    },
    fileName: 'bench',
  });

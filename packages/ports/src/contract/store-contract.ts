import { afterEach, beforeEach, describe } from '@jest/globals';
import type { Store } from '../store.js';
import { byKeyReadsContract } from './by-key-reads.js';
import { chainsContract } from './chains.js';
import { dueReadsContract } from './due-reads.js';
import { sweepReadsContract } from './sweep-reads.js';
import { effectsContract } from './effects.js';
import { invoiceReadsContract } from './invoice-reads.js';
import { listReadsContract } from './list-reads.js';
import { moneyReadsContract } from './money-reads.js';
import { scanReadsContract } from './scan-reads.js';
import { sieveReadsContract } from './sieve-reads.js';
import { subjectOf, type Current, type Subject } from './subject.js';
import { turnsContract } from './turns.js';
import { usageReadsContract } from './usage-reads.js';
import { watchReadsContract } from './watch-reads.js';

const sections: readonly (readonly [name: string, section: (current: Current) => void])[] = [
  ['turns', turnsContract],
  ['effects', effectsContract],
  ['reads by key', byKeyReadsContract],
  ['usage', usageReadsContract],
  ['money', moneyReadsContract],
  ['what is due', dueReadsContract],
  ['what is watched', watchReadsContract],
  ['pulls of ours', sweepReadsContract],
  ['pages', listReadsContract],
  ['scans', scanReadsContract],
  ['chains', chainsContract],
  ['sieves', sieveReadsContract],
  ['invoices', invoiceReadsContract],
];

/** What every store keeps to: each read, each effect, and turns. `makeStore` gives an empty one. */
export const storeContract = (name: string, makeStore: () => Store | Promise<Store>): void => {
  describe(name, () => {
    let subject: Subject;
    beforeEach(async () => {
      subject = subjectOf(await makeStore());
    });
    afterEach(() => subject.store.close());
    describe.each(sections)('%s', (_section, tests) => tests(() => subject));
  });
};

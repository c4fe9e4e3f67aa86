import { cited, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const api = cited('https://teller.io/docs/api');
const webhooks = cited('https://teller.io/docs/api/webhooks');

/** Nothing can be forced: a read goes to the bank or brings a recent copy, as Teller sees fit. */
export const teller = {
  title: 'Teller',
  reachedThrough: ['teller'],
  duplicates: ourChoice('twins', 'no rule was found, so nothing is merged'),
  background: {
    owner: webhooks('provider'),
    every: webhooks('P1D', 'several times a day at no promised time, and at least once in 24 hours'),
  },
  forced: {
    available: api(false, 'there is no endpoint'),
    unattended: api(false, 'there is nothing to force'),
  },
  unknown: ['limits', 'price', 'consent.life', 'signals.limited', 'signals.toldNextAt'],
} as const satisfies ProviderEntry;

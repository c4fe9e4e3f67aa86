import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const meldRefresh = cited('https://docs.meld.io/reference/bank-linking-connections-refresh');

/** Known is only what Meld says of all its providers: nothing of Mesh's own refreshing is public. */
export const mesh = {
  title: 'Mesh',
  reachedThrough: ['meld'],
  duplicates: meldRefresh('grouped', 'said of all providers: only the most recently refreshed duplicate is maintained'),
  background: {
    owner: meldRefresh('provider', 'said of all providers'),
    every: meldRefresh('P1D', 'said of transactions and balances at all providers'),
  },
  forced: {
    available: meldRefresh(true, 'the refresh endpoint excepts nobody'),
    unattended: ourChoice(false, 'nobody says that it may be'),
  },
  price: {
    currency: example('USD'),
    perRequest: example('0.10', 'a refresh is a premium service at most providers'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  unknown: ['limits', 'consent.life', 'signals.limited', 'signals.toldNextAt', 'signals.silentNoOp'],
} as const satisfies ProviderEntry;

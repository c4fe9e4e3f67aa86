import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const items = cited('https://docs.bridgeapi.io/reference/item-resource');
const lifecycle = cited('https://docs.bridgeapi.io/docs/manage-the-lifecycle');
const basics = cited('https://docs.bridgeapi.io/docs/basics');

/** Status 429 of an item is no limit: it asks for a person. HTTP 429 is one. */
export const bridge = {
  title: 'Bridge (by Bankin)',
  reachedThrough: ['bridge'],
  duplicates: ourChoice('twins', 'no rule was found, so nothing is merged'),
  background: {
    owner: items('provider', 'but for items that need a strong authentication each time'),
    every: lifecycle('P1D', 'one to two times a day, twice on older pages: the longest is what can be counted on'),
  },
  forced: {
    available: items(true, 'the flow "Manage SCA and Sync" of Bridge Connect'),
    unattended: items(false, 'the flow is the customer'),
    executor: items('caller', 'no call from a server was found: the caller opens the flow'),
  },
  limits: [
    {
      name: 'bridge-app',
      limit: basics(
        {
          kind: 'window',
          scope: 'account',
          count: 2000,
          per: { shape: 'rolling', length: 'PT5M' },
          counts: { origins: ['forced'] },
        },
        'calls of one app; how the minutes are cut is not said, so rolling',
      ),
    },
    {
      name: 'bridge-user',
      limit: basics(
        {
          kind: 'window',
          scope: 'customer',
          count: 60,
          per: { shape: 'rolling', length: 'PT1M' },
          counts: { origins: ['forced'] },
        },
        'calls of one user; rolling for the same reason',
      ),
    },
  ],
  price: {
    currency: example('EUR'),
    perRequest: example('0.10'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  consent: {
    life: lifecycle('P180D', 'the strong authentication, from the first synchronisation'),
    renewal: lifecycle('reauthentication'),
  },
  signals: {
    limited: { '429': basics({ in: 'http-status', httpStatus: 429 }) },
    consentEndsAt: items('authentication_expires_at'),
  },
  unknown: ['signals.toldNextAt', 'signals.silentNoOp'],
} as const satisfies ProviderEntry;

import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const docs = cited('https://docs.powens.com');
const connections = cited('https://docs.powens.com/api-reference/user-connections/connections');
const fairUse = cited('https://docs.powens.com/api-reference/overview/fair-usage-policy');

/** Leaving psu_requested out says that the customer is there: a machine has to send false. */
export const powens = {
  title: 'Powens',
  reachedThrough: ['powens'],
  duplicates: ourChoice('twins', 'no rule was found, so nothing is merged'),
  background: {
    owner: docs('provider', 'at regular intervals; how long they are was not found'),
  },
  forced: {
    available: connections(true, 'PUT /2.0/users/{userId}/connections/{connectionId}'),
    unattended: fairUse(false, 'for one customer who actively asks, and not in bulk'),
  },
  price: {
    currency: example('EUR'),
    perRequest: example('0.10'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  signals: {
    limited: { rateLimiting: connections({ in: 'state', scope: 'connection' }) },
    toldNextAt: { next_try: connections({ in: 'body', as: 'instant', of: 'forced' }) },
    presence: connections({ in: 'query', name: 'psu_requested' }, 'true unless told otherwise, and may ask for SCA'),
    consentEndsAt: connections('expire'),
  },
  unknown: ['background.every', 'limits', 'consent.life', 'signals.silentNoOp'],
} as const satisfies ProviderEntry;

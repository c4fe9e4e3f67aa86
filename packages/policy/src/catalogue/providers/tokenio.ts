import { cited, example, ourChoice } from '../cited.js';
import { fourUnattended } from '../psd2.js';
import type { ProviderEntry } from '../schema/entry.js';

const spec = cited('https://github.com/api-evangelist/token-io, openapi/_original');
const sdk = cited('https://github.com/tokenio/sdk-js, core/src/http/CustomerTrackingMetadataHeader.js');

/** A pull-through: each read goes to the bank. */
export const tokenio = {
  title: 'Token.io',
  reachedThrough: ['tokenio'],
  duplicates: ourChoice('twins', 'no rule was found, so nothing is merged'),
  background: {
    owner: spec('engine', 'there is no refresh endpoint and no schedule'),
    every: ourChoice('P1D', 'as often as most others do, while the price of a read is not known'),
  },
  forced: {
    available: spec(true, 'any read'),
    unattended: spec(true, 'without the address of the customer, which the bank may limit to four a day'),
    executor: ourChoice('caller', 'nothing is stored there, and no bank data here: who asks has to read'),
  },
  limits: [fourUnattended],
  price: {
    currency: example('GBP'),
    perRequest: example('0.05'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  consent: {
    life: spec('P180D', 'the default in the EU; in the UK long, to be reconfirmed every 90 days'),
  },
  execution: {
    untoldBlock: ourChoice('PT6H', 'no answer says when; four in 24 hours give back one in six'),
  },
  signals: {
    limited: { RESOURCE_EXHAUSTED: spec({ in: 'code', httpStatus: 429 }) },
    presence: sdk(
      { in: 'header', name: 'customer-initiated' },
      'with token-customer-ip-address, for one request: the SDK clears it after that',
    ),
    consentEndsAt: spec('tokenExpiration', 'expiresAtMs of the token'),
  },
  unknown: ['signals.toldNextAt', 'signals.silentNoOp'],
} as const satisfies ProviderEntry;

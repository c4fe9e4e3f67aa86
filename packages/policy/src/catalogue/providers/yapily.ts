import { cited, example, ourChoice } from '../cited.js';
import { fourUnattended } from '../psd2.js';
import type { ProviderEntry } from '../schema/entry.js';

const spec = cited('https://github.com/yapily/yapily-openapi, openapi.json');
const consents = cited('https://docs.yapily.com/concepts/consent-lifecycle.md');

/** A pull-through. A consent that was withdrawn at the bank can still show AUTHORIZED, while reads get 403. */
export const yapily = {
  title: 'Yapily',
  reachedThrough: ['yapily'],
  duplicates: ourChoice('twins', 'no rule was found, so nothing is merged'),
  background: {
    owner: spec('engine', 'there is no refresh endpoint and no schedule'),
    every: ourChoice('P1D', 'as often as most others do, while the price of a read is not known'),
  },
  forced: {
    available: spec(true, 'any read; also /real-time/transactions'),
    unattended: spec(true, 'psu-ip-address is conditional: without it, within the four a day'),
    executor: ourChoice('caller', 'nothing is stored there, and no bank data here: who asks has to read'),
  },
  limits: [fourUnattended],
  price: {
    currency: example('GBP'),
    perRequest: example('0.05'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  consent: {
    life: consents('P90D', 'in the UK; 180 days in the EEA'),
    renewal: spec('reconfirmation', 'POST /consents/{consentId}/extend, in the UK'),
  },
  execution: {
    untoldBlock: ourChoice('PT6H', 'no answer says when; four in 24 hours give back one in six'),
  },
  signals: {
    limited: {
      'institutionError.httpStatusCode': spec(
        { in: 'field', httpStatus: 424, scope: 'institution' },
        "a bank's failure comes as 424: that its 429 stands in there is our reading",
      ),
    },
    presence: spec({ in: 'header', name: 'psu-ip-address' }),
    consentEndsAt: spec('expiresAt', 'and reconfirmBy in the UK'),
  },
  unknown: ['signals.toldNextAt', 'signals.silentNoOp'],
} as const satisfies ProviderEntry;

import { cited, example, ourChoice } from '../cited.js';
import { fourUnattended } from '../psd2.js';
import type { ProviderEntry } from '../schema/entry.js';

const spec = cited('https://github.com/fastbill/go-finapi, api/openapi.yaml');
const batch = cited('https://finapi.zendesk.com/hc/en-us/articles/226669788');
const update = cited(
  'https://documentation.finapi.io/access/Update-a-Bank-Connection---for-Licensed-customers-(without-Web-Form).2760048649.html',
);

/** The specification that could be read is of 2022. */
export const finapi = {
  title: 'finAPI',
  reachedThrough: ['finapi'],
  duplicates: ourChoice('twins', 'no rule was found, so nothing is merged'),
  background: {
    owner: batch(
      'provider',
      'batch update, an add-on that finAPI sets up by client and bank; without it override this',
    ),
    every: batch('P1D', 'as set up: 2 hours, 4 hours and daily are its examples, so the longest'),
  },
  forced: {
    available: spec(true, 'POST /api/v1/bankConnections/update, or a Web Form task'),
    unattended: update(true, 'without the PSU headers it counts towards the four a day'),
  },
  limits: [fourUnattended],
  price: {
    currency: example('EUR'),
    perRequest: example('0.10'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  consent: {
    life: spec('P90D', 'of a RECURRING one, up to 90 days as of 2022'),
  },
  execution: {
    untoldBlock: ourChoice('PT6H', 'no answer says when; four in 24 hours give back one in six'),
  },
  signals: {
    limited: {
      BANK_SERVER_REJECTION: spec(
        { in: 'code', scope: 'customer-institution' },
        "in the result of the update; that a bank's limit shows so is our reading",
      ),
    },
    presence: update({ in: 'header', name: 'PSU-IP-Address' }, 'with PSU-Device-OS and PSU-User-Agent'),
    consentEndsAt: spec('aisConsent.expiresAt'),
  },
  unknown: ['signals.toldNextAt', 'signals.silentNoOp'],
} as const satisfies ProviderEntry;

import { cited, example, ourChoice } from '../cited.js';
import { fourUnattended } from '../psd2.js';
import type { ProviderEntry } from '../schema/entry.js';

const spec = cited('https://github.com/api-evangelist/enable-banking, openapi/_original');
const faq = cited('https://enablebanking.com/docs/faq/');

/** A pull-through: each read goes straight to the bank. */
export const enablebanking = {
  title: 'Enable Banking',
  reachedThrough: ['enablebanking'],
  duplicates: spec('twins', 'sessions are separate; identification_hash tells that two hold one account'),
  background: {
    owner: spec('engine', 'there is no refresh endpoint and no schedule'),
    every: ourChoice('PT8H', 'three of the four unattended accesses, since a read has no price'),
  },
  forced: {
    available: spec(true, 'any read'),
    unattended: spec(true, 'without the Psu headers, within the four a day'),
    executor: ourChoice('caller', 'nothing is stored there, and no bank data here: who asks has to read'),
  },
  limits: [fourUnattended],
  price: {
    currency: example('EUR'),
    perRequest: faq('0', 'a month is billed for each account that is accessed in it, with a minimum'),
    billedOn: ourChoice('success', 'nothing is billed by the read'),
  },
  consent: {
    life: spec('P180D', "access.valid_until, at most the bank's maximum_consent_validity: often 180 days"),
  },
  execution: {
    untoldBlock: ourChoice('PT6H', 'no answer says when; four in 24 hours give back one in six'),
  },
  signals: {
    limited: {
      ASPSP_RATE_LIMIT_EXCEEDED: spec({ in: 'code', httpStatus: 429, scope: 'customer-institution' }),
    },
    presence: spec(
      { in: 'header', name: 'Psu-Ip-Address' },
      'with Psu-User-Agent and what else the bank lists in required_psu_headers: all of them or none',
    ),
    consentEndsAt: spec('access.valid_until'),
  },
  unknown: ['signals.toldNextAt', 'signals.silentNoOp'],
} as const satisfies ProviderEntry;

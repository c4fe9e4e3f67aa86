import { cited, example, ourChoice } from '../cited.js';
import { fourUnattended } from '../psd2.js';
import type { ProviderEntry } from '../schema/entry.js';

const headers = cited('https://docs.truelayer.com/docs/http-headers');
const cache = cited('https://support.truelayer.com/hc/en-us/articles/360003994498');
const errors = cited('https://docs.truelayer.com/docs/data-api-errors');
const connection = cited('https://docs.truelayer.com/docs/create-a-connection');
const extend = cited('https://docs.truelayer.com/docs/extend-a-connection');
const spec = cited('https://github.com/kaihaan/spending (True Layer API, Data API V1.json)');
const billing = cited(
  'https://support.truelayer.com/hc/en-us/articles/360002045138-What-is-an-active-connected-account',
);

/**
 * A pull-through: nothing is stored on a schedule, each read goes to the bank or to an hour's cache. The cache is no
 * `coalesces`: it holds the same request only, and a read of balances must not stand for one of transactions.
 */
export const truelayer = {
  title: 'TrueLayer (Data API)',
  reachedThrough: ['truelayer'],
  duplicates: extend('twins', 'a connection made anew instead of extended can be billed twice in the month'),
  background: {
    owner: spec('engine', 'there is no refresh endpoint and no schedule'),
    every: ourChoice('P1D', 'as often as most others do; the law leaves room for four'),
  },
  forced: {
    available: headers(true, 'any read'),
    unattended: headers(true, 'without X-PSU-IP, within the four a day'),
    executor: ourChoice('caller', 'nothing is stored there, and no bank data here: who asks has to read'),
  },
  limits: [fourUnattended],
  price: {
    currency: example('GBP'),
    perRequest: billing('0', 'a month is billed for each connected account that is read in it, however often'),
    billedOn: billing('success'),
  },
  consent: {
    life: connection('P90D', 'inactive after 90 days'),
    renewal: extend('reconfirmation', 'in the UK; in the EU the customer logs in again'),
  },
  execution: {
    untoldBlock: ourChoice('PT6H', 'no answer says when; four in 24 hours give back one in six'),
  },
  signals: {
    limited: {
      provider_too_many_requests: errors({ in: 'code', httpStatus: 429, scope: 'institution' }),
      provider_request_limit_exceeded: errors(
        { in: 'code', httpStatus: 429, scope: 'customer-institution', spent: 'day' },
        'the unattended calls for this customer',
      ),
    },
    silentNoOp: cache(
      { shows: 'cached-body', compare: 'Cache-Control' },
      'an identical request within the hour is answered from the cache; max-age tells how long it still holds',
    ),
    presence: headers({ in: 'header', name: 'X-PSU-IP' }, 'the way past four a day'),
    consentEndsAt: spec('consent_expires_at'),
  },
  unknown: ['signals.toldNextAt'],
} as const satisfies ProviderEntry;

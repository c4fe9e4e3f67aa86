import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const spec = cited('https://github.com/thisisbud/bud-public-developer-resources, openapi/openapi.yaml');
const scheduling = cited('https://docs.thisisbud.com/docs/refreshing-customer-accounts');
const hosted = cited('https://docs.thisisbud.com/docs/open-banking-hosted-refreshes');
const fourADay = cited('https://handbook.fca.org.uk/techstandards/PS/2021/2021_01/chapter-v/section-2/040.html');
const reconfirmation = cited('https://www.afep.co.uk/news/strong-customer-authentication-fca-guidance-dates');

/**
 * Bud's customers in the UK. The ones in the US know neither the four unattended accesses nor reconfirmation: override
 * `limits.psd2-unattended` and `consent.lapse` for them.
 */
export const bud = {
  title: 'Bud',
  reachedThrough: ['bud'],
  duplicates: spec('grouped', 'a refresh is for a customer and a bank, whatever the number of consents'),
  background: {
    owner: hosted(
      'engine',
      'Bud runs hosted refreshes only once it has switched them on: then override this with `provider`',
    ),
    every: scheduling('P1D', 'daily is the advice, more where the customer asks'),
  },
  forced: {
    available: spec(true),
    unattended: spec(true, 'without the customer address header, which an automated process must never send'),
  },
  coalesces: {
    within: spec('PT1H', 'the earlier task id comes back, and nothing is fetched'),
    scope: spec('customer-institution'),
    origins: spec(
      ['forced', 'background', 'connect', 'repair'],
      'connect and refresh, whoever asked; a repair is a connect. Of a failed fetch nothing is said',
    ),
  },
  range: {
    maxBack: spec('P90D'),
    overlap: spec('P7D', 'by default from the last pull of transactions less seven days'),
  },
  limits: [
    {
      name: 'psd2-unattended',
      limit: fourADay(
        {
          kind: 'window',
          scope: 'customer-institution',
          applies: 'unattended',
          count: 4,
          per: { shape: 'rolling', length: 'PT24H' },
          counts: { origins: ['forced', 'background'], attended: false },
        },
        'at most four accesses in 24 hours that the customer did not ask for; each bank counts its own way, so by the strictest',
      ),
    },
  ],
  price: {
    currency: example('GBP'),
    perRequest: example('0.05'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  consent: {
    life: spec('P90D'),
    renewal: spec(
      'reconfirmation',
      'POST /v1/open-banking/account-access-consents/{consent_id}/reconfirm: 90 days more',
    ),
    lapse: reconfirmation(
      'reconfirmation_lapsed',
      'consent not reconfirmed for 90 days ends access, except when the customer is actively asking',
    ),
  },
  execution: {
    untoldBlock: ourChoice('PT6H', 'provider_request_limit names no time; four in 24 hours give back one in six'),
  },
  signals: {
    limited: {
      provider_request_limit: spec({ in: 'code', scope: 'customer-institution' }, "the bank's, in the task's result"),
    },
    silentNoOp: spec({ shows: 'same-task-id', compare: 'task_id' }, 'the same 202, with the id of the earlier task'),
    presence: spec(
      { in: 'header', name: 'X-Customer-Ip-Address' },
      'only when the customer began it on their own device',
    ),
    consentEndsAt: spec('expiration_date'),
  },
  unknown: ['signals.toldNextAt'],
} as const satisfies ProviderEntry;

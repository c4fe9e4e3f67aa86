import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const requirements = cited('https://docs.akoya.com/docs/requirements');
const tokens = cited('https://docs.akoya.com/docs/token-flow');
const tokenTests = cited('https://docs.akoya.com/docs/testing-tokens');
const dataErrors = cited('https://docs.akoya.com/reference/data-access-api-errors');
const productSpec = cited('Akoya products OpenAPI v2.4, responses of /transactions');
const fdx = cited('https://docs.pat.openbanking.amcb.developer.td.com/guides/headers');
const meldRefresh = cited('https://docs.meld.io/reference/bank-linking-connections-refresh');
const meldGuide = cited('https://docs.meld.io/docs/bank-linking/manage-connection-status/refreshing-connections');

/**
 * A pull-through: no refresh verb and no store, each read goes to the bank. Reached directly, a forced refresh is
 * therefore a permit for the caller's own read, and the background is whatever we schedule. Meld keeps the data: through
 * it, Akoya is refreshed like any other. The banks' limits are in the customer's own hub and not public.
 */
export const akoya = {
  title: 'Akoya (FDX)',
  reachedThrough: ['meld', 'akoya'],
  duplicates: tokens('twins', 'each authorisation has tokens of its own, and each read of it is a call'),
  background: {
    owner: requirements('engine', 'nothing is pulled unless a client asks'),
    every: ourChoice('P1D', 'as often as the others do, while the limits of a bank are not known'),
  },
  forced: {
    available: requirements(true, 'any read is live'),
    unattended: requirements(true, 'with a stored token, as FDX actor BATCH; a bank may rank or limit by it'),
    executor: requirements('caller', 'nothing is cached and we store no bank data: who asks has to read'),
  },
  price: {
    currency: example('USD'),
    perRequest: example('0.04'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  connectors: {
    meld: {
      duplicates: meldRefresh(
        'grouped',
        'said of all providers: only the most recently refreshed duplicate is maintained',
      ),
      background: {
        owner: meldGuide('provider', 'Meld pulls and keeps the data; it is not to be refreshed on a schedule'),
        every: meldGuide('P1D', 'once or a few times a day'),
      },
      forced: { executor: meldRefresh('engine', 'the refresh endpoint is there for every provider') },
    },
  },
  signals: {
    // The codes of FDX, as integers at Akoya.
    outcomes: {
      500: dataErrors({ outcome: 'unavailable', who: 'provider' }, 'internal server error'),
      501: dataErrors({ outcome: 'unavailable', who: 'institution' }, 'a subsystem of the bank is down'),
      503: dataErrors({ outcome: 'unavailable', who: 'provider' }, 'scheduled maintenance'),
      601: dataErrors({ outcome: 'customer-needed', event: 'failed_otherwise' }, 'the bank does not know the customer'),
      602: tokenTests({ outcome: 'customer-needed', event: 'failed_token_expired' }, 'with 401: the token is dead'),
      701: dataErrors({ outcome: 'refused' }, 'no such account: asking again does not help'),
      702: dataErrors({ outcome: 'refused' }, 'the dates of the read are wrong'),
      703: dataErrors({ outcome: 'refused' }, 'the dates of the read are wrong'),
      704: dataErrors({ outcome: 'refused' }, 'the kind of account has no such data'),
      705: dataErrors({ outcome: 'refused' }, 'the account is closed'),
      1207: productSpec({ outcome: 'limited' }, 'with 429: too many requests, until when is not told'),
    },
    presence: fdx(
      { in: 'header', name: 'FDX-API-Actor-Type' },
      'USER or BATCH, in the FDX API of one bank; others may rank or limit by it too',
    ),
  },
  unknown: ['limits', 'consent.life', 'signals.limited', 'signals.toldNextAt', 'signals.silentNoOp'],
} as const satisfies ProviderEntry;

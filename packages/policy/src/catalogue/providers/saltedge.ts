import { cited, example, ourChoice } from '../cited.js';
import { fourUnattended } from '../psd2.js';
import type { ProviderEntry } from '../schema/entry.js';

const v5 = cited('https://docs.saltedge.com/account_information/v5/');
const faq = cited('https://docs.saltedge.com/v3_services/guides/faq/');
const clients = cited('second-hand: what public clients repeat of https://docs.saltedge.com/account_information/v5/');
const meldRefresh = cited('https://docs.meld.io/reference/bank-linking-connections-refresh');

/** With customer_notified_on_sign_in a bank writes to its customer at each refresh, background ones too. */
export const saltedge = {
  title: 'Salt Edge',
  reachedThrough: ['meld', 'saltedge'],
  duplicates: ourChoice('twins', 'ConnectionDuplicated exists; what makes one was not found, so nothing is merged'),
  background: {
    owner: v5('provider', 'of connections with daily_refresh and stored credentials'),
    every: v5('P1D', "about once a day, from an hour that is the country's"),
  },
  forced: {
    available: v5(true, 'PUT /connections/{id}/refresh'),
    unattended: ourChoice(false, 'each attempt says user_present; whether a machine may ask without was not found'),
  },
  limits: [
    {
      name: 'saltedge-refresh-timeout',
      limit: faq(
        { kind: 'cooldown', scope: 'group', after: 'any-pull', for: 'PT1H' },
        "refresh_timeout of the institution, usually an hour; next_refresh_possible_at tells the connection's own",
      ),
    },
    fourUnattended,
  ],
  price: {
    currency: example('EUR'),
    perRequest: example('0.10'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  connectors: {
    meld: {
      duplicates: meldRefresh(
        'grouped',
        'said of all providers: only the most recently refreshed duplicate is maintained',
      ),
    },
  },
  signals: {
    limited: {
      ConnectionCannotBeRefreshed: clients({ in: 'code', httpStatus: 406, scope: 'connection' }, 'too soon'),
      BackgroundFetchLimitExceeded: clients({ in: 'code', scope: 'connection', spent: 'day' }, 'four in 24 hours'),
      RateLimitExceeded: clients({ in: 'code', scope: 'account' }, 'too many connections at once'),
      TooManyRequests: clients({ in: 'code', scope: 'account' }, 'by IP address, of connects'),
    },
    toldNextAt: {
      next_refresh_possible_at: v5(
        { in: 'body', as: 'instant', of: 'forced' },
        'on the connection, and in the body of a refusal',
      ),
    },
    presence: clients({ in: 'body', name: 'attempt.user_present' }),
    consentEndsAt: clients('max_consent_days', 'days, of the institution'),
  },
  unknown: ['consent.life', 'signals.silentNoOp'],
} as const satisfies ProviderEntry;

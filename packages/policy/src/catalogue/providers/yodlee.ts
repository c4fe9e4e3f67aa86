import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const spec = cited('https://github.com/Yodlee/OpenAPI, swagger.yaml');
const refreshPolicy = cited('https://developer.envestnet.com/resources/yodlee/refresh-policy/docs');
const meldRefresh = cited('https://docs.meld.io/reference/bank-linking-connections-refresh');

/** The cadence sinks as the customer stays away, which the engine cannot see: the one of active customers stands here. */
export const yodlee = {
  title: 'Yodlee (Envestnet)',
  reachedThrough: ['meld', 'yodlee'],
  duplicates: ourChoice('twins', 'no rule was found, so nothing is merged'),
  background: {
    owner: refreshPolicy('provider'),
    every: refreshPolicy(
      'P1D',
      'banks, cards and investments of a customer active within 30 days; every 3 days until 45, weekly until 90, then not at all. Loans, bills and rewards weekly. Between 10:00 and 05:00 Pacific',
    ),
  },
  forced: {
    available: spec(true, 'PUT /providerAccounts'),
    unattended: refreshPolicy(false, 'for a present customer; repeating it by machine is not allowed'),
  },
  limits: [
    {
      name: 'yodlee-cooldown',
      limit: spec(
        { kind: 'cooldown', scope: 'group', after: 'any-pull', for: 'PT15M' },
        'at least 15 minutes between updates of a provider account: from lastUpdateAttempt, which background ones move too',
      ),
    },
  ],
  price: {
    currency: example('USD'),
    perRequest: example('0.15'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  execution: {
    untoldBlock: spec('PT15M', 'the gap from lastUpdateAttempt'),
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
      Y825: spec({ in: 'code', httpStatus: 400, scope: 'group' }),
      REFRESHED_RECENTLY: spec({ in: 'text', httpStatus: 400, scope: 'group' }, 'in the message of Y825'),
      DISALLOW_UPDATE: spec({ in: 'state', scope: 'group' }, 'dataset[].updateEligibility'),
    },
    toldNextAt: {
      'dataset[].nextUpdateScheduled': spec({ in: 'body', of: 'background' }),
    },
  },
  unknown: ['consent.life', 'signals.silentNoOp'],
} as const satisfies ProviderEntry;

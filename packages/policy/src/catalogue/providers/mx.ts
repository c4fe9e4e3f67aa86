import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const backgroundPage = cited('https://docs.mx.com/api-reference/platform-api/overview/background-foreground');
const spec = cited('https://github.com/mxenabled/openapi, openapi/v20250224.yml');
const meldDuplicates = cited('https://docs.meld.io/docs/bank-linking/get-connection-data/duplicate-connections');
const extendedHistory = 'https://docs.mx.com/products/connectivity/extended-transaction-history/';
const meldRefresh = 'https://docs.meld.io/reference/bank-linking-connections-refresh';

const price = {
  currency: example('USD'),
  perRequest: example('0.10'),
  billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
} as const;

/**
 * MX answers 202 whether it starts a job or not, so its cooldown is ours to keep: within it a call brings nothing. Not
 * here, because only second-hand: five balance checks in two hours. A balance check counts against the cooldown until
 * MX says that it does not.
 */
export const mx = {
  title: 'MX',
  reachedThrough: ['meld', 'mx'],
  duplicates: meldDuplicates('grouped', 'MX knows a login again: creating its member a second time gives the same one'),
  background: {
    owner: backgroundPage('provider'),
    every: backgroundPage('P1D', 'about every 24 hours'),
    suppressedByForced: backgroundPage(
      'PT20H',
      'a member that was aggregated within 20 hours is left out of the background run',
    ),
  },
  forced: {
    available: spec(true),
    unattended: backgroundPage(
      true,
      'discouraged, not forbidden: foreground is meant for a present customer, because a bank may ask them something',
    ),
  },
  limits: [
    {
      name: 'mx-cooldown',
      limit: backgroundPage(
        { kind: 'cooldown', scope: 'group', after: 'success', for: 'PT3H' },
        'three hours after any successful aggregation, of the member: so of all its duplicates together',
      ),
    },
  ],
  price: {
    ...price,
    historical: example('0.50', `history is a premium load: ${meldRefresh}`),
    historicalAt: cited(meldRefresh)(
      'connect',
      'unless Meld has switched it off on request: then override this with `refresh`',
    ),
  },
  execution: {
    untoldBlock: backgroundPage('PT3H', 'no answer says when: the cooldown is the longest that it can be'),
  },
  connectors: {
    mx: {
      // No aggregation brings the history, at the connect or later: it is a job of its own, which only a range asks for.
      price,
      // Through Meld no range can be asked for.
      range: {
        maxBack: cited(extendedHistory)(
          'P730D',
          'up to 24 months, by a job of its own, where bank and contract have it',
        ),
        overlap: cited(extendedHistory)('P90D', 'what an ordinary aggregation brings'),
      },
    },
  },
  signals: {
    silentNoOp: spec(
      { shows: 'status-unchanged', compare: 'aggregated_at' },
      '202 whether a job starts or not; it is the start of the last one',
    ),
  },
  unknown: ['consent.life', 'signals.limited', 'signals.toldNextAt'],
} as const satisfies ProviderEntry;

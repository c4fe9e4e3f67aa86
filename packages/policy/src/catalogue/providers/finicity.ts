import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const spec = cited('https://github.com/Mastercard/open-banking-us-openapi, openbanking-us.yaml');
const meldDuplicates = cited('https://docs.meld.io/docs/bank-linking/get-connection-data/duplicate-connections');
const limitPage = 'https://developer.mastercard.com/open-finance-us/documentation/errors/error-codes/44002/';
const meldBalances = 'https://docs.meld.io/docs/bank-linking/partner-details/finicity/finicity-balances-mapping';
const meldRefresh = 'https://docs.meld.io/reference/bank-linking-connections-refresh';

/** What is the same by whatever way it is bought. */
const price = {
  currency: example('USD'),
  perRequest: example('0.20'),
  productSets: example(
    [{ products: ['BALANCES'], amount: '0.05' }],
    `balances alone are a cheaper call: ${meldBalances}`,
  ),
  historical: example('0.50', `history is a paid load, once: ${meldRefresh}`),
  billedOn: spec('success', 'said of the live balance, taken for the rest'),
} as const;

/** No numeric limit is public: the bank's own arrives as code 44002, in the body of a 202. */
export const finicity = {
  title: 'Mastercard Open Finance US (Finicity)',
  reachedThrough: ['meld', 'finicity'],
  duplicates: meldDuplicates('grouped', 'one institution login id holds all accounts of one login'),
  background: {
    owner: spec('provider'),
    every: spec('P1D', 'active accounts are refreshed once a day, by night'),
  },
  forced: {
    available: spec(true),
    unattended: spec(
      false,
      'on every refresh operation: clients may not automate it. It is for one customer with a present need, whoever calls it for us',
    ),
  },
  price: {
    ...price,
    historicalAt: cited(meldRefresh)(
      'connect',
      'unless Meld has switched it off on request: then override this with `refresh`',
    ),
  },
  execution: {
    untoldBlock: ourChoice('PT1H', `the bank's limit for "a period" is used up and nobody says which: ${limitPage}`),
  },
  connectors: {
    finicity: {
      price: {
        ...price,
        historicalAt: spec(
          'refresh',
          'what Finicity pulls by itself is a standard load; the historic one is a mode that a refresh has to ask for',
        ),
      },
    },
  },
  signals: {
    limited: {
      '44002': cited(limitPage)(
        { in: 'code', httpStatus: 202, scope: 'institution' },
        "the bank's calls of a period are used up",
      ),
    },
    consentEndsAt: spec('authorizationEndDate', 'or authorizationExpires'),
  },
  unknown: ['limits', 'consent.life', 'signals.toldNextAt', 'signals.silentNoOp'],
} as const satisfies ProviderEntry;

import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const refresh = cited('https://docs.stripe.com/api/financial_connections/accounts/refresh');
const subscribe = cited('https://docs.stripe.com/api/financial_connections/accounts/subscribe');
const sdk = cited('https://github.com/stripe/stripe-node, src/resources/FinancialConnections/Accounts.ts');

const toldByStripe = sdk({ in: 'body', as: 'unix-seconds', of: 'forced' }, 'null while a refresh is pending');

/** How long its windows are is not public, and need not be: each feature tells when it may be refreshed next. */
export const stripe = {
  title: 'Stripe Financial Connections',
  reachedThrough: ['stripe'],
  duplicates: ourChoice('twins', 'no rule was found, so nothing is merged'),
  background: {
    owner: subscribe('provider', 'of accounts that are subscribed to'),
    every: subscribe('P1D', 'typically once a day, while active'),
  },
  forced: {
    available: refresh(true, 'by feature: balance, ownership, transactions'),
    unattended: ourChoice(false, 'no rule against it was found; that is not a permission'),
  },
  price: {
    currency: example('USD'),
    perRequest: example('0.10'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  signals: {
    toldNextAt: {
      'balance_refresh.next_refresh_available_at': toldByStripe,
      'ownership_refresh.next_refresh_available_at': toldByStripe,
      'transaction_refresh.next_refresh_available_at': toldByStripe,
    },
    consentEndsAt: sdk('status_details.active.expected_deactivation_date'),
  },
  unknown: ['limits', 'consent.life', 'signals.limited', 'signals.silentNoOp'],
} as const satisfies ProviderEntry;

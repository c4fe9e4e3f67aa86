import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const rateLimits = cited('https://docs.pluggy.ai/docs/rate-limits');
const openFinance = cited('https://docs.pluggy.ai/docs/rate-limits-of');
const updating = cited('https://docs.pluggy.ai/docs/updating-an-item');
const errors = cited('https://docs.pluggy.ai/docs/errors-validations');
const sdk = cited('https://github.com/pluggyai/pluggy-node, src/types/item.ts');

/**
 * How often an Item may be updated is in the contract: not here, an override adds it as a cooldown after any pull. Of the
 * network's monthly quotas only that of balances is spent by an update: the account list (4) is fetched at creation and
 * then weekly, whatever is asked.
 */
export const pluggy = {
  title: 'Pluggy',
  reachedThrough: ['pluggy'],
  duplicates: openFinance('twins', 'each Item is updated for itself; those of one tax id and bank share one quota'),
  background: {
    owner: updating('provider'),
    every: updating(
      'P1D',
      'every 24, 12 or 8 hours by plan: the longest; in production only, and not where a bank asks for a second factor',
    ),
  },
  forced: {
    available: updating(true, 'PATCH /items/{id}'),
    unattended: rateLimits(false, "meant for updates that a customer triggers; daily ones are auto-sync's"),
  },
  limits: [
    {
      name: 'pluggy-address',
      limit: rateLimits(
        {
          kind: 'window',
          scope: 'account',
          count: 20,
          per: { shape: 'rolling', length: 'PT1M' },
          counts: { origins: ['forced'] },
        },
        'PATCH /items a minute from one IP address; how the minute is cut is not said, so rolling',
      ),
    },
    {
      name: 'pluggy-open-finance-balances',
      limit: openFinance(
        {
          kind: 'window',
          scope: 'customer-institution',
          products: ['BALANCES'],
          count: 420,
          per: { shape: 'calendar', unit: 'month', timeZone: 'America/Sao_Paulo' },
          counts: { origins: ['forced', 'background', 'connect', 'repair', 'products'] },
        },
        'of Open Finance connectors, by tax id, institution and product; the zone of the month is our reading',
      ),
    },
  ],
  price: {
    currency: example('BRL'),
    perRequest: example('0.50'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  execution: {
    untoldBlock: rateLimits('PT1M', 'the counter resets after a minute'),
  },
  signals: {
    limited: {
      '429': rateLimits({ in: 'http-status', httpStatus: 429, scope: 'account', spent: 'minute' }),
      CLIENT_IS_UPDATING_BEFORE_ALLOWED_FREQUENCY: errors(
        { in: 'code', scope: 'connection' },
        'the message names the contracted hours and the last update',
      ),
      TOO_MANY_CONSECUTIVE_ERRORS: errors({ in: 'code', scope: 'connection' }, 'more than five'),
      CLIENT_HAS_ITEM_UPDATES_DISABLED: errors({ in: 'code', scope: 'account', spent: 'plan' }),
    },
    toldNextAt: {
      'Retry-After': rateLimits({ in: 'header', as: 'seconds', of: 'forced' }, 'always 60'),
      'RateLimit-Reset': rateLimits({ in: 'header', of: 'forced' }),
      nextAutoSyncAt: sdk({ in: 'body', as: 'instant', of: 'background' }),
    },
    consentEndsAt: sdk('consentExpiresAt'),
  },
  unknown: ['consent.life', 'signals.silentNoOp'],
} as const satisfies ProviderEntry;

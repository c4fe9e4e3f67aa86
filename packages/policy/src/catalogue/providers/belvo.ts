import { cited, example, ourChoice } from '../cited.js';
import type { ProviderEntry } from '../schema/entry.js';

const links = cited('https://developers.belvo.com/docs/links-and-institutions');
const spec = cited('https://github.com/konfig-dev/belvo-sdks, api.yaml');
const errors = cited('https://developers.belvo.com/docs/belvo-api-errors');
const brazil = cited('https://developers.belvo.com/docs/brazil-open-finance-network-limits');

/** The network's quotas are by tax id and institution, whoever spends them, and come back with the next month. */
const aMonth = <Product extends 'OWNERS' | 'IDENTIFIERS' | 'BALANCES' | 'TRANSACTIONS'>(
  product: Product,
  count: number,
  note?: string,
) =>
  brazil(
    {
      kind: 'window',
      scope: 'customer-institution',
      products: [product],
      count,
      per: { shape: 'calendar', unit: 'month', timeZone: 'America/Sao_Paulo' },
      counts: { origins: ['forced', 'background', 'connect', 'repair', 'products'] },
    },
    note,
  );

/** The limits are those of Brazil: take them out for links in Mexico and Colombia (docs/policy-files.md shows how). */
export const belvo = {
  title: 'Belvo',
  reachedThrough: ['belvo'],
  duplicates: spec('twins', 'a second link of one person is another link; equal institution_user_id tells'),
  background: {
    owner: links('provider', 'of recurrent links; a single link has none'),
    every: spec('P7D', 'refresh_rate: 7d unless 6h, 12h, 24h or 30d is asked for'),
    staleAfter: ourChoice('P14D', 'one missed weekly pull is a delay, two are a silence'),
  },
  forced: {
    available: links(true, 'POST of a resource with the link'),
    unattended: ourChoice(false, 'neither a rule against it nor a permission was found'),
  },
  limits: [
    { name: 'belvo-brazil-owners', limit: aMonth('OWNERS', 4) },
    { name: 'belvo-brazil-accounts', limit: aMonth('IDENTIFIERS', 4, 'of accounts; the zone is our reading') },
    { name: 'belvo-brazil-balances', limit: aMonth('BALANCES', 240) },
    {
      name: 'belvo-brazil-transactions',
      limit: aMonth('TRANSACTIONS', 240, 'of reads that reach less than six days back; longer ones have 4'),
    },
  ],
  price: {
    currency: example('USD'),
    perRequest: example('0.10'),
    billedOn: ourChoice('attempt', 'not known; counting failures too, no budget is overrun'),
  },
  signals: {
    limited: {
      too_many_sessions: errors({ in: 'code', httpStatus: 400, scope: 'connection' }, 'a session of this link is open'),
    },
  },
  unknown: ['consent.life', 'signals.toldNextAt', 'signals.silentNoOp'],
} as const satisfies ProviderEntry;

import type { World } from '../world.js';
import type { PlaidCode } from './answers.js';

const MINUTE_MS = 60_000;

interface EndpointLimit {
  readonly perItem: number;
  readonly perClient: number;
  readonly itemCode: PlaidCode;
  readonly clientCode: PlaidCode;
}

/**
 * Of production, a fixed minute (plaid.com/docs/errors/rate-limit-exceeded). They are written down apart from the engine's
 * on purpose: the two are compared by tests.
 */
const LIMITS = {
  transactions: {
    perItem: 2,
    perClient: 100,
    itemCode: 'TRANSACTIONS_REFRESH_LIMIT',
    clientCode: 'TRANSACTIONS_REFRESH_LIMIT',
  },
  investments: {
    perItem: 1,
    perClient: 100,
    itemCode: 'INVESTMENTS_REFRESH_LIMIT',
    clientCode: 'INVESTMENTS_REFRESH_LIMIT',
  },
  balance: { perItem: 5, perClient: 1_200, itemCode: 'BALANCE_LIMIT', clientCode: 'ACCOUNTS_BALANCE_GET_LIMIT' },
  item: { perItem: 15, perClient: 5_000, itemCode: 'ITEM_GET_LIMIT', clientCode: 'ITEM_GET_LIMIT' },
} as const satisfies Record<string, EndpointLimit>;

export type LimitedEndpoint = keyof typeof LIMITS;

/** Counts the request, unless it is over a limit: then the code of that limit. */
export function overLimit(
  world: World,
  endpoint: LimitedEndpoint,
  itemId: string,
  clientId: string,
  at: number,
): PlaidCode | null {
  const { perItem, perClient, itemCode, clientCode } = LIMITS[endpoint];
  const minute = Math.floor(at / MINUTE_MS);
  const item = countOf(world, `${endpoint}/item/${itemId}`, minute);
  const client = countOf(world, `${endpoint}/client/${clientId}`, minute);
  if (item.count >= perItem) return itemCode;
  if (client.count >= perClient) return clientCode;
  for (const { id, count } of [item, client]) world.books.plaidCounts.put(id, { minute, count: count + 1 });
  return null;
}

function countOf(world: World, id: string, minute: number): { readonly id: string; readonly count: number } {
  const known = world.books.plaidCounts.get(id);
  return { id, count: known?.minute === minute ? known.count : 0 };
}

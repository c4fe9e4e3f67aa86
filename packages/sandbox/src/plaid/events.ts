import type { Connection } from '../books/records.js';
import type { WebhookFault } from '../faults.js';
import type { World } from '../world.js';
import { errorObject } from './answers.js';
import { itemErrorOf, itemOf, keep, keepItem } from './items.js';

/** When it happened, and what a fault does to the webhooks about it. */
export interface Telling {
  readonly at: number;
  readonly fault: WebhookFault | null;
}

/** What there is new, as a pull has found it. */
export interface News {
  readonly transactions: number;
  readonly holdings: number;
}

export function tell(
  world: World,
  type: string,
  code: string,
  connection: Connection,
  telling: Telling,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const about = { item_id: connection.externalId, environment: 'sandbox' };
  const body = { webhook_type: type, webhook_code: code, ...about, ...more };
  world.outbox.send({ connector: 'plaid', subject: connection.externalId, body, ...telling });
  keepItem(world, { ...itemOf(world, connection), lastWebhook: { at: telling.at, code } });
}

/** A pull that found no change tells nobody. It tells as to a client that syncs. */
export function tellNews(world: World, connection: Connection, news: News, telling: Telling): void {
  if (news.transactions > 0) {
    const complete = { initial_update_complete: true, historical_update_complete: true };
    tell(world, 'TRANSACTIONS', 'SYNC_UPDATES_AVAILABLE', connection, telling, complete);
  }
  if (news.holdings > 0) {
    const found = { error: null, new_holdings: 0, updated_holdings: news.holdings };
    tell(world, 'HOLDINGS', 'DEFAULT_UPDATE', connection, telling, found);
  }
}

type Words = readonly [type: string, code: string, more?: Readonly<Record<string, unknown>>];

/** What an ACTIVE Item tells by the reason that it has now. */
const NEWS_OF_WELL: Readonly<Record<string, Words>> = {
  NEW_ACCOUNTS_AVAILABLE: ['ITEM', 'NEW_ACCOUNTS_AVAILABLE', { error: null }],
  ACCESS_EXPIRING_SOON: ['ITEM', 'PENDING_DISCONNECT', { reason: 'INSTITUTION_TOKEN_EXPIRATION' }],
};

/** The one place where an Item's status changes: it tells, where Plaid has a webhook for it. */
export function changeStatus(
  world: World,
  connection: Connection,
  status: string,
  statusReason: string | null,
  telling: Telling,
): Connection {
  if (connection.status === status && connection.statusReason === statusReason) return connection;
  const hadError = itemErrorOf(connection) !== null;
  const changed = keep(world, { ...connection, status, statusReason });
  const error = itemErrorOf(changed);
  const words = NEWS_OF_WELL[statusReason ?? ''];
  if (error !== null) {
    tell(world, 'ITEM', 'ERROR', changed, telling, { error: errorObject(error.code, error.reason) });
  } else if (words !== undefined) {
    const [type, code, more] = words;
    tell(world, type, code, changed, telling, more);
  } else if (hadError && status === 'ACTIVE') {
    // Not after update mode of the client's own: that one is told to the client's page alone.
    tell(world, 'ITEM', 'LOGIN_REPAIRED', changed, telling);
  }
  return changed;
}

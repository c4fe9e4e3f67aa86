import { createHmac, randomBytes } from 'node:crypto';

import { derivedNumber } from '../identifiers.js';
import type { WebhookFault } from '../faults.js';
import type { World } from '../world.js';
import type { WebhookHabits } from '../webhooks/outbox.js';
import { accountView, customerOf, type Found } from './logins.js';

/** When it happened, and what a fault does to the webhooks about it. */
export interface Telling {
  readonly at: number;
  readonly fault: WebhookFault | null;
}

const MINUTE_MS = 60_000;
const ID_SPREAD = 1_000_000_000;
/** Every minute five times, then daily for three days. */
const RETRIES_AT_FIRST = 5;
const GIVES_UP_AFTER_MS = 3 * 24 * 60 * MINUTE_MS;

export function finicityWebhookHabits({ settings }: World): WebhookHabits {
  const { finicityPartnerSecret, finicityWebhookSecret } = settings.secrets;
  return {
    pathEnd: `/${finicityWebhookSecret}`,
    headers: async (body) =>
      finicityPartnerSecret === null
        ? {}
        : { 'x-finicity-signature': createHmac('sha256', finicityPartnerSecret).update(body).digest('hex') },
    retryAfterMs: (_result, attempts, sinceFirstMs) => {
      const pauseMs = attempts <= RETRIES_AT_FIRST ? MINUTE_MS : 24 * 60 * MINUTE_MS;
      return sinceFirstMs + pauseMs > GIVES_UP_AFTER_MS ? null : pauseMs;
    },
  };
}

function send(world: World, { connection }: Found, body: unknown, telling: Telling): void {
  world.outbox.send({ connector: 'finicity', subject: connection.externalId, body, ...telling });
}

/** TxPush, class account: a field of each record has changed. */
export function tellAccounts(world: World, found: Found, telling: Telling): void {
  const records = found.login.accounts.map((account) => accountView(found, account));
  send(world, found, { event: { class: 'account', type: 'modified', records } }, telling);
}

/** TxPush, class transaction: its records name the account and the customer, and no login. */
export function tellTransactions(world: World, found: Found, count: number, telling: Telling): void {
  const [account] = found.login.accounts;
  const postedDate = Math.floor(telling.at / 1000);
  const records = Array.from({ length: count }, (_, place) => ({
    id: 21_000_000_000 + derivedNumber(`${found.login.externalId} ${telling.at} ${place}`, ID_SPREAD),
    amount: -42.5,
    accountId: Number(account?.id),
    customerId: Number(customerOf(found.connection)) || customerOf(found.connection),
    status: 'active',
    description: 'Sandbox purchase',
    postedDate,
    transactionDate: postedDate,
    createdDate: postedDate,
  }));
  send(world, found, { event: { class: 'transaction', type: 'created', records } }, telling);
}

/** Data Connect: the customer came to the end of a session. Only who gave an address with the page hears of it. */
export function tellDone(world: World, found: Found, telling: Telling): void {
  const { webhookData } = found.login;
  if (webhookData === null) return;
  const eventId = `${telling.at}-${randomBytes(12).toString('hex')}`;
  const customerId = customerOf(found.connection);
  send(world, found, { customerId, eventType: 'done', eventId, payload: {}, webhookData }, telling);
}

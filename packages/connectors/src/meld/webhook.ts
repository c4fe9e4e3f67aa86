import { createHmac } from 'node:crypto';

import type { Instant, ProviderEvent } from '@freshet/domain';
import type { RawWebhook, WebhookVerdict } from '@freshet/ports';

import { eventTime, parseJson } from '../http/wire-values.js';
import { areSameBytes, bodyKey } from '../signing/same-bytes.js';
import { statusInPresentTerms } from './statuses.js';
import { meldEnvelope, type MeldEnvelope } from './wire.js';

export interface MeldSigning {
  readonly secret: string;
  readonly url: string;
}

/** base64url, with its padding, of HMAC-SHA256 over `<timestamp>.<url>.<raw body>`. */
export const meldSignature = ({ secret, url }: MeldSigning, timestamp: string, body: Uint8Array): string =>
  createHmac('sha256', secret)
    .update(`${timestamp}.${url}.`)
    .update(body)
    .digest('base64')
    .replaceAll('+', '-')
    .replaceAll('/', '_');

/**
 * The timestamp is an opaque word to the signature: ISO-8601 in Meld's sample, epoch seconds in one integrator's. It is
 * not compared with the clock: Meld retries for three days and does not say whether a retry is signed anew, so an age
 * limit could turn a late event away for ever. A replay changes nothing anyway: it has the `eventId` of the first.
 */
export const verifyMeldWebhook = (raw: RawWebhook, signing: MeldSigning | null): WebhookVerdict => {
  if (signing === null) return { genuine: false, why: 'no webhook secret and address are set for Meld' };
  const signature = raw.headers['meld-signature'];
  const timestamp = raw.headers['meld-signature-timestamp'];
  if (!signature || !timestamp) return { genuine: false, why: 'it is not signed' };
  if (!areSameBytes(signature, meldSignature(signing, timestamp, raw.body))) {
    return { genuine: false, why: 'the signature is of another body, address, time or secret' };
  }
  const { eventId } = meldEnvelope.parse(parseJson(Buffer.from(raw.body).toString('utf8')));
  return { genuine: true, eventKey: eventId ?? bodyKey(raw.body) };
};

interface About {
  readonly externalId: string;
  readonly at: Instant;
}

type Payload = MeldEnvelope['payload'];
/** Undefined: a field is missing without which it says nothing. */
type Translation = (about: About, payload: Payload) => ProviderEvent | undefined;

/** `reason` is common to all events, and may be a sentence for people: only a word like its codes is one. */
const codeWord = (reason: string | null): string | null =>
  reason !== null && /^[A-Z][A-Z0-9_]*$/.test(reason) ? reason : null;

const reasonIn = ({ newStatusReason, statusReason, reason }: Payload): string | null =>
  newStatusReason ?? statusReason ?? codeWord(reason);

const statusTold = (about: About, status: string | null, reason: string | null): ProviderEvent | undefined =>
  status === null ? undefined : { ...about, kind: 'status-told', ...statusInPresentTerms(status, reason) };

/**
 * Whether transactions were new: an account with a key of its oldest changed one has some. That no account has one is not
 * documented to mean that there was nothing; a provider's own count of none does.
 */
const newTransactionsIn = (payload: Payload): boolean | null => {
  const accounts = [payload, ...payload.accounts, ...payload.financialAccounts];
  if (accounts.some(({ oldestTransactionUpdatedSearchKey: key }) => key !== null)) return true;
  const { new_transactions, transactions_created_count, transactions_updated_count } = payload.serviceProviderDetails;
  const counts = [new_transactions, transactions_created_count, transactions_updated_count].filter((n) => n !== null);
  return counts.length === 0 ? null : counts.some((n) => n > 0);
};

/** Of accounts Meld does not say whether anything was new. */
const accountsCame: Translation = (about) => ({
  ...about,
  kind: 'aggregated',
  products: ['BALANCES', 'IDENTIFIERS', 'OWNERS'],
  newData: null,
});

const transactionsCame: Translation = (about, payload) => ({
  ...about,
  kind: 'aggregated',
  products: ['TRANSACTIONS'],
  newData: newTransactionsIn(payload),
});

/** Loaded once, and billed apart at some providers. */
const historyCame: Translation = (about, payload) => {
  const event = transactionsCame(about, payload);
  return event?.kind === 'aggregated' ? { ...event, isHistory: true } : event;
};

/** Everything else is `ignored`: BANK_LINKING_ACCOUNTS_UPDATING, ..._ACCOUNTS_REMOVED, WEBHOOK_TEST, what is to come. */
const translations: Readonly<Record<string, Translation>> = {
  BANK_LINKING_CONNECTION_COMPLETED: (about, { serviceProviderDetails }) => ({
    ...about,
    kind: 'link-completed',
    providerConnectionId: serviceProviderDetails.serviceProviderConnectionId,
  }),
  BANK_LINKING_CONNECTION_STATUS_CHANGE: (about, payload) => statusTold(about, payload.newStatus, reasonIn(payload)),
  BANK_LINKING_CONNECTION_DELETED: (about) => ({ ...about, kind: 'deleted' }),
  BANK_LINKING_ACCOUNTS_UPDATED: accountsCame,
  BANK_LINKING_TRANSACTIONS_AGGREGATED: transactionsCame,
  BANK_LINKING_HISTORICAL_TRANSACTIONS_AGGREGATED: historyCame,
  // v2022-11-10 names, which profiles of that version still send.
  BANK_LINKING_NEW_ACCOUNTS_AVAILABLE: (about) => ({ ...about, kind: 'new-accounts' }),
  BANK_LINKING_CUSTOMER_ACTION_REQUIRED: (about, payload) =>
    statusTold(about, 'CUSTOMER_ACTION_REQUIRED', reasonIn(payload)),
};

export const translateMeldWebhook = (body: string, receivedAt: Instant): readonly ProviderEvent[] => {
  const { eventType, timestamp, payload } = meldEnvelope.parse(parseJson(body));
  if (eventType === null) return [];
  const ignored: ProviderEvent = { kind: 'ignored', type: eventType };
  const translation = Object.hasOwn(translations, eventType) ? translations[eventType] : undefined;
  if (translation === undefined || payload.connectionId === null) return [ignored];
  const about = { externalId: payload.connectionId, at: eventTime(timestamp, receivedAt) };
  return [translation(about, payload) ?? ignored];
};

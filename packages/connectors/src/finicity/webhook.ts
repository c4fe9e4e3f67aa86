import { createHmac } from 'node:crypto';

import type { Instant, ProviderEvent } from '@freshet/domain';
import type { RawWebhook, WebhookVerdict } from '@freshet/ports';

import { plainCode } from '../http/failure.js';
import { eventTime, parseJson } from '../http/wire-values.js';
import { areSameBytes, bodyKey } from '../signing/same-bytes.js';
import { AGGREGATED } from './accounts.js';
import { codeRowOf } from './codes.js';
import type { FinicitySettings } from './settings.js';
import { finicityWebhook, type FinicityWebhook, type PushedRecord } from './wire.js';

const SIGNATURE_HEADER = 'x-finicity-signature';

/** Hex of HMAC-SHA256 over the body, by the partner secret. */
export const finicitySignature = (partnerSecret: string, body: Uint8Array): string =>
  createHmac('sha256', partnerSecret).update(body).digest('hex');

/**
 * The secret at the end of the path, which whoever has the address knows. TxPush and the newer management of webhooks
 * publish no signature that could be checked; Data Connect's is checked where that is set.
 */
export const createFinicityVerifier =
  ({ webhookSecret, partnerSecret, checksSignature }: FinicitySettings) =>
  async (raw: RawWebhook): Promise<WebhookVerdict> => {
    if (!webhookSecret) return { genuine: false, why: 'no secret path is set for the webhooks of Finicity' };
    if (raw.secret === null || !areSameBytes(raw.secret, webhookSecret)) {
      return { genuine: false, why: 'it came by another path than the secret one' };
    }
    const signature = raw.headers[SIGNATURE_HEADER]?.toLowerCase() ?? '';
    if (checksSignature === true && !areSameBytes(signature, finicitySignature(partnerSecret, raw.body))) {
      return { genuine: false, why: 'it is not signed, or the signature is of another body or secret' };
    }
    // TxPush gives its events no id.
    const { eventId } = finicityWebhook.parse(parseJson(Buffer.from(raw.body).toString('utf8')));
    return { genuine: true, eventKey: eventId ?? bodyKey(raw.body) };
  };

type Translation = (event: FinicityWebhook, receivedAt: Instant) => readonly ProviderEvent[];

/** The customer went through Data Connect Fix to its end. Without what we gave it the event does not name the login. */
const repaired: Translation = ({ webhookData, payload }, at) => {
  const wasLeft = payload.code !== null && payload.code !== '200';
  if (webhookData.institutionLoginId === null || wasLeft) return [];
  return [{ kind: 'link-completed', externalId: webhookData.institutionLoginId, at, providerConnectionId: null }];
};

/**
 * Data Connect's events of a session. The others (`started`, `adding`, `credentialsUpdated`, `accountsDeleted` and so
 * on) say nothing of a login that a reading would not say better.
 */
const sessionEvents: Readonly<Record<string, Translation>> = { done: repaired };

/** One account's word of what is wrong with it counts only where it is of the whole login. */
const pushedAccount = (account: PushedRecord, receivedAt: Instant): readonly ProviderEvent[] => {
  const { institutionLoginId: externalId, aggregationStatusCode: code } = account;
  if (externalId === null) return [];
  if (code === null || code === '0') {
    const { aggregationSuccessDate: asOf } = account;
    const at = eventTime(asOf, receivedAt);
    // A field has changed; without the stamp it may be the balance, which can come by itself.
    return [{ kind: 'aggregated', externalId, at, products: asOf === null ? ['BALANCES'] : AGGREGATED, newData: true }];
  }
  const row = codeRowOf(code);
  if (row?.isOfLogin !== true || row.status === null) return [];
  const at = eventTime(account.aggregationAttemptDate, receivedAt);
  return [{ kind: 'status-told', externalId, at, ...row.status }];
};

/** A transaction's record names its account and its customer. Where it does not name the login it cannot be placed. */
const pushedTransaction = (transaction: PushedRecord, at: Instant): readonly ProviderEvent[] => {
  const { institutionLoginId: externalId } = transaction;
  return externalId === null ? [] : [{ kind: 'aggregated', externalId, at, products: ['TRANSACTIONS'], newData: true }];
};

type PushTranslation = (pushed: PushedRecord, receivedAt: Instant) => readonly ProviderEvent[];

/** TxPush, by class and type. A deleted account or transaction is no news of the login. */
const pushes: Readonly<Record<string, PushTranslation>> = {
  'account.created': pushedAccount,
  'account.modified': pushedAccount,
  'transaction.created': pushedTransaction,
  'transaction.modified': pushedTransaction,
};

const rowIn = <Row>(rows: Readonly<Record<string, Row>>, name: string): Row | undefined =>
  Object.hasOwn(rows, name) ? rows[name] : undefined;

/** Several accounts of one login say the same thing once. */
const distinct = (events: readonly ProviderEvent[]): readonly ProviderEvent[] => [
  ...new Map(events.map((event) => [JSON.stringify(event), event])).values(),
];

export const translateFinicityWebhook = (body: string, receivedAt: Instant): readonly ProviderEvent[] => {
  const event = finicityWebhook.parse(parseJson(body));
  const push = event.event.class === null ? event : event.event;
  const type = event.eventType ?? (push.class === null ? null : `${push.class}.${push.type ?? 'untyped'}`);
  if (type === null) return [];
  const ofRecord = event.eventType === null ? rowIn(pushes, type) : undefined;
  const translated =
    ofRecord === undefined
      ? (rowIn(sessionEvents, type)?.(event, receivedAt) ?? [])
      : distinct(push.records.flatMap((pushed) => ofRecord(pushed, receivedAt)));
  return translated.length > 0 ? translated : [{ kind: 'ignored', type: plainCode(type) ?? 'unnamed' }];
};

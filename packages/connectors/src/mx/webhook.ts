import type { Instant, Product, ProviderEvent } from '@freshet/domain';
import { HOUR } from '@freshet/domain';
import type { RawWebhook, WebhookVerdict } from '@freshet/ports';

import { plainCode } from '../http/failure.js';
import { eventTime, parseJson } from '../http/wire-values.js';
import { areSameBytes, bodyKey } from '../signing/same-bytes.js';
import type { MxSettings } from './settings.js';
import { standingOfMx } from './statuses.js';
import { mxEvent, type MxEvent } from './wire.js';

/** What a genuine webhook has to show; null for what is not set. */
export interface MxProof {
  readonly secret: string | null;
  readonly authorization: string | null;
}

/** Null where neither is set: then nothing tells MX's webhooks from anybody's. */
export const proofOf = ({ webhookSecret, webhookLogin }: MxSettings): MxProof | null => {
  const secret = webhookSecret || null;
  const login = webhookLogin?.username && webhookLogin.password ? webhookLogin : null;
  if (secret === null && login === null) return null;
  const pair = login === null ? null : Buffer.from(`${login.username}:${login.password}`).toString('base64');
  return { secret, authorization: pair === null ? null : `Basic ${pair}` };
};

const timeIn = (event: MxEvent): Instant | null => event.completed_at ?? event.updated_at;

/**
 * MX gives its events no id. The same bytes are the same event where they hold a time. A changed status holds none: the
 * next one of the same kind is the same bytes, so they are told apart by the hour in which they came.
 */
const keyOf = (raw: RawWebhook): string => {
  const event = mxEvent.parse(parseJson(Buffer.from(raw.body).toString('utf8')));
  const key = bodyKey(raw.body);
  return timeIn(event) === null ? `${key}:${Math.floor(raw.receivedAt / HOUR)}` : key;
};

export const verifyMxWebhook = (raw: RawWebhook, proof: MxProof | null): WebhookVerdict => {
  if (proof === null) return { genuine: false, why: 'neither a secret path nor a login is set for the webhooks of MX' };
  const { secret, authorization } = proof;
  if (secret !== null && !areSameBytes(raw.secret ?? '', secret)) {
    return { genuine: false, why: 'it did not come by the secret path' };
  }
  if (authorization !== null && !areSameBytes(raw.headers['authorization'] ?? '', authorization)) {
    return { genuine: false, why: 'it does not have the login' };
  }
  return { genuine: true, eventKey: keyOf(raw) };
};

interface About {
  readonly externalId: string;
  readonly at: Instant;
}
/** Undefined: it says nothing to us. */
type Translation = (about: About, event: MxEvent) => ProviderEvent | undefined;

/** Whether transactions came; null where MX does not count them. */
const newDataIn = (event: MxEvent): boolean | null => {
  const { transactions_created_count: created, transactions_updated_count: updated } = event;
  return created === null && updated === null ? null : (created ?? 0) + (updated ?? 0) > 0;
};

const aggregated =
  (...products: readonly Product[]): Translation =>
  (about, event) =>
    event.action === 'member_data_updated'
      ? { ...about, kind: 'aggregated', products, newData: newDataIn(event) }
      : undefined;

const statusTold: Translation = (about, { connection_status: word }) =>
  word === undefined ? undefined : { ...about, kind: 'status-told', ...standingOfMx(word) };

/** The member is the connection itself: nothing is behind it. */
const linkCompleted: Translation = (about) => ({ ...about, kind: 'link-completed', providerConnectionId: null });

/**
 * `UPDATED` is the status of a member whose credentials were just replaced: the customer has been in the widget. Another
 * status is told, for MX's own event of a changed status tells only the bad ones; not while a job runs, which will end in
 * another.
 */
const memberUpdated: Translation = (about, event) => {
  if (event.connection_status === 'UPDATED') return linkCompleted(about, event);
  return event.is_being_aggregated === true ? undefined : statusTold(about, event);
};

const memberActions: Readonly<Record<string, Translation>> = {
  created: linkCompleted,
  updated: memberUpdated,
  deleted: (about) => ({ ...about, kind: 'deleted' }),
};

const actionOf = (actions: Readonly<Record<string, Translation>>, action: string | null): Translation | undefined => {
  const name = action?.toLowerCase() ?? '';
  return Object.hasOwn(actions, name) ? actions[name] : undefined;
};

/** By `type`. What is not here (STATEMENT, whatever MX adds) is ignored. */
const translations: Readonly<Record<string, Translation>> = {
  AGGREGATION: aggregated('BALANCES', 'TRANSACTIONS'),
  BALANCE: aggregated('BALANCES'),
  HISTORY: aggregated('TRANSACTIONS'),
  CONNECTION_STATUS: statusTold,
  MEMBER: (about, event) => actionOf(memberActions, event.action)?.(about, event),
};

export const translateMxWebhook = (body: string, receivedAt: Instant): readonly ProviderEvent[] => {
  const event = mxEvent.parse(parseJson(body));
  const { type } = event;
  if (type === null) return [];
  const externalId = event.member_guid ?? event.guid;
  const translation = Object.hasOwn(translations, type) ? translations[type] : undefined;
  const at = eventTime(timeIn(event), receivedAt);
  const translated = externalId === null ? undefined : translation?.({ externalId, at }, event);
  return [translated ?? { kind: 'ignored', type: plainCode(type) ?? 'unnamed' }];
};

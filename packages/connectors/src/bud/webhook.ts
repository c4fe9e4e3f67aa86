import type { Instant, ProviderEvent } from '@freshet/domain';
import type { CallContext, RawWebhook, WebhookVerdict } from '@freshet/ports';

import { plainCode } from '../http/failure.js';
import { eventTime, parseJson } from '../http/wire-values.js';
import { bodyKey } from '../signing/same-bytes.js';
import type { KeySet } from './jwks.js';
import { PRODUCTS_OF_A_REFRESH } from './resources.js';
import { whyNotSigned } from './signature.js';
import { budEvent, type BudEvent } from './wire.js';

type Fields = BudEvent['data'];
/** How one bank's part of a refresh ended. */
type Ended = Pick<Fields, 'result' | 'reconnect_required' | 'has_new_transactions' | 'consent_ids'>;
/** V2 may say when the refresh began; nothing says when it ended. */
type EndedFrom = Ended & Pick<Fields, 'start_time'>;

/** V1's refresh and connect events carry a task's type in place of an event's name. */
const typeOf = ({ event, task_type }: Fields): string | null =>
  event ?? (task_type === null ? null : `v1.${task_type}`);

const fieldsOf = (event: BudEvent): Fields => (event.event === null && event.task_type === null ? event.data : event);

/**
 * Bud gives its events no id. A task ends once and a consent changes at a time, so type, task or consent, and time name
 * an event also where a retry's bytes differ.
 */
const keyOf = (fields: Fields, body: Uint8Array): string => {
  const type = typeOf(fields);
  const subject = fields.task_id ?? fields.consent_id;
  if (type === null || subject === null) return bodyKey(body);
  return [type, subject, fields.status ?? '', fields.updated_at ?? ''].join(':');
};

export const verifyBudWebhook = async (
  raw: RawWebhook,
  keys: KeySet,
  context: CallContext,
): Promise<WebhookVerdict> => {
  const why = await whyNotSigned(raw, keys, context);
  if (why !== undefined) return { genuine: false, why };
  const event = budEvent.parse(parseJson(Buffer.from(raw.body).toString('utf8')));
  return { genuine: true, eventKey: keyOf(fieldsOf(event), raw.body) };
};

const consentsOf = ({ consent_ids, consent_id }: Pick<Fields, 'consent_ids'> & Partial<Fields>): readonly string[] =>
  consent_ids.length > 0 || consent_id == null ? consent_ids : [consent_id];

/** Nothing in these events tells when they happened: they are of their arrival. */
const jobEnded = (ended: Ended, providerTaskId: string | null, at: Instant): readonly ProviderEvent[] =>
  providerTaskId === null
    ? []
    : consentsOf(ended).map((externalId) => ({ kind: 'job-ended', externalId, at, providerTaskId }));

/** What the refresh left, whoever asked for it: Bud's hosted refreshes are told of in the same way. */
const result = (ended: EndedFrom, receivedAt: Instant): readonly ProviderEvent[] => {
  const consents = consentsOf(ended);
  // Bud has set the consent to revoked by now.
  if (ended.reconnect_required === true) {
    return consents.map((externalId) => ({ kind: 'consent-ended', externalId, at: receivedAt }));
  }
  if (ended.result !== 'success') return [];
  // At least as new as its beginning: a webhook that comes late must not make old data look fresh.
  const at = eventTime(ended.start_time, receivedAt);
  const [products, newData] = [PRODUCTS_OF_A_REFRESH, ended.has_new_transactions];
  return consents.map((externalId) => ({ kind: 'aggregated', externalId, at, products, newData }));
};

type Translation = (event: BudEvent, receivedAt: Instant) => readonly ProviderEvent[];

const onConsent =
  (...kinds: readonly ('consent-ended' | 'consent-renewed' | 'link-completed')[]): Translation =>
  (event, receivedAt) => {
    const fields = fieldsOf(event);
    const at = eventTime(fields.updated_at, receivedAt);
    return consentsOf(fields).flatMap((externalId) =>
      kinds.map((kind): ProviderEvent => {
        if (kind === 'consent-renewed') return { kind, externalId, at, consentExpiresAt: null };
        return kind === 'link-completed'
          ? { kind, externalId, at, providerConnectionId: null }
          : { kind, externalId, at };
      }),
    );
  };

const translations: Readonly<Record<string, Translation>> = {
  // The main task's id is the one that the refresh answered with; the results come with each bank's own event.
  'open_banking.v2.refresh.completed': (event, at) =>
    event.sub_tasks.flatMap((ended) => jobEnded(ended, event.task_id, at)),
  'open_banking.v2.refresh.provider.completed': (event, at) => result(event, at),
  'open_banking.consent.revoked': onConsent('consent-ended'),
  'open_banking.consent.reconfirmed': onConsent('consent-renewed'),
  // The customer has been at the bank again, which is a repair as well.
  'open_banking.consent.reauthorised': onConsent('link-completed', 'consent-renewed'),
  'v1.refresh': ({ data }, at) => [...jobEnded(data, data.task_id, at), ...result(data, at)],
  'v1.connect': (event, at) => (event.data.result === 'success' ? onConsent('link-completed')(event, at) : []),
};

export const translateBudWebhook = (body: string, receivedAt: Instant): readonly ProviderEvent[] => {
  const event = budEvent.parse(parseJson(body));
  const type = typeOf(fieldsOf(event));
  if (type === null) return [];
  const translation = Object.hasOwn(translations, type) ? translations[type] : undefined;
  const translated = translation?.(event, receivedAt) ?? [];
  return translated.length > 0 ? translated : [{ kind: 'ignored', type: plainCode(type) ?? 'unnamed' }];
};

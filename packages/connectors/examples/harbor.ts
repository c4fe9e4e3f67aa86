import { createHmac } from 'node:crypto';
import type { ProviderEvent, RefreshAnswer, RefreshProgress } from '@freshet/domain';
import type { Connector, ProgressCall, RawWebhook, WebhookVerdict } from '@freshet/ports';
import { createHttpClient, pathSegment, type TransportSettings } from '../src/http/client.js';
import { isSuccess, jsonOf, type Exchange } from '../src/http/exchange.js';
import { failureOf, lookFailed, notSent, plainCode, type FailureReading } from '../src/http/failure.js';
import { eventTime, flag, instant, parseJson, record, text } from '../src/http/wire-values.js';
import type { CallDefaults, RowsOf } from '../src/setting-row.js';
import { areSameBytes } from '../src/signing/same-bytes.js';

// 1. Settings: what somebody sets, a row for each field. In a real connector: settings.ts.
export interface HarborSettings {
  readonly apiKey: string;
  readonly baseUrl?: string | undefined;
  readonly webhookSecret?: string | undefined;
  readonly transport?: TransportSettings | undefined;
}

const open = { secret: false, kind: 'text' } as const;
export const harborRows = {
  apiKey: { ...open, variable: 'HARBOR_API_KEY', required: true, secret: true, meaning: 'the key of the account' },
  baseUrl: { ...open, variable: 'HARBOR_BASE_URL', required: false, kind: 'address', meaning: 'another environment' },
  webhookSecret: {
    ...open,
    variable: 'HARBOR_WEBHOOK_SECRET',
    required: false,
    secret: true,
    meaning: 'signs webhooks',
  },
} as const satisfies RowsOf<HarborSettings>;
export const harborCalls: CallDefaults = { timeoutMs: 20_000, because: 'a refresh is started and answered at once' };

// 2. The wire: only what is read. A missing field, a null and a wrong type are "not told"; nothing throws. wire.ts.
const failureBody = record({ code: text });
const refreshBody = record({ id: text, state: text, read_at: instant, news: flag, reason: text });
const eventBody = record({ id: text, type: text, login: text, refresh: text, at: instant });

const readingOf = (exchange: Exchange, now: number): FailureReading => {
  const code = plainCode(failureBody.parse(jsonOf(exchange)).code);
  return { who: 'Harbor', now, scope: 'connection', code };
};

// 3. Translation: pure, and tables instead of ifs. translate.ts, results.ts.
const startAnswerOf = (exchange: Exchange, now: number): RefreshAnswer => {
  if (!isSuccess(exchange)) return failureOf(exchange, readingOf(exchange, now));
  const { id } = refreshBody.parse(jsonOf(exchange));
  if (id === null) return { kind: 'unknown', message: 'Harbor answered without a refresh' };
  return { kind: 'accepted', providerTaskId: id, coalesced: false };
};

/** How a failed refresh ends, by Harbor's reason; one that is not here is an outage of Harbor's. */
const failures: Readonly<Record<string, RefreshProgress>> = {
  bad_login: {
    kind: 'customer-needed',
    event: 'failed_login_required',
    message: 'the bank wants the customer to log in',
  },
  bank_down: { kind: 'unavailable', who: 'institution', retryAt: null, message: 'Harbor could not reach the bank' },
};
const harborFailed: RefreshProgress = { kind: 'unavailable', who: 'provider', retryAt: null, message: 'Harbor failed' };

const progressAnswerOf = (exchange: Exchange, now: number): RefreshProgress => {
  if (!isSuccess(exchange)) return lookFailed(exchange, readingOf(exchange, now));
  const { state, read_at: asOf, news: newData, reason } = refreshBody.parse(jsonOf(exchange));
  if (state === 'done') return { kind: 'done', asOf, newData };
  if (state === 'failed')
    return Object.hasOwn(failures, reason ?? '') ? (failures[reason ?? ''] as RefreshProgress) : harborFailed;
  // Also a state that nobody has heard of: time ends what never does.
  return { kind: 'pending' };
};

// 4. Webhooks: verified over the raw bytes, translated without trusting anything else. webhook.ts.
export const harborSignature = (secret: string, body: Uint8Array): string =>
  createHmac('sha256', secret).update(body).digest('hex');

const verify = ({ headers, body }: RawWebhook, secret: string | undefined): WebhookVerdict => {
  if (secret === undefined) return { genuine: false, why: 'no webhook secret is set for Harbor' };
  if (!areSameBytes(headers['harbor-signature'] ?? '', harborSignature(secret, body))) {
    return { genuine: false, why: 'the signature is of another body or secret' };
  }
  const { id } = eventBody.parse(parseJson(Buffer.from(body).toString('utf8')));
  return id === null ? { genuine: false, why: 'it has no id' } : { genuine: true, eventKey: id };
};

const translate = (body: string, receivedAt: number): readonly ProviderEvent[] => {
  const { type, login, refresh, at } = eventBody.parse(parseJson(body));
  if (type === null) return [];
  const about = { externalId: login ?? '', at: eventTime(at, receivedAt) };
  if (type === 'refresh.ended' && refresh !== null) return [{ ...about, kind: 'job-ended', providerTaskId: refresh }];
  if (type === 'login.removed' && login !== null) return [{ ...about, kind: 'deleted' }];
  return [{ kind: 'ignored', type }];
};

// 5. The port: a line an operation. connector.ts, with its client's paths in client.ts.
const refused = (message: string) => Promise.resolve({ kind: 'refused', message } as const);

export const createHarborConnector = (settings: HarborSettings): Connector => {
  const http = createHttpClient(settings.baseUrl ?? 'https://api.harbor.example', settings.transport);
  const headers = { authorization: `Bearer ${settings.apiKey}` };
  const loginPath = (id: string): string => `/logins/${pathSegment(id)}`;
  const look = (call: ProgressCall, id: string, signal: AbortSignal): Promise<Exchange> =>
    http.send({ method: 'GET', path: `${loginPath(call.externalId)}/refreshes/${pathSegment(id)}`, headers }, signal);
  return {
    name: 'harbor',
    capabilities: {
      ...{ refresh: true, repair: false, addProducts: false, delete: true, imports: [] },
      ...{ tellsStatus: false, showsRepair: false, showsData: false },
      webhooks: settings.webhookSecret !== undefined,
    },
    refresh: async (call, { signal, now, sending }) => {
      if (signal.aborted) return notSent('Harbor');
      // Directly before the first byte that may be billed: from here on the call counts.
      await sending();
      const path = `${loginPath(call.externalId)}/refreshes`;
      return startAnswerOf(await http.send({ method: 'POST', path, headers, json: {} }, signal), now());
    },
    progress: async (call, { signal, now }) =>
      // Without the refresh's id (its reply was lost) there is nothing to look at: its webhook, or time, tells.
      call.providerTaskId === null
        ? { kind: 'pending' }
        : progressAnswerOf(await look(call, call.providerTaskId, signal), now()),
    status: () => Promise.resolve(null),
    repair: () => refused('Harbor has no repair'),
    addProducts: () => refused('Harbor has all products from the start'),
    delete: async (call, { signal, now }) => {
      const exchange = await http.send({ method: 'DELETE', path: loginPath(call.externalId), headers }, signal);
      if (isSuccess(exchange)) return { kind: 'accepted' };
      if (exchange.kind === 'reply' && exchange.status === 404 && exchange.body.kind === 'json')
        return { kind: 'gone' };
      return failureOf(exchange, readingOf(exchange, now()));
    },
    import: () => refused('Harbor has no import'),
    verifyWebhook: (raw) => Promise.resolve(verify(raw, settings.webhookSecret)),
    translateWebhook: translate,
  };
};

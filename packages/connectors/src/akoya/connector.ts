import type { ChangeAnswer } from '@freshet/domain';
import type { CallContext, ConnectionCall, Connector, RefreshContext, RenewalAnswer } from '@freshet/ports';

import { createHttpClient, type HttpClient } from '../http/client.js';
import { isSuccess, jsonOf } from '../http/exchange.js';
import { failureOf, notSent } from '../http/failure.js';
import { AKOYA_BASE_URL, type AkoyaSettings } from './settings.js';
import { renewalOf, tokenIn } from './tokens.js';
import { akoyaError } from './wire.js';

const refused = (message: string) => ({ kind: 'refused', message }) as const;

/** The client's credentials go into the body of a renewal and of a revocation (docs.akoya.com/docs/openapi-tokens). */
const clientForm = ({ clientId, clientSecret }: AkoyaSettings) => ({
  client_id: clientId,
  client_secret: clientSecret,
});

const renewThrough = async (
  http: HttpClient,
  settings: AkoyaSettings,
  { credentials }: ConnectionCall,
  { now, signal, sending }: RefreshContext,
): Promise<RenewalAnswer> => {
  const refreshToken = credentials?.['refreshToken'];
  if (credentials === null || !refreshToken) return refused('there is no refresh token among the credentials');
  if (signal.aborted) return notSent('Akoya');
  const form = { grant_type: 'refresh_token', ...clientForm(settings), refresh_token: refreshToken };
  await sending();
  const exchange = await http.send({ method: 'POST', path: '/token', headers: {}, form }, signal);
  return renewalOf(exchange, credentials, now());
};

/** Where its team keeps the tokens nobody here could revoke them, and nobody here has to. */
const revokeThrough = async (
  http: HttpClient,
  settings: AkoyaSettings,
  { credentials }: ConnectionCall,
  { now, signal }: CallContext,
): Promise<ChangeAnswer> => {
  const token = credentials?.['refreshToken'];
  if (!token) return { kind: 'accepted' };
  const form = { ...clientForm(settings), token, token_type_hint: 'refresh_token' };
  const exchange = await http.send({ method: 'POST', path: '/revoke', headers: {}, form }, signal);
  if (isSuccess(exchange)) return { kind: 'accepted' };
  const code = akoyaError(jsonOf(exchange));
  // Invalid, or claimed: there is no such grant any more.
  if (exchange.kind === 'reply' && exchange.status === 400 && code === 'invalid_request') return { kind: 'gone' };
  return failureOf(exchange, { who: 'Akoya', now: now(), scope: 'provider', code });
};

/**
 * A pull-through: it has no refresh to call and keeps nothing to look at. Callers read by permit; what is left to do here is
 * to keep their tokens current, and to revoke them.
 */
export const createAkoyaConnector = (settings: AkoyaSettings): Connector => {
  const http = createHttpClient(settings.baseUrl ?? AKOYA_BASE_URL, settings.transport);
  return {
    name: 'akoya',
    capabilities: {
      refresh: false,
      repair: false,
      addProducts: false,
      delete: true,
      imports: [],
      tellsStatus: false,
      showsRepair: false,
      showsData: false,
      webhooks: false,
    },
    refresh: async () => refused('Akoya has no refresh: who asks has to read'),
    progress: async () => ({ kind: 'unknown', message: 'Akoya keeps nothing to look at: the caller reports' }),
    status: async () => null,
    repair: async () => refused('at Akoya the customer gives access anew on the team’s own page; then import it anew'),
    addProducts: async () => refused('Akoya takes more products only with a new consent'),
    delete: (call, context) => revokeThrough(http, settings, call, context),
    import: async () => refused('Akoya has no import'),
    verifyWebhook: async () => ({ genuine: false, why: 'Akoya sends none that is known' }),
    translateWebhook: () => [],
    tokens: { tokenIn, renew: (call, context) => renewThrough(http, settings, call, context) },
  };
};

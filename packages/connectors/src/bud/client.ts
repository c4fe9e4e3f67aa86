import { formatInstant, type Instant } from '@freshet/domain';
import type { CallContext, ConnectionCall, RefreshCall, RefreshContext } from '@freshet/ports';

import { createHttpClient, pathSegment, type HttpCall } from '../http/client.js';
import { jsonOf, type Exchange } from '../http/exchange.js';
import { notSent, type Failure } from '../http/failure.js';
import type { BudRefreshVersion, BudSettings } from './settings.js';
import { createTokenSource } from './token.js';
import { budCode } from './wire.js';

/** What came of a call: its exchange, or why it was surely not carried out (no token). */
export type BudExchange = Exchange | Failure;

export type GatewayScreen = 'reconfirm_consent' | 'connect_accounts';

/** Bud's paths, headers and bodies, one function an operation. Nothing but a refused token is read here. */
export interface BudClient {
  refresh(call: RefreshCall, resources: readonly string[] | null, context: RefreshContext): Promise<BudExchange>;
  task(call: ConnectionCall, taskId: string, context: CallContext): Promise<BudExchange>;
  consents(call: ConnectionCall, context: CallContext): Promise<BudExchange>;
  gateway(call: ConnectionCall, redirectUrl: string, screen: GatewayScreen, context: CallContext): Promise<BudExchange>;
  /** Bud's banks, and which of them are in maintenance until when. */
  providers(context: CallContext): Promise<BudExchange>;
  /** Ends all consents of the customer at that bank: Bud has no call for one alone. */
  revoke(call: ConnectionCall, context: CallContext): Promise<BudExchange>;
}

const refreshPaths: Readonly<Record<BudRefreshVersion, string>> = {
  v2: '/open-banking/v2/refresh',
  v1: '/v1/open-banking/refresh',
};

/** A 401 of these is not about the token: a new one would be refused as well. */
const CODES_BEYOND_THE_TOKEN: readonly (string | null)[] = ['customer_not_found', 'unauthorized_scope'];

const isTokenRefused = (exchange: Exchange): boolean =>
  exchange.kind === 'reply' && exchange.status === 401 && !CODES_BEYOND_THE_TOKEN.includes(budCode(jsonOf(exchange)));

/** The consent's customer at Bud; where it is not stored apart, our own id of the customer is Bud's. */
const customerHeaders = (call: ConnectionCall): Record<string, string> => ({
  'x-customer-id': call.credentials?.['customerId'] ?? call.customerId,
});

/** Only where Bud does not keep the secret itself. */
const secretHeaders = (call: ConnectionCall): Record<string, string> => {
  const secret = call.credentials?.['customerSecret'];
  return secret === undefined ? {} : { 'x-customer-secret': secret };
};

/** Passed on to the bank. Present only where the customer caused this very call: Bud forbids it for automated ones. */
const presenceHeaders = ({ presence }: RefreshCall): Record<string, string> =>
  presence === null ? {} : { 'x-customer-ip-address': presence.ip };

const range = (from: Instant | null, to: Instant | null): Record<string, string> => ({
  ...(from === null ? {} : { from: formatInstant(from) }),
  ...(to === null ? {} : { to: formatInstant(to) }),
});

const refreshBody = (version: BudRefreshVersion, call: RefreshCall, resources: readonly string[] | null) => {
  const asked = range(call.from, call.to);
  if (version === 'v1') return { provider: call.institutionId, ...asked };
  return { providers: [call.institutionId], ...(resources === null ? {} : { resources }), ...asked };
};

export const createBudClient = (settings: BudSettings): BudClient => {
  const http = createHttpClient(settings.baseUrl, settings.transport);
  const tokens = createTokenSource(http, settings);
  const version = settings.refreshVersion ?? 'v2';

  const write = (call: HttpCall, token: string, signal: AbortSignal): Promise<Exchange> => {
    const headers = { ...call.headers, authorization: `Bearer ${token}`, 'x-client-id': settings.clientId };
    return http.send({ ...call, headers }, signal);
  };

  /** With a token; once more with a new one where that was refused, for a 401 surely did nothing. */
  const send = async (call: HttpCall, context: CallContext, sending?: () => Promise<void>): Promise<BudExchange> => {
    const token = await tokens.current(context);
    if (token.kind !== 'token') return token;
    if (context.signal.aborted) return notSent('Bud');
    await sending?.();
    const exchange = await write(call, token.value, context.signal);
    if (!isTokenRefused(exchange)) return exchange;
    tokens.discard(token.value);
    const renewed = await tokens.current(context);
    return renewed.kind === 'token' ? write(call, renewed.value, context.signal) : renewed;
  };

  return {
    refresh: (call, resources, context) => {
      const headers = { ...customerHeaders(call), ...secretHeaders(call), ...presenceHeaders(call) };
      const json = refreshBody(version, call, resources);
      return send({ method: 'POST', path: refreshPaths[version], headers, json }, context, context.sending);
    },
    // Built from the id: the `next_url` of V2's documented replies has its path the wrong way round.
    task: (call, taskId, context) => {
      const path = `${refreshPaths[version]}/${pathSegment(taskId)}`;
      return send({ method: 'GET', path, headers: customerHeaders(call) }, context);
    },
    consents: (call, context) => {
      const headers = { ...customerHeaders(call), ...secretHeaders(call) };
      const path = '/v1/open-banking/account-access-consents';
      return send({ method: 'GET', path, query: { status: 'all' }, headers }, context);
    },
    gateway: (call, redirectUrl, screen, context) => {
      const headers = { ...customerHeaders(call), ...secretHeaders(call) };
      const json = { redirect_url: redirectUrl, providers: [call.institutionId], initial_screen: screen };
      return send({ method: 'POST', path: '/v2/open-banking/authorisation-gateway-url', headers, json }, context);
    },
    providers: (context) => send({ method: 'GET', path: '/v1/open-banking/providers', headers: {} }, context),
    revoke: (call, context) => {
      const json = { provider: call.institutionId };
      const path = '/v1/open-banking/account-access-consent/revoke';
      return send({ method: 'POST', path, headers: customerHeaders(call), json }, context);
    },
  };
};

import { SECOND, type Instant } from '@freshet/domain';
import type { CallContext, ConnectionCall, RefreshCall, RefreshContext } from '@freshet/ports';

import { createHttpClient, pathSegment, type HttpCall } from '../http/client.js';
import { jsonOf, type Exchange } from '../http/exchange.js';
import { notSent, type Failure } from '../http/failure.js';
import { FINICITY_BASE_URL, type FinicitySettings } from './settings.js';
import { createTokenSource } from './token.js';
import { finicityCode } from './wire.js';

/** What came of a call: its exchange, or why it was surely not carried out (no token). */
export type FinicityExchange = Exchange | Failure;

/** How far back a job loads: six months, or all that the bank has, at most two years. */
export type JobMode = 'standard' | 'historic';

/** Finicity's paths, headers and bodies, one function an operation. Nothing but a refused token is read here. */
export interface FinicityClient {
  accounts(call: ConnectionCall, context: CallContext): Promise<FinicityExchange>;
  refresh(call: RefreshCall, version: 'v1' | 'v2', context: RefreshContext): Promise<FinicityExchange>;
  startJob(call: RefreshCall, mode: JobMode, context: RefreshContext): Promise<FinicityExchange>;
  job(call: ConnectionCall, refreshId: string, context: CallContext): Promise<FinicityExchange>;
  liveBalance(call: RefreshCall, accountId: string, context: RefreshContext): Promise<FinicityExchange>;
  fix(call: ConnectionCall, context: CallContext): Promise<FinicityExchange>;
  remove(call: ConnectionCall, context: CallContext): Promise<FinicityExchange>;
}

/** Invalid and expired. The other codes of a 401 are about the credentials, which a new token would not mend. */
const CODES_OF_THE_TOKEN: readonly (string | null)[] = ['10022', '10023'];

const isTokenRefused = (exchange: Exchange): boolean =>
  exchange.kind === 'reply' && exchange.status === 401 && CODES_OF_THE_TOKEN.includes(finicityCode(jsonOf(exchange)));

/** The customer's id at Finicity; where it is not stored apart, our own id of the customer is Finicity's. */
const customerOf = (call: ConnectionCall): string => call.credentials?.['customerId'] ?? call.customerId;

const customerPath = (version: 'v1' | 'v2', call: ConnectionCall): string =>
  `/aggregation/${version}/customers/${pathSegment(customerOf(call))}`;
const loginPath = (version: 'v1' | 'v2', call: ConnectionCall): string =>
  `${customerPath(version, call)}/institutionLogins/${pathSegment(call.externalId)}`;
const jobsPath = (call: ConnectionCall): string =>
  `/aggregation/customers/${pathSegment(customerOf(call))}/transactions/refreshes`;

const seconds = (instant: Instant): string => String(Math.floor(instant / SECOND));
/** Only v1 takes a range. */
const rangeOf = ({ from, to }: RefreshCall): Record<string, string> => ({
  ...(from === null ? {} : { fromDate: seconds(from) }),
  ...(to === null ? {} : { toDate: seconds(to) }),
});

const fixBody = (settings: FinicitySettings, call: ConnectionCall) => ({
  partnerId: settings.partnerId,
  customerId: customerOf(call),
  institutionLoginId: call.externalId,
  ...(settings.redirectUrl ? { redirectUri: settings.redirectUrl } : {}),
  ...(settings.experience ? { experience: settings.experience } : {}),
  // Data Connect's events do not name the login: what is given here comes back with each of them.
  ...(settings.webhookUrl
    ? {
        webhook: settings.webhookUrl,
        webhookContentType: 'application/json',
        webhookData: { institutionLoginId: call.externalId },
      }
    : {}),
});

export const createFinicityClient = (settings: FinicitySettings): FinicityClient => {
  const http = createHttpClient(settings.baseUrl ?? FINICITY_BASE_URL, settings.transport);
  const tokens = createTokenSource(http, settings);

  const write = (call: HttpCall, token: string, signal: AbortSignal): Promise<Exchange> => {
    const headers = { ...call.headers, 'finicity-app-key': settings.appKey, 'finicity-app-token': token };
    return http.send({ ...call, headers }, signal);
  };

  /** With a token; once more with a new one where that was refused, for such a 401 surely did nothing. */
  const send = async (
    call: Omit<HttpCall, 'headers'>,
    context: CallContext,
    sending?: () => Promise<void>,
  ): Promise<FinicityExchange> => {
    const token = await tokens.current(context);
    if (token.kind !== 'token') return token;
    if (context.signal.aborted) return notSent('Finicity');
    await sending?.();
    const exchange = await write({ ...call, headers: {} }, token.value, context.signal);
    if (!isTokenRefused(exchange)) return exchange;
    tokens.discard(token.value);
    const renewed = await tokens.current(context);
    return renewed.kind === 'token' ? write({ ...call, headers: {} }, renewed.value, context.signal) : renewed;
  };

  return {
    accounts: (call, context) => send({ method: 'GET', path: `${loginPath('v1', call)}/accounts` }, context),
    refresh: (call, version, context) => {
      const range = version === 'v1' ? rangeOf(call) : {};
      const query = Object.keys(range).length === 0 ? {} : { query: range };
      const path = `${loginPath(version, call)}/accounts`;
      return send({ method: 'POST', path, ...query }, context, context.sending);
    },
    startJob: (call, mode, context) => {
      const json = { institutionLoginId: call.externalId, mode };
      return send({ method: 'POST', path: jobsPath(call), json }, context, context.sending);
    },
    job: (call, refreshId, context) =>
      send({ method: 'GET', path: `${jobsPath(call)}/${pathSegment(refreshId)}` }, context),
    liveBalance: (call, accountId, context) => {
      const path = `${customerPath('v1', call)}/accounts/${pathSegment(accountId)}/availableBalance/live`;
      // In minutes. Said expressly: since 30 June 2026 a balance of up to 30 minutes ago passes for live by default.
      const query = { balance_cache_interval: '0' };
      return send({ method: 'GET', path, query }, context, context.sending);
    },
    fix: (call, context) =>
      send({ method: 'POST', path: '/connect/v2/generate/fix', json: fixBody(settings, call) }, context),
    remove: (call, context) => send({ method: 'DELETE', path: loginPath('v1', call) }, context),
  };
};

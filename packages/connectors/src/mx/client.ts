import type { ConnectionCall } from '@freshet/ports';
import { Configuration, MembersApi, TransactionsApi, WidgetsApi } from 'mx-platform-node';

import { createHttpClient } from '../http/client.js';
import type { Exchange } from '../http/exchange.js';
import { sdkExchange, type SdkTransport } from '../http/sdk-exchange.js';
import type { MxJob } from './jobs.js';
import { MX_BASE_URL, type MxSettings } from './settings.js';

/** MX's paths, headers and bodies, as its own SDK writes them; one function an operation. Nothing is read here. */
export interface MxClient {
  /** With the last job's id, which the status does not show. */
  member(call: ConnectionCall, signal: AbortSignal): Promise<Exchange>;
  /** With what the last job has brought, which the member does not show. */
  status(call: ConnectionCall, signal: AbortSignal): Promise<Exchange>;
  start(job: MxJob, call: ConnectionCall, signal: AbortSignal): Promise<Exchange>;
  widget(call: ConnectionCall, redirectUrl: string | null, signal: AbortSignal): Promise<Exchange>;
  remove(call: ConnectionCall, signal: AbortSignal): Promise<Exchange>;
}

/** Which API version is meant. Without it MX answers 406; the SDK does not send it by itself. */
const ACCEPT = 'application/vnd.mx.api.v1+json';

/** The SDK builds its paths by URL rules, in which these name the resource above: a deletion would hit the user. */
const NO_ID = /^(\.|%2e){0,2}$/i;

interface Ids {
  readonly user: string;
  readonly member: string;
}

/** The member's user at MX; where it is not stored apart, our own id of the customer is MX's. */
const idsOf = ({ credentials, customerId, externalId }: ConnectionCall): Ids => ({
  user: credentials?.['userGuid'] ?? customerId,
  member: externalId,
});

interface Apis {
  readonly members: MembersApi;
  readonly transactions: TransactionsApi;
  readonly widgets: WidgetsApi;
}

const startWith = ({ members, transactions }: Apis, job: MxJob, { member, user }: Ids): Promise<unknown> => {
  if (job.kind === 'check_balance') return members.checkBalances(member, user);
  if (job.kind === 'extend_history') return transactions.extendHistory(member, user);
  return members.aggregateMember(member, user, undefined, job.includeHoldings, job.includeTransactions);
};

/** The widget opens at whatever the named member needs: a question of the bank's, new credentials, the bank's own page. */
const repairWidget = (member: string, redirectUrl: string | null) => ({
  widget_type: 'connect_widget',
  current_member_guid: member,
  disable_institution_search: true,
  ...(redirectUrl === null ? {} : { client_redirect_url: redirectUrl, oauth_referral_source: 'APP' }),
});

export const createMxClient = (settings: MxSettings): MxClient => {
  const http = createHttpClient(settings.baseUrl ?? MX_BASE_URL, settings.transport);
  const configuration = new Configuration({
    username: settings.clientId,
    password: settings.apiKey,
    baseOptions: { headers: { Accept: ACCEPT } },
  });
  const apisOver = (transport: SdkTransport): Apis => ({
    members: new MembersApi(configuration, '', transport),
    transactions: new TransactionsApi(configuration, '', transport),
    widgets: new WidgetsApi(configuration, '', transport),
  });
  const send = async (
    call: ConnectionCall,
    signal: AbortSignal,
    make: (apis: Apis, ids: Ids) => Promise<unknown>,
  ): Promise<Exchange> => {
    const ids = idsOf(call);
    if (NO_ID.test(ids.user) || NO_ID.test(ids.member)) return { kind: 'unsent', why: 'no id of MX', lasting: true };
    return sdkExchange(http, signal, (transport) => make(apisOver(transport), ids));
  };
  return {
    member: (call, signal) => send(call, signal, ({ members }, { member, user }) => members.readMember(member, user)),
    status: (call, signal) =>
      send(call, signal, ({ members }, { member, user }) => members.readMemberStatus(member, user)),
    start: (job, call, signal) => send(call, signal, (apis, ids) => startWith(apis, job, ids)),
    widget: (call, redirectUrl, signal) =>
      send(call, signal, ({ widgets }, { member, user }) =>
        widgets.requestWidgetURL(user, { widget_url: repairWidget(member, redirectUrl) }),
      ),
    remove: (call, signal) => send(call, signal, ({ members }, { member, user }) => members.deleteMember(member, user)),
  };
};

import type { LinkAnswer, RefreshAnswer } from '@freshet/domain';
import type { CallContext, ConnectionCall, Connector, RefreshCall, RefreshContext } from '@freshet/ports';

import { notSent } from '../http/failure.js';
import { createPlaidClient, type PlaidClient } from './client.js';
import { callsFor, unforceable } from './forced-calls.js';
import { itemIn, progressAnswerOf, shownByItem } from './item.js';
import { addAnswerOf, importThrough, linkAnswerOf, removeAnswerOf } from './link.js';
import { endOfCall, refreshAnswerOf } from './refresh.js';
import type { PlaidSettings } from './settings.js';
import { createWebhookKeys } from './webhook-keys.js';
import { verifyPlaidWebhook } from './signature.js';
import { translatePlaidWebhook } from './webhook.js';

const refused = (message: string) => ({ kind: 'refused', message }) as const;

/** Whatever it is called for: without its token an Item cannot be named to Plaid. */
const NO_TOKEN = refused('no accessToken of the Item is among the credentials');

const tokenOf = ({ credentials }: ConnectionCall): string | null => credentials?.['accessToken'] || null;

/** Products that Plaid cannot force are refused where they were named, and left out where all are meant. */
const whyNone = ({ products, allProducts }: RefreshCall): RefreshAnswer | undefined => {
  const missing = unforceable(products);
  const isNone = callsFor(products).length === 0;
  return missing.length > 0 && (isNone || !allProducts)
    ? refused(`Plaid cannot force ${missing.join(', ')}`)
    : undefined;
};

/** All calls of a task go out at once: each may take half a minute, and one deadline is for all. */
const refreshThrough = async (
  client: PlaidClient,
  call: RefreshCall,
  context: RefreshContext,
): Promise<RefreshAnswer> => {
  const token = tokenOf(call);
  if (token === null) return NO_TOKEN;
  const none = whyNone(call);
  if (none !== undefined) return none;
  if (context.signal.aborted) return notSent('Plaid');
  await context.sending();
  const ends = callsFor(call.products).map(async (name) => {
    const exchange = await client.force(name, token, call, context.now(), context.signal);
    return endOfCall(name, exchange, context.now());
  });
  return refreshAnswerOf(await Promise.all(ends), call);
};

const repairThrough = async (
  client: PlaidClient,
  call: ConnectionCall,
  { clientName, linkPageUrl }: PlaidSettings,
  context: CallContext,
): Promise<LinkAnswer> => {
  const token = tokenOf(call);
  if (token === null) return NO_TOKEN;
  if (!clientName) return refused('Plaid shows the customer the name of the application, and none is set');
  const exchange = await client.updateLink(token, call.customerId, clientName, context.signal);
  return linkAnswerOf(exchange, linkPageUrl || null, context.now());
};

export const createPlaidConnector = (settings: PlaidSettings): Connector => {
  const client = createPlaidClient(settings);
  const keys = createWebhookKeys((keyId, signal) => client.webhookKey(keyId, signal));
  if (settings.linkPageUrl) new URL(settings.linkPageUrl);
  return {
    name: 'plaid',
    capabilities: {
      refresh: true,
      repair: Boolean(settings.clientName),
      addProducts: true,
      delete: true,
      imports: ['PLAID'],
      // It tells of logins and consents: outages and partial pulls do not show in an Item.
      tellsStatus: false,
      showsRepair: true,
      showsData: true,
      webhooks: true,
    },
    refresh: (call, context) => refreshThrough(client, call, context),
    progress: async (call, { signal, now }) => {
      const token = tokenOf(call);
      if (token === null) return { kind: 'unknown', message: NO_TOKEN.message };
      return progressAnswerOf(await client.item(token, signal), call, now());
    },
    status: async (call, { signal, now }) => {
      const token = tokenOf(call);
      const reply = token === null ? null : itemIn(await client.item(token, signal));
      return reply === null ? null : shownByItem(reply, now());
    },
    repair: (call, context) => repairThrough(client, call, settings, context),
    addProducts: async (call, { signal, now }) => {
      const token = tokenOf(call);
      return token === null ? NO_TOKEN : addAnswerOf(await client.item(token, signal), call.products, now());
    },
    delete: async (call, { signal, now }) => {
      const token = tokenOf(call);
      return token === null ? NO_TOKEN : removeAnswerOf(await client.remove(token, signal), now());
    },
    import: (call, context) => importThrough(client, call, context),
    verifyWebhook: (raw) => verifyPlaidWebhook(raw, keys),
    translateWebhook: translatePlaidWebhook,
  };
};

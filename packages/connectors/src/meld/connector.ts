import type { ImportAnswer, RefreshAnswer } from '@freshet/domain';
import type { CallContext, ConnectionCall, Connector, ImportCall, RefreshCall, RefreshContext } from '@freshet/ports';

import type { Exchange } from '../http/exchange.js';
import { notSent } from '../http/failure.js';
import { createMeldClient, type MeldClient } from './client.js';
import { importThroughMeld } from './import.js';
import { statusesOf } from './search.js';
import type { MeldSettings } from './settings.js';
import { changeAnswerOf, connectionIn, linkAnswerOf, progressAnswerOf, refreshAnswerOf, shownOf } from './translate.js';
import { translateMeldWebhook, verifyMeldWebhook, type MeldSigning } from './webhook.js';

const GONE = [404] as const;
/** A delete of a deleted connection answers 409. */
const GONE_AT_DELETE = [404, 409] as const;

/** Providers that Meld's own import takes; others get a 400. */
export const MELD_IMPORTS = ['PLAID', 'AKOYA'] as const;

const signingOf = ({ webhookSecret, webhookUrl }: MeldSettings): MeldSigning | null =>
  webhookSecret && webhookUrl ? { secret: webhookSecret, url: webhookUrl } : null;

const statusOf = async (client: MeldClient, call: ConnectionCall, signal: AbortSignal) => {
  // A 404 is no DELETED: a key of the other environment does not know any connection.
  const connection = connectionIn(await client.connection(call.externalId, signal));
  return connection === null ? null : shownOf(connection);
};

const isConflict = (exchange: Exchange): boolean => exchange.kind === 'reply' && exchange.status === 409;

const refreshThrough = async (
  client: MeldClient,
  call: RefreshCall,
  context: RefreshContext,
): Promise<RefreshAnswer> => {
  if (context.signal.aborted) return notSent('Meld');
  await context.sending();
  const products = call.allProducts ? null : call.products;
  const exchange = await client.refresh(call.externalId, products, context.signal);
  const answer = refreshAnswerOf(exchange, context.now());
  // The status forbids it, and the reply does not say which it is: ours was another, and its webhook may never come.
  return isConflict(exchange) ? { ...answer, told: await statusOf(client, call, context.signal) } : answer;
};

const importOne = async (client: MeldClient, call: ImportCall, context: CallContext): Promise<ImportAnswer> =>
  MELD_IMPORTS.some((provider) => provider === call.provider)
    ? importThroughMeld(client, call, context)
    : { kind: 'refused', message: `Meld imports only ${MELD_IMPORTS.join(' and ')}` };

export const createMeldConnector = (settings: MeldSettings): Connector => {
  const client = createMeldClient(settings);
  const signing = signingOf(settings);
  return {
    name: 'meld',
    capabilities: {
      refresh: true,
      repair: true,
      addProducts: true,
      delete: true,
      imports: MELD_IMPORTS,
      tellsStatus: true,
      showsRepair: true,
      showsData: true,
      webhooks: signing !== null,
    },
    refresh: (call, context) => refreshThrough(client, call, context),
    progress: async (call, { signal, now }) =>
      progressAnswerOf(await client.connection(call.externalId, signal), call, now()),
    status: (call, { signal }) => statusOf(client, call, signal),
    statuses: (calls, { signal }) => statusesOf(client, calls, signal),
    repair: async (call, { signal, now }) => linkAnswerOf(await client.repair(call.externalId, signal), now()),
    addProducts: async (call, { signal, now }) =>
      changeAnswerOf(await client.update(call.externalId, call.products, signal), GONE, now()),
    delete: async (call, { signal, now }) =>
      changeAnswerOf(await client.remove(call.externalId, signal), GONE_AT_DELETE, now()),
    import: (call, context) => importOne(client, call, context),
    verifyWebhook: async (raw) => verifyMeldWebhook(raw, signing),
    translateWebhook: translateMeldWebhook,
  };
};

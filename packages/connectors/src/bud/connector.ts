import type { LinkAnswer, RefreshAnswer, RefreshProgress } from '@freshet/domain';
import type { CallContext, ConnectionCall, Connector, ProgressCall, RefreshCall, RefreshContext } from '@freshet/ports';

import { createBudClient, type BudClient } from './client.js';
import { progressByConsent, toldByConsent } from './consents.js';
import { createKeySet } from './jwks.js';
import { resourcesFor } from './resources.js';
import { BUD_JWKS_URL, type BudSettings } from './settings.js';
import {
  consentIn,
  consentNotShown,
  linkAnswerOf,
  maintenanceEndIn,
  progressAnswerOf,
  revokeAnswerOf,
  startAnswerOf,
} from './translate.js';
import { translateBudWebhook, verifyBudWebhook } from './webhook.js';

const refused = (message: string) => ({ kind: 'refused', message }) as const;

/** Bud's refusals name maintenance without its end: the list of banks has it. */
const withMaintenanceEnd = async <Answer extends RefreshAnswer | RefreshProgress>(
  client: BudClient,
  { institutionId }: ConnectionCall,
  answer: Answer,
  context: CallContext,
): Promise<Answer> => {
  if (answer.kind !== 'unavailable' || answer.maintenanceUntil !== null) return answer;
  return { ...answer, maintenanceUntil: maintenanceEndIn(await client.providers(context), institutionId) };
};

const refreshThrough = async (
  client: BudClient,
  call: RefreshCall,
  context: RefreshContext,
): Promise<RefreshAnswer> => {
  const resources = call.allProducts ? null : resourcesFor(call.products);
  if (resources?.kind === 'unsupported') return refused(`Bud has no ${resources.products.join(', ')}`);
  const answer = startAnswerOf(await client.refresh(call, resources?.names ?? null, context), context.now());
  return withMaintenanceEnd(client, call, answer, context);
};

/** By the task, or by the consent's last sync where the reply that named the task was lost. */
const progressThrough = async (
  client: BudClient,
  call: ProgressCall,
  context: CallContext,
): Promise<RefreshProgress> => {
  if (call.providerTaskId !== null) {
    const progress = progressAnswerOf(await client.task(call, call.providerTaskId, context), call, context.now());
    return withMaintenanceEnd(client, call, progress, context);
  }
  const given = await client.consents(call, context);
  const consent = consentIn(given, call.externalId);
  return consent === null ? consentNotShown(given, context.now()) : progressByConsent(consent, call);
};

/** A consent that still stands is reconfirmed; one that ended, or is not shown, is made anew. */
const repairThrough = async (
  client: BudClient,
  call: ConnectionCall,
  redirectUrl: string | null,
  context: CallContext,
): Promise<LinkAnswer> => {
  if (redirectUrl === null) return refused('Bud needs an address to send the customer back to, and none is set');
  const consent = consentIn(await client.consents(call, context), call.externalId);
  const screen = consent?.status === 'authorised' ? 'reconfirm_consent' : 'connect_accounts';
  return linkAnswerOf(await client.gateway(call, redirectUrl, screen, context), context.now());
};

export const createBudConnector = (settings: BudSettings): Connector => {
  const client = createBudClient(settings);
  const keys = createKeySet(settings.jwksUrl ?? BUD_JWKS_URL, settings.transport);
  const redirectUrl = settings.redirectUrl || null;
  return {
    name: 'bud',
    capabilities: {
      refresh: true,
      repair: redirectUrl !== null,
      addProducts: false,
      delete: true,
      imports: [],
      // It tells of consents, which is less: outages and partial pulls do not show in them.
      tellsStatus: false,
      // A consent may stand while the login behind it does not.
      showsRepair: false,
      // A consent shows no data.
      showsData: false,
      webhooks: true,
    },
    refresh: (call, context) => refreshThrough(client, call, context),
    progress: (call, context) => progressThrough(client, call, context),
    status: async (call, context) => {
      const consent = consentIn(await client.consents(call, context), call.externalId);
      return consent === null ? null : toldByConsent(consent);
    },
    repair: (call, context) => repairThrough(client, call, redirectUrl, context),
    addProducts: async () => refused('Bud takes more products only with a new consent'),
    delete: async (call, context) => revokeAnswerOf(await client.revoke(call, context), context.now()),
    import: async () => refused('Bud has no import'),
    verifyWebhook: (raw, context) => verifyBudWebhook(raw, keys, context),
    translateWebhook: translateBudWebhook,
  };
};

import type { RefreshAnswer, RefreshProgress } from '@freshet/domain';
import type { CallContext, Connector, ProgressCall, RefreshCall, RefreshContext } from '@freshet/ports';

import { activeAccounts, shownByAccounts } from './accounts.js';
import {
  accountsIn,
  balanceAnswerOf,
  jobAnswerOf,
  jobProgressOf,
  linkAnswerOf,
  notRead,
  progressAnswerOf,
  refreshAnswerOf,
  removalAnswerOf,
} from './answers.js';
import { createFinicityClient, type FinicityClient } from './client.js';
import { wantsHistory } from './history.js';
import type { FinicityRefreshVersion, FinicitySettings } from './settings.js';
import { createFinicityVerifier, translateFinicityWebhook } from './webhook.js';

const refused = (message: string) => ({ kind: 'refused', message }) as const;

/** A live balance is of deposits alone (`Get Available Balance`, supported account types). */
const WITH_LIVE_BALANCE: readonly (string | null)[] = ['checking', 'savings', 'moneyMarket', 'cd'];

const wholeRefresh = async (
  client: FinicityClient,
  version: FinicityRefreshVersion,
  call: RefreshCall,
  context: RefreshContext,
): Promise<RefreshAnswer> => {
  if (wantsHistory(call)) return jobAnswerOf(await client.startJob(call, 'historic', context), context.now());
  if (version === 'async') return jobAnswerOf(await client.startJob(call, 'standard', context), context.now());
  let sentAt = context.now();
  const sending = async (): Promise<void> => {
    await context.sending();
    sentAt = context.now();
  };
  const given = await client.refresh(call, version, { ...context, sending });
  return refreshAnswerOf(given, call, sentAt, context.now());
};

/**
 * The cheaper call is per account and billed per call. One pull is one billed call, so that it stands for the login only
 * where the login is one account that has it; else the refresh of the login brings all balances at once.
 */
const refreshThrough = async (
  client: FinicityClient,
  version: FinicityRefreshVersion,
  call: RefreshCall,
  context: RefreshContext,
): Promise<RefreshAnswer> => {
  const isBalanceAlone = call.products.every((product) => product === 'BALANCES');
  if (!isBalanceAlone) return wholeRefresh(client, version, call, context);
  const given = await client.accounts(call, context);
  const accounts = accountsIn(given);
  if (accounts === null) return notRead(given, context.now());
  const [account, ...others] = activeAccounts(accounts);
  if (account?.id == null || others.length > 0 || !WITH_LIVE_BALANCE.includes(account.type)) {
    return wholeRefresh(client, version, call, context);
  }
  return balanceAnswerOf(await client.liveBalance(call, account.id, context), context.now());
};

/** By the job where there is one, else by the stamps of the accounts. Both are free reads. */
const progressThrough = async (
  client: FinicityClient,
  call: ProgressCall,
  context: CallContext,
): Promise<RefreshProgress> =>
  call.providerTaskId === null
    ? progressAnswerOf(await client.accounts(call, context), call, context.now())
    : jobProgressOf(await client.job(call, call.providerTaskId, context), context.now());

export const createFinicityConnector = (settings: FinicitySettings): Connector => {
  const client = createFinicityClient(settings);
  const version = settings.refreshVersion ?? 'v1';
  return {
    name: 'finicity',
    capabilities: {
      refresh: true,
      repair: true,
      addProducts: false,
      delete: true,
      imports: [],
      // Its codes are of accounts and of attempts: what they mean for the login is ours to say.
      tellsStatus: false,
      showsRepair: true,
      showsData: true,
      webhooks: Boolean(settings.webhookSecret),
    },
    refresh: (call, context) => refreshThrough(client, version, call, context),
    progress: (call, context) => progressThrough(client, call, context),
    status: async (call, context) => shownByAccounts(accountsIn(await client.accounts(call, context)) ?? []),
    repair: async (call, context) => linkAnswerOf(await client.fix(call, context), context.now()),
    addProducts: async () =>
      refused('Finicity has no products to add: what the customer permissions is chosen in Data Connect'),
    delete: async (call, context) => removalAnswerOf(await client.remove(call, context), context.now()),
    import: async () => refused('Finicity has no import'),
    verifyWebhook: createFinicityVerifier(settings),
    translateWebhook: translateFinicityWebhook,
  };
};

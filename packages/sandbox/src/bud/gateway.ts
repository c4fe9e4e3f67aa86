import { randomUUID } from 'node:crypto';

import { connectionKey } from '../books/books.js';
import { newConnection } from '../books/new-connection.js';
import type { BudTask, Connection, WidgetSession } from '../books/records.js';
import type { Answer, Call } from '../wire/exchange.js';
import { Fields } from '../wire/fields.js';
import { openSession } from '../widget/sessions.js';
import type { World } from '../world.js';
import { customerOf } from './access.js';
import { BUD, budAnswer, failedValidation } from './answers.js';
import { authoriseConsent, consentsOf, isAuthorised, keepConsent, tellConsent } from './consents.js';
import { startTask, SUCCESS } from './tasks.js';

const OPERATION_ID = 'v2_ob_authorisation_gateway_url_post';
const URL_LIFE_MS = 30 * 60_000;
const SCREENS = [
  'accounts_summary',
  'connect_accounts',
  'download_data',
  'reconfirm_consent',
  'revoke_consent',
] as const;
const DEFAULT_PROVIDER = 'Bank_Of_Bud';
const HISTORY_MS = 90 * 24 * 60 * 60_000;

export function openGateway(world: World, call: Call): Answer {
  const fields = new Fields(call.body ?? {});
  const redirectUrl = fields.needText('redirect_url');
  const providers = fields.texts('providers') ?? [];
  const screen = fields.choice('initial_screen', SCREENS);
  if (redirectUrl !== '' && !URL.canParse(redirectUrl)) fields.fail('redirect_url', 'must be a URL');
  if (!fields.ok) return failedValidation(OPERATION_ID, fields.errors);
  const customer = customerOf(world, call) ?? '';
  const renewed = renewable(world, customer, providers, screen === 'reconfirm_consent');
  const covered = renewed.map((consent) => consent.institutionId);
  const added = providers.filter((provider) => !covered.includes(provider));
  const { url } = openSession(world, {
    connector: 'bud',
    purpose: renewed.length > 0 ? 'repair' : 'connect',
    externalIds: renewed.map((consent) => consent.externalId),
    customer,
    providers: renewed.length + added.length === 0 ? [DEFAULT_PROVIDER] : added,
    redirectUrl,
    expiresAt: call.at + URL_LIFE_MS,
  });
  const operation = renewed.length > 0 ? 'repair' : 'connect';
  return { ...budAnswer(OPERATION_ID, 200, { url }), operation, about: renewed };
}

/** The customer has consented at the bank; a connect task fetches for each provider. Answers the first task. */
export function completeGateway(world: World, session: WidgetSession, at: number): BudTask {
  const renewed = session.externalIds.map((id) => {
    const consent = authoriseConsent(world, world.books.connections.need(connectionKey('bud', id)), at);
    tellConsent(world, consent, 'reauthorised', at, null);
    return consent;
  });
  const added = session.providers.map((provider) => newConsent(world, session.customer, provider, at));
  const tasks = [...renewed, ...added].map((consent) => fetchFor(world, session.customer, consent, at));
  const [first] = tasks;
  if (first === undefined) throw new Error(`the page ${session.token} covers no consent`);
  return first;
}

function fetchFor(world: World, customer: string, consent: Connection, at: number): BudTask {
  return startTask(world, {
    kind: 'connect',
    customer,
    at,
    window: { from: at - HISTORY_MS, to: at },
    transactions: true,
    webhooks: null,
    subTasks: [{ provider: consent.institutionId, consents: [consent], ending: SUCCESS }],
  });
}

/** Those that were given up by the customer are not among them: such a bank gets a new consent. */
function renewable(world: World, customer: string, providers: readonly string[], reconfirms: boolean): Connection[] {
  const candidates = consentsOf(world, customer).filter(
    (consent) => consent.status !== 'DELETED' && (providers.length === 0 || providers.includes(consent.institutionId)),
  );
  const broken = candidates.filter((consent) => !isAuthorised(consent));
  return reconfirms || providers.length > 0 || broken.length === 0 ? candidates : broken;
}

function newConsent(world: World, customer: string, provider: string, at: number): Connection {
  const known = consentsOf(world, customer)[0];
  const consent = newConnection({
    connector: 'bud',
    provider: BUD,
    externalId: randomUUID(),
    createdAt: at,
    customerId: known?.customerId ?? customer,
    credentials: { customerId: customer },
    institutionId: provider,
    products: known?.products ?? ['BALANCES', 'TRANSACTIONS'],
  });
  return authoriseConsent(world, keepConsent(world, consent), at);
}

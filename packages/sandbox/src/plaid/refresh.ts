import type { Connection, PullOutcome } from '../books/records.js';
import { OUTCOME_FAULTS, WEBHOOK_FAULTS, type FaultName, type OutcomeFault, type WebhookFault } from '../faults.js';
import type { Answer, Call } from '../wire/exchange.js';
import type { World } from '../world.js';
import { clientOf, connectionMeant, fieldOf, itemRefusal } from './access.js';
import { plaidAnswer, plaidError } from './answers.js';
import { changeStatus } from './events.js';
import { itemView, keep, productsBy, type ItemProduct } from './items.js';
import { overLimit } from './limits.js';
import { startPull } from './pulls.js';

/** At Plaid one product of a call is all of it: `partial` is one that fails beside others that go well. */
const OUTCOMES: Readonly<Record<Exclude<OutcomeFault, 'reconnect-required'>, PullOutcome>> = {
  'login-required': 'login-required',
  partial: 'partial',
  'silent-noop': 'nothing',
};
/** For its cards and loans the oldest balance that is taken has to be named. */
const TELLS_BALANCE_AGE = 'ins_128026';

const BALANCES = ['BALANCES'];

interface Struck {
  readonly outcome: OutcomeFault | null;
  readonly webhooks: WebhookFault | null;
  readonly faults: readonly FaultName[];
}

/** The customer's bank is asked for one product. Answered at once; what it brings shows on the Item. */
export function refreshProduct(world: World, call: Call, product: ItemProduct): Answer {
  const connection = connectionMeant(world, call);
  const products = connection === null ? [] : productsBy(connection, product);
  const refused = refusal(world, call, connection, product, products);
  if (connection === null || refused !== null) return refused ?? plaidError('INVALID_ACCESS_TOKEN');
  const { outcome, webhooks, faults } = struck(world, connection);
  if (outcome === 'reconnect-required') return { ...breaks(world, call, connection, webhooks), faults };
  const ending = outcome === null ? 'success' : OUTCOMES[outcome];
  startPull(world, keep(world, { ...connection, lastForcedAt: call.at }), {
    product,
    outcome: ending,
    webhooks,
    at: call.at,
  });
  // Plaid bills calls that brought something.
  return { ...plaidAnswer(), billed: ending === 'success' ? [{ connection, products }] : [], faults };
}

/** The balances come in the reply. */
export function balanceGet(world: World, call: Call): Answer {
  const connection = connectionMeant(world, call);
  const refused = refusal(world, call, connection, 'balance', BALANCES);
  if (connection === null || refused !== null) return refused ?? plaidError('INVALID_ACCESS_TOKEN');
  const options = (fieldOf(call, 'options') ?? {}) as { readonly min_last_updated_datetime?: unknown };
  if (connection.institutionId === TELLS_BALANCE_AGE && typeof options.min_last_updated_datetime !== 'string')
    return plaidError('INVALID_FIELD');
  const { outcome, webhooks, faults } = struck(world, connection);
  if (outcome === 'reconnect-required' || outcome === 'login-required')
    return { ...breaks(world, call, connection, webhooks), faults };
  if (outcome === 'partial') return { ...plaidError('INSTITUTION_NOT_RESPONDING'), faults };
  const forced = { ...connection, lastForcedAt: call.at };
  const read = keep(world, outcome === null ? { ...forced, lastSuccessAt: call.at } : forced);
  const body = { accounts: [accountOf(read)], item: itemView(world, read) };
  return { ...plaidAnswer(body), billed: outcome === null ? [{ connection: read, products: BALANCES }] : [], faults };
}

function refusal(
  world: World,
  call: Call,
  connection: Connection | null,
  endpoint: ItemProduct | 'balance',
  products: readonly string[],
): Answer | null {
  if (connection === null) return null;
  const limit = overLimit(world, endpoint, connection.externalId, clientOf(call), call.at);
  if (limit !== null) return plaidError(limit);
  return itemRefusal(connection) ?? (products.length === 0 ? plaidError('PRODUCTS_NOT_SUPPORTED') : null);
}

function struck(world: World, connection: Connection): Struck {
  const target = { provider: connection.provider, externalIds: [connection.externalId], operation: 'refresh' };
  const outcome = world.faults.take(OUTCOME_FAULTS, target)?.fault ?? null;
  const webhooks = world.faults.take(WEBHOOK_FAULTS, target)?.fault ?? null;
  return { outcome, webhooks, faults: [outcome, webhooks].filter((fault) => fault !== null) };
}

/** The bank wants the customer, and Plaid notices as it asks. */
function breaks(world: World, call: Call, connection: Connection, fault: WebhookFault | null): Answer {
  changeStatus(world, connection, 'RECONNECT_REQUIRED', 'LOGIN_REQUIRED', { at: call.at, fault });
  return plaidError('ITEM_LOGIN_REQUIRED');
}

function accountOf({ externalId }: Connection): Record<string, unknown> {
  return {
    account_id: `${externalId}-1`,
    balances: { available: 100, current: 110, iso_currency_code: 'USD', limit: null, unofficial_currency_code: null },
    mask: '0000',
    name: 'Plaid Checking',
    official_name: 'Plaid Gold Standard 0% Interest Checking',
    subtype: 'checking',
    type: 'depository',
  };
}

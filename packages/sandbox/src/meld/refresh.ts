import type { Connection, PullOutcome } from '../books/records.js';
import { OUTCOME_FAULTS, WEBHOOK_FAULTS, type FaultName, type OutcomeFault } from '../faults.js';
import type { Answer, Call } from '../wire/exchange.js';
import { Fields } from '../wire/fields.js';
import type { World } from '../world.js';
import { accepted, badRequest, refusal } from './answers.js';
import { promote } from './duplicates.js';
import { changeStatus, keep } from './events.js';
import { lastCountedAt, startPull } from './pulls.js';
import { BILLED_ON_SUCCESS, isRefreshable, pullLimits } from './rules.js';
import { findConnection } from './view.js';

const OUTCOMES: Readonly<Record<Exclude<OutcomeFault, 'reconnect-required'>, PullOutcome>> = {
  'login-required': 'login-required',
  partial: 'partial',
  'silent-noop': 'nothing',
};

export function refresh(world: World, call: Call): Answer {
  const connection = findConnection(world, call);
  if (connection === null) return refusal(call, 404, 'Connection not found');
  const asked = productsOf(call, connection);
  if ('status' in asked) return asked;
  if (!isRefreshable(connection)) return notRefreshable(call, connection);
  if (isWithinPause(world, call, connection)) {
    return refusal(call, 429, 'The service provider allows a forced refresh only every 3 hours');
  }
  return start(world, call, connection, asked.products);
}

function start(world: World, call: Call, connection: Connection, products: readonly string[]): Answer {
  const target = { provider: connection.provider, externalIds: [connection.externalId], operation: 'refresh' };
  const outcome = world.faults.take(OUTCOME_FAULTS, target)?.fault ?? null;
  const webhooks = world.faults.take(WEBHOOK_FAULTS, target)?.fault ?? null;
  const telling = { at: call.at, fault: webhooks };
  const faults: FaultName[] = [outcome, webhooks].filter((fault) => fault !== null);
  if (outcome === 'reconnect-required') {
    // The bank wants the customer, and Meld notices before it starts.
    const broken = changeStatus(world, connection, 'RECONNECT_REQUIRED', 'LOGIN_REQUIRED', telling);
    return { ...notRefreshable(call, broken), faults };
  }
  const promoted = promote(world, keep(world, { ...connection, lastForcedAt: call.at }), telling);
  const ending = outcome === null ? 'success' : OUTCOMES[outcome];
  startPull(world, promoted, { products, outcome: ending, webhooks, at: call.at });
  const billed = isBilled(promoted, ending) ? [{ connection: promoted, products }] : [];
  return accepted({ billed, faults }, { serviceProviderDetails: null });
}

/** A twin that took over a broken status gets nothing, and may be charged all the same. */
function isBilled(connection: Connection, ending: PullOutcome): boolean {
  if (ending === 'nothing') return false;
  const willBring = isRefreshable(connection) && ending !== 'login-required';
  return willBring || !BILLED_ON_SUCCESS.includes(connection.provider);
}

function productsOf(call: Call, connection: Connection): Answer | { readonly products: readonly string[] } {
  const granted = [...connection.products, ...connection.optionalProducts];
  if (call.body === null) return { products: granted };
  const fields = new Fields(call.body);
  const products = fields.texts('products');
  const missing = products?.filter((product) => !granted.includes(product)) ?? [];
  if (missing.length > 0) fields.fail('products', `not on this connection: ${missing.join(', ')}`);
  if (!fields.ok) return badRequest(call, fields.errors);
  return { products: products === null || products.length === 0 ? granted : products };
}

function notRefreshable(call: Call, connection: Connection): Answer {
  return refusal(call, 409, `A connection in status ${connection.status} cannot be refreshed`);
}

function isWithinPause(world: World, call: Call, connection: Connection): boolean {
  const last = lastCountedAt(world, connection);
  return last !== null && call.at - last < pullLimits(connection.provider).forcedPauseMs;
}

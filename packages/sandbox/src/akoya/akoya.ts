import type { Emulation } from '../emulation.js';
import { serveWire, type Answer, type Call, type Wire } from '../wire/exchange.js';
import type { World } from '../world.js';
import { malformed, refusedBy, type AkoyaRoute } from './answers.js';
import { guardData, readAccounts, readerOf, readTransactions } from './data.js';
import { adoptTokens, connectionMeant, issueTokens, revokeTokens } from './tokens.js';

const PROVIDER = 'AKOYA';

/** Akoya's token service and its data service at one address. It has no webhooks, and nothing that runs by itself. */
export function emulateAkoya(world: World): Emulation {
  return {
    connector: 'akoya',
    serve: (app) => serveWire(app, world, akoyaWire(world)),
    adopt: (connection) => adoptTokens(world, connection),
  };
}

function akoyaWire(world: World): Wire<AkoyaRoute> {
  return {
    connector: 'akoya',
    provider: PROVIDER,
    guard: (call, route) => (route.side === 'data' ? guardData(world, call) : null),
    malformed,
    refusedBy,
    routes: akoyaRoutes(world),
  };
}

function akoyaRoutes(world: World): AkoyaRoute[] {
  const route = (
    side: AkoyaRoute['side'],
    method: AkoyaRoute['method'],
    url: string,
    operation: string,
    answer: (world: World, call: Call) => Answer,
  ): AkoyaRoute => ({
    side,
    method,
    url,
    operation,
    about: (call) => {
      const reader = side === 'data' ? readerOf(world, call) : null;
      return side === 'tokens' ? connectionMeant(world, call) : reader === null ? [] : [reader];
    },
    answer: (call) => answer(world, call),
  });
  return [
    route('tokens', 'POST', '/token', 'token', issueTokens),
    route('tokens', 'POST', '/revoke', 'delete', revokeTokens),
    route('data', 'GET', '/accounts/v2/:provider_id', 'refresh', readAccounts),
    route('data', 'GET', '/balances/v2/:provider_id', 'refresh', readAccounts),
    route('data', 'GET', '/transactions/v2/:provider_id/:account_id', 'refresh', readTransactions),
  ];
}

import { connectionKey } from '../books/books.js';
import type { Connection } from '../books/records.js';
import type { Emulation } from '../emulation.js';
import { serveWire, type Answer, type Call, type Wire } from '../wire/exchange.js';
import type { World } from '../world.js';
import { createToken, guardFinicity } from './access.js';
import { FINICITY, finicityError, refusedBy, type FinicityRoute } from './answers.js';
import { announceStatus, completeFix, deleteLogin, generateFix, getAccounts } from './changes.js';
import { adoptLogin } from './logins.js';
import { handlePulls, watchNight } from './pulls.js';
import { getJob, liveBalance, loginInBody, loginOfAccount, refreshV1, refreshV2, startJob } from './refresh.js';
import { finicityWebhookHabits } from './webhooks.js';

export function emulateFinicity(world: World): Emulation {
  world.outbox.register('finicity', finicityWebhookHabits(world));
  handlePulls(world);
  return {
    connector: 'finicity',
    serve: (app) => serveWire(app, world, finicityWire(world)),
    adopt: (connection) => {
      adoptLogin(world, connection);
      watchNight(world, connection);
    },
    announce: (connection, status, reason) => announceStatus(world, connection, status, reason),
    completeWidget: (session, at) => completeFix(world, session, at),
  };
}

function finicityWire(world: World): Wire<FinicityRoute> {
  return {
    connector: 'finicity',
    provider: FINICITY,
    guard: (call, route) => guardFinicity(world, call, route),
    malformed: () => finicityError(400, '14020', 'Bad request.'),
    refusedBy,
    routes: finicityRoutes(world),
  };
}

type LoginOf = (call: Call) => string;
const inPath: LoginOf = (call) => call.params['loginId'] ?? '';

function finicityRoutes(world: World): FinicityRoute[] {
  const customer = '/aggregation/v1/customers/:customerId';
  const login = `${customer}/institutionLogins/:loginId`;
  const jobs = '/aggregation/customers/:customerId/transactions/refreshes';
  const route = (
    method: FinicityRoute['method'],
    url: string,
    operation: string,
    answer: (world: World, call: Call) => Answer,
    loginOf: LoginOf = inPath,
  ): FinicityRoute => ({
    method,
    url,
    operation,
    isOpen: operation === 'token',
    about: (call) => meant(world, loginOf(call)),
    answer: (call) => answer(world, call),
  });
  return [
    route('POST', '/aggregation/v2/partners/authentication', 'token', createToken),
    route('GET', `${login}/accounts`, 'status', getAccounts),
    route('POST', `${login}/accounts`, 'refresh', refreshV1),
    route('POST', `${login.replace('/v1/', '/v2/')}/accounts`, 'refresh', refreshV2),
    route('DELETE', login, 'delete', deleteLogin),
    route('GET', `${customer}/accounts/:accountId/availableBalance/live`, 'refresh', liveBalance, (call) =>
      loginOfAccount(world, call),
    ),
    route('POST', jobs, 'refresh', startJob, loginInBody),
    route('GET', `${jobs}/:refreshId`, 'status', getJob),
    route('POST', '/connect/v2/generate/fix', 'repair', generateFix, loginInBody),
  ];
}

function meant(world: World, externalId: string): readonly Connection[] {
  const connection = world.books.connections.get(connectionKey('finicity', externalId));
  return connection === undefined ? [] : [connection];
}

import { connectionKey } from '../books/books.js';
import type { Connection } from '../books/records.js';
import type { Emulation } from '../emulation.js';
import { serveWire, type Answer, type Call, type Wire, type WireRoute } from '../wire/exchange.js';
import type { World } from '../world.js';
import { badRequest, refusal, refusedBy } from './answers.js';
import { deleteConnection, importConnections, updateProducts } from './changes.js';
import { settleClaims } from './duplicates.js';
import { changeStatus } from './events.js';
import { completeLink, connectionToRepair, handleAbandoned, repair, startConnect, watchConnect } from './linking.js';
import { handlePulls, watchBackground } from './pulls.js';
import { refresh } from './refresh.js';
import { isRefreshable } from './rules.js';
import { findConnection, getConnection, searchConnections } from './view.js';
import { meldWebhookHabits } from './webhook-habits.js';

const CONSENT_END_DUE = 'meld-consent-end';
/** What an account that names no version gets. */
const DEFAULT_VERSION = '2022-11-10';

export function emulateMeld(world: World): Emulation {
  world.outbox.register('meld', meldWebhookHabits(world.settings.secrets.meldWebhookSecret, world.clock));
  handlePulls(world);
  handleAbandoned(world);
  world.schedule.on(CONSENT_END_DUE, (key, at) => {
    const connection = world.books.connections.get(key);
    // A connection that was renewed, or is broken already, has nothing to lose here.
    if (connection?.consentExpiresAt !== at || !isRefreshable(connection)) return;
    changeStatus(world, connection, 'RECONNECT_REQUIRED', 'TOKEN_EXPIRED', { at, fault: null });
  });
  return {
    connector: 'meld',
    serve: (app) => serveWire(app, world, meldWire(world)),
    adopt: (connection) => adopt(world, connection),
    announce: (connection, status, reason) => {
      changeStatus(world, connection, status, reason, { at: world.clock.now(), fault: null });
    },
    completeWidget: (session, at) => (completeLink(world, session, at) === null ? null : { taskId: null }),
  };
}

function adopt(world: World, connection: Connection): void {
  settleClaims(world, connection);
  watchBackground(world, connection);
  watchConnect(world, connection);
  // A consent that had ended before is not news: the status that was told stands.
  if (connection.consentExpiresAt === null || connection.consentExpiresAt <= world.clock.now()) return;
  const key = connectionKey(connection.connector, connection.externalId);
  world.schedule.plan(CONSENT_END_DUE, key, connection.consentExpiresAt);
}

function meldWire(world: World): Wire {
  const { meldKey } = world.settings.secrets;
  return {
    connector: 'meld',
    provider: null,
    guard: (call) => (isAuthorised(call, meldKey) ? null : refusal(call, 401, 'Invalid credentials')),
    malformed: (call) => badRequest(call, [{ field: '', message: 'is not JSON' }]),
    refusedBy,
    headers: (call) => ({ 'meld-version': String(call.headers['meld-version'] ?? DEFAULT_VERSION) }),
    routes: meldRoutes(world),
  };
}

function meldRoutes(world: World): WireRoute[] {
  const all = '/bank-linking/connections';
  const one = `${all}/:connectionId`;
  const inPath = (call: Call) => listOf(findConnection(world, call));
  const inBody = (call: Call) => listOf(connectionToRepair(world, call));
  const route = (
    method: WireRoute['method'],
    url: string,
    operation: string,
    answer: (world: World, call: Call) => Answer,
    about: (call: Call) => readonly Connection[] = () => [],
  ): WireRoute => ({ method, url, operation, about, answer: (call) => answer(world, call) });
  return [
    route('POST', '/bank-linking/connect/start', 'connect', startConnect),
    route('POST', '/bank-linking/connect/repair', 'repair', repair, inBody),
    route('POST', `${all}/import`, 'import', importConnections),
    route('GET', all, 'search', searchConnections),
    route('GET', one, 'status', getConnection, inPath),
    route('DELETE', one, 'delete', deleteConnection, inPath),
    route('POST', `${one}/refresh`, 'refresh', refresh, inPath),
    route('POST', `${one}/update`, 'update', updateProducts, inPath),
  ];
}

function listOf(connection: Connection | null): readonly Connection[] {
  return connection === null ? [] : [connection];
}

/** The word BASIC, a space and the raw key: not HTTP Basic. */
function isAuthorised(call: Call, key: string | null): boolean {
  const given = /^BASIC (\S+)$/.exec(String(call.headers['authorization'] ?? ''))?.[1];
  return given !== undefined && (key === null || given === key);
}

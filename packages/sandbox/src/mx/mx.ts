import type { Connection } from '../books/records.js';
import type { Emulation } from '../emulation.js';
import { serveWire, type Answer, type Call, type Wire, type WireRoute } from '../wire/exchange.js';
import type { World } from '../world.js';
import { notFound, refusal, refusedBy } from './answers.js';
import { mxWebhookHabits } from './events.js';
import { handleJobs, watchBackground } from './jobs.js';
import {
  completeWidget,
  connectWidgetUrl,
  createMember,
  memberOfWidget,
  membersOf,
  updateMember,
  widgetUrl,
} from './linking.js';
import {
  adoptMember,
  changeStatus,
  deleteMember,
  memberBody,
  memberIn,
  mxKey,
  readMember,
  readStatus,
  type Found,
} from './members.js';
import { resume, start } from './refresh.js';
import { registeredAs } from './statuses.js';
import { createUser, isUser, listUsers, paged, readUser } from './users.js';

const MEDIA_TYPE = 'application/vnd.mx.api.v1+json';

/** MX's Platform API, version 20111101, as its official SDK speaks it. */
export function emulateMx(world: World): Emulation {
  world.outbox.register('mx', mxWebhookHabits(world.settings.secrets.mxWebhookSecret));
  handleJobs(world);
  return {
    connector: 'mx',
    serve: (app) => serveWire(app, world, mxWire(world)),
    adopt: (connection) => {
      adoptMember(world, connection);
      watchBackground(world, connection.externalId);
    },
    announce: (connection, status, statusReason) => {
      const member = world.books.mxMembers.need(mxKey(connection.externalId));
      const telling = { at: world.clock.now(), fault: null };
      changeStatus(world, { connection, member }, registeredAs({ status, statusReason }), telling);
    },
    completeWidget: (session, at) => (completeWidget(world, session, at) === null ? null : { taskId: null }),
  };
}

function mxWire(world: World): Wire {
  return {
    connector: 'mx',
    provider: 'MX',
    guard: (call) => guard(world, call),
    malformed: () => refusal(400, 'The body is not JSON.'),
    refusedBy,
    headers: () => ({ 'content-type': MEDIA_TYPE }),
    routes: mxRoutes(world),
  };
}

/** The client first, then the version: without one MX does not know what is meant. */
function guard(world: World, { headers }: Call): Answer | null {
  const { mxClientId, mxApiKey } = world.settings.secrets;
  const pair = /^Basic (\S+)$/.exec(String(headers['authorization'] ?? ''))?.[1] ?? '';
  const [, client, key] = /^([^:]+):(.+)$/.exec(Buffer.from(pair, 'base64').toString('utf8')) ?? [];
  const isKnown = (given: string | undefined, wanted: string | null): boolean =>
    given !== undefined && (wanted === null || given === wanted);
  if (!isKnown(client, mxClientId) || !isKnown(key, mxApiKey)) return refusal(401, 'Invalid client id or API key.');
  const accepted = String(headers['accept'] ?? '').split(',');
  const isVersioned = accepted.some((type) => type.split(';')[0]?.trim() === MEDIA_TYPE);
  return isVersioned ? null : refusal(406, 'The request did not specify a valid API version.');
}

function listMembers(world: World, call: Call): Answer {
  const userGuid = call.params['user'] ?? '';
  if (!isUser(world, userGuid)) return notFound();
  const { items, pagination } = paged(membersOf(world, userGuid), call);
  return { status: 200, body: { members: items.map((found) => memberBody(found).member), pagination } };
}

const listOf = (found: Found | null): readonly Connection[] => (found === null ? [] : [found.connection]);

function mxRoutes(world: World): WireRoute[] {
  const users = '/users';
  const user = `${users}/:user`;
  const members = `${user}/members`;
  const member = `${members}/:member`;
  const inPath = (call: Call) => listOf(memberIn(world, call));
  const inBody = (call: Call) => listOf(memberOfWidget(world, call));
  const route = (
    method: WireRoute['method'],
    url: string,
    operation: string,
    answer: (world: World, call: Call) => Answer,
    about: (call: Call) => readonly Connection[] = inPath,
  ): WireRoute => ({ method, url, operation, about, answer: (call) => answer(world, call) });
  return [
    route('POST', users, 'user', createUser),
    route('GET', users, 'users', listUsers),
    route('GET', user, 'user', readUser),
    route('POST', `${user}/widget_urls`, 'repair', widgetUrl, inBody),
    route('POST', `${user}/connect_widget_url`, 'repair', connectWidgetUrl, inBody),
    route('GET', members, 'search', listMembers),
    route('POST', members, 'connect', createMember),
    route('GET', member, 'status', readMember),
    route('PUT', member, 'update', updateMember),
    route('DELETE', member, 'delete', deleteMember),
    route('GET', `${member}/status`, 'status', readStatus),
    route('POST', `${member}/aggregate`, 'refresh', start('AGGREGATION')),
    route('POST', `${member}/check_balance`, 'refresh', start('BALANCE')),
    route('POST', `${member}/extend_history`, 'refresh', start('HISTORY')),
    route('PUT', `${member}/resume`, 'resume', resume),
  ];
}

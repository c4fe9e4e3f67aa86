import { randomUUID } from 'node:crypto';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { connectionKey } from '../books/books.js';
import type { CallRecord, Connection } from '../books/records.js';
import { REFUSAL_FAULTS, REPLY_FAULTS, type FaultName, type RefusalFault, type ReplyFault } from '../faults.js';
import type { World } from '../world.js';

/** A request as the provider's code sees it. */
export interface Call {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly at: number;
}

/** What the provider answers, and what the books say about it. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where they are not the route's own. */
  readonly operation?: string;
  readonly about?: readonly Connection[];
  /** Those whose pull costs money. */
  readonly billed?: readonly Billed[];
  /** Nothing happened: this was said before. */
  readonly isRepeat?: boolean;
  readonly faults?: readonly FaultName[];
  readonly silence?: ReplyFault;
}

export interface Billed {
  readonly connection: Connection;
  readonly products: readonly string[];
}

export interface WireRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly operation: string;
  /** The connections that the call means: by them it is found in the log, and faults find it. */
  readonly about?: (call: Call) => readonly Connection[];
  /** Synchronous: the call, what it changes and its answer are one turn. */
  readonly answer: (call: Call) => Answer;
}

/** One provider's side of HTTP. */
export interface Wire<Route extends WireRoute = WireRoute> {
  readonly connector: string;
  /** What faults name where a call is about no connection. */
  readonly provider: string | null;
  /** Who may call at all; null lets the call through. */
  readonly guard: (call: Call, route: Route) => Answer | null;
  readonly malformed: (call: Call, route: Route) => Answer;
  readonly refusedBy: (fault: RefusalFault, call: Call, route: Route) => Answer;
  /** Absent: an unexpected method is an unknown path. */
  readonly wrongMethod?: (call: Call, route: Route) => Answer;
  readonly headers?: (call: Call) => Readonly<Record<string, string>>;
  readonly routes: readonly Route[];
}

/** Stands for a body that is not JSON, so that such a call is written down and answered like any other. */
export const MALFORMED = Symbol('malformed');

export function serveWire<Route extends WireRoute>(app: FastifyInstance, world: World, wire: Wire<Route>): void {
  for (const route of wire.routes) {
    app.route({
      method: route.method,
      url: route.url,
      handler: (request, reply) =>
        exchange(world, wire, route, request, reply, (call) => answerOf(world, wire, route, call)),
    });
  }
  if (wire.wrongMethod !== undefined) refuseOtherMethods(app, world, wire, wire.wrongMethod);
}

/** Who may call, then the faults that keep anything from happening, then the provider, then those that hide it. */
function answerOf<Route extends WireRoute>(world: World, wire: Wire<Route>, route: Route, call: Call): Answer {
  const stopped = wire.guard(call, route);
  if (stopped !== null) return stopped;
  if (call.body === MALFORMED) return wire.malformed(call, route);
  const about = route.about?.(call) ?? [];
  const target = {
    provider: about[0]?.provider ?? wire.provider ?? '',
    externalIds: about.map((connection) => connection.externalId),
    operation: route.operation,
  };
  const refusal = world.faults.take(REFUSAL_FAULTS, target);
  if (refusal !== null) {
    const { fault, retryAfterSeconds } = refusal;
    const headers = retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) };
    return { ...wire.refusedBy(fault, call, route), headers, about, faults: [fault] };
  }
  const answer = { about, ...route.answer(call) };
  if (answer.status >= 300 || answer.isRepeat === true) return answer;
  const silence = world.faults.take(REPLY_FAULTS, target)?.fault;
  return silence === undefined ? answer : { ...answer, silence, faults: [...(answer.faults ?? []), silence] };
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

function refuseOtherMethods<Route extends WireRoute>(
  app: FastifyInstance,
  world: World,
  wire: Wire<Route>,
  refuse: (call: Call, route: Route) => Answer,
): void {
  const first = new Map<string, Route>();
  for (const route of wire.routes) if (!first.has(route.url)) first.set(route.url, route);
  for (const [url, route] of first) {
    const known: readonly string[] = wire.routes.filter((other) => other.url === url).map((other) => other.method);
    app.route({
      method: METHODS.filter((method) => !known.includes(method)),
      url,
      handler: (request, reply) => exchange(world, wire, route, request, reply, (call) => refuse(call, route)),
    });
  }
}

function exchange<Route extends WireRoute>(
  world: World,
  wire: Wire<Route>,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  answerTo: (call: Call) => Answer,
): FastifyReply {
  // What is due by now has happened before anybody asks.
  world.schedule.catchUp();
  const call = callOf(request, world.clock.now());
  const answer = world.books.turn(() => {
    const given = answerTo(call);
    record(world, wire.connector, route, call, given);
    return given;
  });
  world.settings.log(lineOf(world, route, call, answer));
  return respond(request, reply, answer, wire.headers?.(call) ?? {});
}

function callOf(request: FastifyRequest, at: number): Call {
  return {
    id: randomUUID(),
    method: request.method,
    path: request.url,
    headers: request.headers,
    params: request.params as Record<string, string>,
    query: request.query as Record<string, string>,
    body: request.body ?? null,
    at,
  };
}

function record(world: World, connector: string, route: WireRoute, call: Call, answer: Answer): void {
  const about = answer.about ?? [];
  const billed = answer.billed ?? [];
  const entry: CallRecord = {
    id: call.id,
    connector,
    provider: about[0]?.provider ?? null,
    operation: answer.operation ?? route.operation,
    externalIds: about.map((connection) => connection.externalId),
    method: call.method,
    path: call.path,
    headers: call.headers,
    body: call.body === MALFORMED ? null : call.body,
    at: call.at,
    billed: billed.length > 0,
    status: answer.silence === undefined ? answer.status : null,
    faults: answer.faults ?? [],
  };
  world.books.calls.put(entry.id, entry);
  for (const { connection, products } of billed) {
    const { connector, provider, externalId, providerConnectionId } = connection;
    const id = `${call.id}/${connectionKey(connector, externalId)}`;
    const bill = { id, callId: call.id, connector, provider, externalId, providerConnectionId, products, at: call.at };
    world.books.bills.put(id, bill);
  }
}

function respond(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
  headers: Readonly<Record<string, string>>,
): FastifyReply {
  if (answer.silence === 'timeout') return reply.hijack();
  if (answer.silence === 'lost-reply') {
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  }
  const all = { ...headers, ...answer.headers };
  reply.code(answer.status).headers(all);
  return answer.body === undefined
    ? reply.send()
    : reply.type(all['content-type'] ?? 'application/json; charset=utf-8').send(JSON.stringify(answer.body));
}

function lineOf(world: World, route: WireRoute, call: Call, answer: Answer): string {
  const about = answer.about?.map((connection) => connection.externalId).join(',');
  const parts = [
    world.clock.iso(),
    call.method,
    call.path,
    answer.silence ?? answer.status,
    answer.operation ?? route.operation,
  ];
  if (about) parts.push(about);
  if (answer.billed?.length) parts.push('billed');
  if (answer.faults?.length) parts.push(`fault=${answer.faults.join('+')}`);
  return parts.join(' ');
}

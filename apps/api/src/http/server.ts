import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Engine } from '@freshet/flows';
import { SECOND, type DurationMs } from '@freshet/domain';
import type { ConnectionError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpSettings } from '../engine/http-settings.js';
import { defaultAccess } from './access.js';
import { ApiKeys } from './api-keys.js';
import { closeWithin } from './closing.js';
import { createAuthenticate } from './authenticate.js';
import { parseBodies, refuseForeignBody } from './json-body.js';
import type { ProblemFilter } from './problem.filter.js';
import { problems, problemType, type Slug } from './problem.js';
import { createRefuseKey } from './wrong-keys.js';

const MIB = 1024 * 1024;
/** The longest id, and some room; a longer part of a path is no id. */
const MAX_PATH_PART = 300;

/** Requests under way when the service stops have so long to be answered. */
const CLOSE_BOUND_MS: DurationMs = 10 * SECOND;

/** What a caller may name its request: it goes into our logs. */
const SANE_ID = /^[\w.:-]{1,128}$/;

const requestId = ({ headers }: IncomingMessage): string => {
  const given = headers['x-request-id'];
  return typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID();
};

/** Nothing here is to be sniffed or kept by a proxy. Pages say what they need beside it. */
const label = (request: FastifyRequest, reply: FastifyReply): void => {
  reply
    .header('x-request-id', request.id)
    .header('cache-control', 'no-store')
    .header('x-content-type-options', 'nosniff');
};

/** Tells each route's traits to the server when the route is made, so that a request only looks them up. */
const settleTraits = (server: FastifyInstance): void => {
  server.addHook('onRoute', (route) => {
    const method = Array.isArray(route.method) ? (route.method[0] ?? 'GET') : route.method;
    const { access = defaultAccess(method), bodyBytes, ...traits } = route.config ?? {};
    route.config = { ...traits, access };
    if (bodyBytes !== undefined) route.bodyLimit = bodyBytes;
  });
};

/** An answer to what never became a request that the framework knows. */
const rawAnswer = (slug: Slug, detail: string): string => {
  const { status, title } = problems[slug];
  const body = JSON.stringify({ type: problemType(slug), title, status, detail });
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/problem+json`;
  return `${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
};

const malformedHttp = rawAnswer('invalid-request', 'This is not HTTP that can be read.');
const tooSlow = rawAnswer('request-timeout', 'The request was not complete in time.');

const answerSocket = ({ code }: ConnectionError, socket: Socket): void => {
  if (!socket.writable) return void socket.destroy();
  socket.end(code === 'ERR_HTTP_REQUEST_TIMEOUT' ? tooSlow : malformedHttp);
};

/** How late a slow client may be noticed. */
const checkEvery = (headersTimeoutMs: DurationMs): DurationMs => Math.min(5 * SECOND, Math.ceil(headersTimeoutMs / 3));

/**
 * Fastify for clients that nobody vouches for: slow ones are cut off, large ones refused by their headers, and no proxy's
 * word is taken for the caller's address unless a setting names that proxy.
 */
export const createAdapter = (filter: ProblemFilter, http: HttpSettings): FastifyAdapter =>
  new FastifyAdapter({
    trustProxy: http.trustedProxies.length > 0 && [...http.trustedProxies],
    bodyLimit: MIB,
    requestTimeout: http.requestTimeoutMs,
    connectionTimeout: http.connectionTimeoutMs,
    keepAliveTimeout: http.keepAliveTimeoutMs,
    http: { headersTimeout: http.headersTimeoutMs, connectionsCheckingInterval: checkEvery(http.headersTimeoutMs) },
    routerOptions: { maxParamLength: MAX_PATH_PART },
    genReqId: requestId,
    // No middleware in the manner of Express is used: a request does not have to pass where it would stand.
    skipMiddie: true,
    return503OnClosing: false,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      label(request, reply);
      filter.answer(error, request, reply);
    },
    clientErrorHandler: answerSocket,
  });

/** In this order: name it, know who asks, refuse what is not JSON; only then is the body read. */
export const prepareServer = async (server: FastifyInstance, engine: Engine, http: HttpSettings): Promise<void> => {
  server.server.maxConnections = http.maxConnections;
  closeWithin(server, CLOSE_BOUND_MS);
  settleTraits(server);
  parseBodies(server);
  server.decorateRequest('principal', null);
  const authenticate = createAuthenticate(
    new ApiKeys(engine),
    await createRefuseKey(server, engine, http.wrongKeysPerMinute),
  );
  const enter = (request: FastifyRequest, reply: FastifyReply): void | Promise<void> => {
    label(request, reply);
    const waiting = authenticate(request);
    if (waiting instanceof Promise) return waiting.then(() => refuseForeignBody(request));
    refuseForeignBody(request);
  };
  server.addHook('onRequest', (request, reply, done) => {
    try {
      const waiting = enter(request, reply);
      if (waiting instanceof Promise) waiting.then(() => done(), done);
      else done();
    } catch (error) {
      done(error as Error);
    }
  });
};

import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Engine } from '@freshet/flows';
import { MINUTE, SECOND } from '@freshet/domain';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { defaultAccess } from './access.js';
import { ApiKeys } from './api-keys.js';
import { createAuthenticate } from './authenticate.js';
import { parseBodies, refuseForeignBody } from './json-body.js';
import type { ProblemFilter } from './problem.filter.js';

const MIB = 1024 * 1024;
/** The longest id, and some room; a longer part of a path is no id. */
const MAX_PATH_PART = 300;

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

const malformedHttp = JSON.stringify({
  type: '/problems/invalid-request',
  title: 'The request is not valid',
  status: 400,
  detail: 'This is not HTTP that can be read.',
});

/**
 * Fastify for clients that nobody vouches for: slow ones are cut off, large ones refused by their headers, and no proxy's
 * word is taken for the caller's address.
 */
export const createAdapter = (filter: ProblemFilter): FastifyAdapter =>
  new FastifyAdapter({
    trustProxy: false,
    bodyLimit: MIB,
    // Receiving a request, from its first byte to its last.
    requestTimeout: 30 * SECOND,
    // A socket on which nothing moves; a walk of the sandbox's clock may take minutes to answer.
    connectionTimeout: 10 * MINUTE,
    keepAliveTimeout: 72 * SECOND,
    http: { headersTimeout: 15 * SECOND, connectionsCheckingInterval: 5 * SECOND },
    routerOptions: { maxParamLength: MAX_PATH_PART },
    genReqId: requestId,
    // No middleware in the manner of Express is used: a request does not have to pass where it would stand.
    skipMiddie: true,
    return503OnClosing: false,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      label(request, reply);
      filter.answer(error, request, reply);
    },
    clientErrorHandler: (_error, socket) => {
      if (!socket.writable) return void socket.destroy();
      const head = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/problem+json';
      socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(malformedHttp)}\r\n\r\n${malformedHttp}`);
    },
  });

/** In this order: name it, know who asks, refuse what is not JSON; only then is the body read. */
export const prepareServer = (server: FastifyInstance, engine: Engine): void => {
  settleTraits(server);
  parseBodies(server);
  server.decorateRequest('principal', null);
  const authenticate = createAuthenticate(new ApiKeys(engine));
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

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { TenantId } from '@freshet/domain';
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { mayUse, type ApiKeys, type Principal } from './api-keys.js';
import type { Access } from './access.js';
import { Problem } from './problem.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes. */
    principal: Principal | null;
  }
}

const BEARER = /^Bearer +([\x21-\x7e]{1,512})$/i;

const unauthorized = (detail: string): Problem => new Problem('unauthorized', detail);

const admit = (request: FastifyRequest, access: Exclude<Access, 'public'>, principal: Principal | null): void => {
  if (principal === null) throw unauthorized('The API key is not known.');
  if (!mayUse(principal, access)) {
    throw new Problem('forbidden', `This route needs a key with the scope "${access}" (or "admin").`);
  }
  request.principal = principal;
};

/** Before the body is read: who has no key cannot make us parse anything. */
export const authenticate =
  (keys: ApiKeys): onRequestHookHandler =>
  (request, _reply, done) => {
    const { access } = request.routeOptions.config;
    if (request.is404 || access === 'public') return done();
    const key = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (key === undefined) return done(unauthorized('Send Authorization: Bearer <api key>.'));
    const settle = (principal: Principal | null): void => {
      try {
        admit(request, access ?? 'manage', principal);
        done();
      } catch (error) {
        done(error as Error);
      }
    };
    const found = keys.find(key);
    if (found instanceof Promise) found.then(settle, (error: Error) => done(error));
    else settle(found);
  };

export const principalOf = (request: FastifyRequest): Principal => {
  if (request.principal === null) throw new Error('a public route asked for its tenant');
  return request.principal;
};

/** The tenant of the key that the request came with. */
export const Tenant = createParamDecorator(
  (_: unknown, context: ExecutionContext): TenantId =>
    principalOf(context.switchToHttp().getRequest<FastifyRequest>()).tenantId,
);

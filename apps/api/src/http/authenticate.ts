import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { TenantId } from '@freshet/domain';
import type { FastifyRequest } from 'fastify';
import { mayUse, type ApiKeys, type Principal } from './api-keys.js';
import type { Access } from './access.js';
import { Problem } from './problem.js';
import type { RefuseKey } from './wrong-keys.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes. */
    principal: Principal | null;
  }
}

const BEARER = /^Bearer +([\x21-\x7e]{1,512})$/i;

const admit = (request: FastifyRequest, access: Exclude<Access, 'public'>, principal: Principal): void => {
  if (!mayUse(principal, access)) {
    throw new Problem('forbidden', `This route needs a key with the scope "${access}" (or "admin").`);
  }
  request.principal = principal;
};

/** Says who asks, or throws. Before the body is read: who has no key cannot make us parse anything. */
export type Authenticate = (request: FastifyRequest) => void | Promise<void>;

export const createAuthenticate = (keys: ApiKeys, refuseKey: RefuseKey): Authenticate => {
  const refuse = async (request: FastifyRequest, detail: string): Promise<never> => {
    throw await refuseKey(request, detail);
  };
  return (request) => {
    const { access = 'manage' } = request.routeOptions.config;
    if (access === 'public' || request.is404) return;
    const key = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (key === undefined) return refuse(request, 'Send Authorization: Bearer <api key>.');
    const found = keys.find(key);
    if (found instanceof Promise) {
      return found.then((principal) =>
        principal === null ? refuse(request, 'The API key is not known.') : admit(request, access, principal),
      );
    }
    admit(request, access, found);
  };
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

/** Who asks, as records name them: the id of their key, never the key. */
export const Asker = createParamDecorator(
  (_: unknown, context: ExecutionContext): string =>
    principalOf(context.switchToHttp().getRequest<FastifyRequest>()).keyId,
);

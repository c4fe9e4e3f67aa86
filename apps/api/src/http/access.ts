import { RouteConfig } from '@nestjs/platform-fastify';

/** What a key may be given. `admin` has all. */
export const scopes = ['read', 'refresh', 'manage', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** Who may call a route: everybody, or keys with that scope. */
export type Access = 'public' | Exclude<Scope, 'admin'>;

/** What a route tells the server about itself; read at start, so that a request costs no reflection. */
export interface RouteTraits {
  readonly access?: Access;
  /** How large a body may be; 1 MiB where it is not said. */
  readonly bodyBytes?: number;
  /** The handler gets the bytes as they came, whatever they are. */
  readonly rawBody?: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: RouteTraits['access'];
    bodyBytes?: RouteTraits['bodyBytes'];
    rawBody?: RouteTraits['rawBody'];
  }
}

/** Traits of one route. Without it: GET needs `read`, everything else `manage`. */
export const Route = (traits: RouteTraits): MethodDecorator => RouteConfig(traits);

/** Needs no API key. */
export const Public = (): MethodDecorator => Route({ access: 'public' });

export const defaultAccess = (method: string): Access => (method === 'GET' || method === 'HEAD' ? 'read' : 'manage');

import { RequestMethod, type Type } from '@nestjs/common';
import {
  HTTP_CODE_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  ROUTE_ARGS_METADATA,
  RouteParamtypes,
} from '@nestjs/common/internal';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import { z } from 'zod';
import { defaultAccess, type Access, type RouteTraits } from '../access.js';
import { ROUTE_DESCRIPTION, type RouteDescription } from '../describe.js';

/** A route as its controller declares it, with the very schemas that validate its requests. */
export interface DeclaredRoute {
  readonly method: string;
  /** With `:name` for its parameters. */
  readonly path: string;
  readonly tag: string;
  readonly name: string;
  readonly access: Access;
  readonly status: number;
  readonly query: z.ZodObject | undefined;
  readonly body: z.ZodType | undefined;
  readonly description: RouteDescription | undefined;
}

type Handler = (...parts: unknown[]) => unknown;

const metadata = <Value>(key: string, ...of: [object] | [object, string]): Value | undefined =>
  (of.length === 1 ? Reflect.getMetadata(key, of[0]) : Reflect.getMetadata(key, of[0], of[1])) as Value | undefined;

/** The schema of `@Body({ schema })` or `@Query({ schema })`. */
const schemaOf = (controller: Type, name: string, kind: RouteParamtypes): z.ZodType | undefined => {
  const parts = metadata<Readonly<Record<string, { readonly schema?: unknown }>>>(
    ROUTE_ARGS_METADATA,
    controller,
    name,
  );
  const found = Object.entries(parts ?? {}).find(([key]) => key.startsWith(`${kind}:`))?.[1].schema;
  return found instanceof z.ZodType ? found : undefined;
};

const joined = (...parts: readonly string[]): string =>
  `/${parts
    .flatMap((part) => part.split('/'))
    .filter((part) => part !== '')
    .join('/')}`;

const usualStatus = (method: string): number => (method === 'POST' ? 201 : 200);

const routeOf = (controller: Type, name: string, handler: Handler): DeclaredRoute | undefined => {
  const path = metadata<string>(PATH_METADATA, handler);
  const verb = metadata<RequestMethod>(METHOD_METADATA, handler);
  if (path === undefined || verb === undefined) return undefined;
  const method = RequestMethod[verb];
  const prefix = metadata<string>(PATH_METADATA, controller) ?? '';
  const traits = metadata<RouteTraits>(FASTIFY_ROUTE_CONFIG_METADATA, handler);
  const description = metadata<RouteDescription>(ROUTE_DESCRIPTION, handler);
  const query = schemaOf(controller, name, RouteParamtypes.QUERY);
  return {
    method,
    path: joined(prefix, path),
    tag: controller.name.replace(/Controller$/, ''),
    name,
    access: traits?.access ?? defaultAccess(method),
    status: metadata<number>(HTTP_CODE_METADATA, handler) ?? usualStatus(method),
    query: query instanceof z.ZodObject ? query : undefined,
    body: description?.body ?? schemaOf(controller, name, RouteParamtypes.BODY),
    description,
  };
};

export const routesOf = (controller: Type): readonly DeclaredRoute[] =>
  Object.getOwnPropertyNames(controller.prototype).flatMap((name) => {
    const handler: unknown = Object.getOwnPropertyDescriptor(controller.prototype, name)?.value;
    if (typeof handler !== 'function' || name === 'constructor') return [];
    return routeOf(controller, name, handler as Handler) ?? [];
  });

import type { FastifyReply, FastifyRequest } from 'fastify';

import type { FieldError, Fields } from '../wire/fields.js';

export function query(request: FastifyRequest): Readonly<Record<string, string | undefined>> {
  return request.query as Record<string, string | undefined>;
}

export function iso(time: number): string {
  return new Date(time).toISOString();
}

export function isoOrNull(time: number | null): string | null {
  return time === null ? null : iso(time);
}

export function refuse(reply: FastifyReply, errors: readonly FieldError[]): FastifyReply {
  const [first] = errors;
  const message =
    first === undefined ? 'invalid request' : `${first.field === '' ? 'the body' : first.field} ${first.message}`;
  return reply.code(400).send({ error: 'invalid-request', message, errors });
}

export function unknownConnection(reply: FastifyReply, provider: string, externalId: string): FastifyReply {
  const message = `no connection ${externalId} of ${provider} is registered`;
  return reply.code(404).send({ error: 'not-found', message });
}

/** Fields of one request are all read before this is asked, so that every fault is named at once. */
export function isRefused(fields: Fields): boolean {
  fields.refuseOthers();
  return !fields.ok;
}

import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalidRequest, type Problem } from './problem.js';
import { unsupportedMediaType } from './problem-of.js';
import { hasRepeatedName } from './repeated-names.js';

type Done = (error: Error | null, body?: unknown) => void;

const unreadable = (message: string): Problem => invalidRequest([{ pointer: '', message }]);

/** Without the parser's own words: they quote the body. */
const malformed = (): Problem =>
  unreadable('The body is not valid JSON (or it names __proto__ or constructor.prototype, which no body may).');

const BYTE_ORDER_MARK = '\ufeff';

type ParseSafely = (text: string) => { readonly value: unknown } | undefined;

const parse = (bytes: Buffer, parseSafely: ParseSafely): unknown => {
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw unreadable('The body is not valid UTF-8.');
  const text = bytes.toString();
  if (text.startsWith(BYTE_ORDER_MARK)) throw unreadable('The body begins with a byte order mark: leave it out.');
  const parsed = parseSafely(text);
  if (parsed === undefined) throw malformed();
  if (hasRepeatedName(text, parsed.value)) throw unreadable('An object of the body has the same field twice.');
  return parsed.value;
};

const settle = (done: Done, body: () => unknown): void => {
  let value: unknown;
  try {
    value = body();
  } catch (error) {
    return done(error as Error);
  }
  done(null, value);
};

/**
 * One parser for JSON, in place of the framework's: UTF-8 only, no field twice, no way to the prototype. Other media
 * types are taken by routes that want the raw bytes, and by nobody else.
 */
export const parseBodies = (server: FastifyInstance): void => {
  server.removeAllContentTypeParsers();
  const parser = server.getDefaultJsonParser('error', 'error');
  const asBuffer = { parseAs: 'buffer' } as const;
  server.addContentTypeParser('application/json', asBuffer, (request: FastifyRequest, bytes: Buffer, done: Done) => {
    if (request.routeOptions.config.rawBody === true) return done(null, bytes);
    const parseSafely: ParseSafely = (text) => {
      let parsed: { readonly value: unknown } | undefined;
      void parser(request, text, (error, value) => (parsed = error === null ? { value } : undefined));
      return parsed;
    };
    settle(done, () => parse(bytes, parseSafely));
  });
  server.addContentTypeParser('*', asBuffer, (request: FastifyRequest, bytes: Buffer, done: Done) => {
    if (request.routeOptions.config.rawBody === true) return done(null, bytes);
    if (bytes.length === 0) return done(null, undefined);
    done(unsupportedMediaType());
  });
};

const mediaType = (header: string | undefined): string => (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

/** Refused by its headers, before a byte of it is read. An empty body has no type. */
export const refuseForeignBody = (request: FastifyRequest): void => {
  const { headers, routeOptions } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
  if (!hasBody || routeOptions.config.rawBody === true) return;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw unsupportedMediaType();
  if (mediaType(headers['content-type']) !== 'application/json') throw unsupportedMediaType();
};

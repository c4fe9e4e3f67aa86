import { HttpException } from '@nestjs/common';
import { StoreUnavailable } from '@freshet/ports';
import { invalidRequest, Problem } from './problem.js';

interface WithCode {
  readonly code?: unknown;
  readonly statusCode?: unknown;
}

const tooLarge = (): Problem =>
  new Problem('payload-too-large', 'The body is larger than this route takes (1 MiB; imports 8 MiB).');

export const unsupportedMediaType = (wanted = 'UTF-8 JSON with Content-Type: application/json'): Problem =>
  new Problem('unsupported-media-type', `Send the body as ${wanted}.`);

export const unknownAddress = (): Problem => new Problem('not-found', 'There is no such address.');

/** What the framework refuses by itself, before or around a handler. */
const ofStatus = (status: number): Problem | undefined => {
  if (status === 413) return tooLarge();
  if (status === 415) return unsupportedMediaType();
  // Also a path that cannot be decoded, or a part of it that is longer than any id (414).
  if (status === 404 || status === 405 || status === 414) return unknownAddress();
  if (status >= 400 && status < 500) {
    return invalidRequest([{ pointer: '', message: 'The request could not be read.' }]);
  }
  return undefined;
};

const ofCode = ({ code, statusCode }: WithCode): Problem | undefined => {
  if (code === 'FST_ERR_BAD_URL' || code === 'FST_ERR_MAX_PARAM_LENGTH') return unknownAddress();
  return typeof statusCode === 'number' ? ofStatus(statusCode) : undefined;
};

/** The problem that an error is to the caller. Undefined: an error of ours, whose details are nobody else's business. */
export const problemOf = (error: unknown): Problem | undefined => {
  if (error instanceof Problem) return error;
  if (error instanceof StoreUnavailable) {
    return new Problem('unavailable', 'The store cannot serve for now. Nothing of this request happened.');
  }
  if (error instanceof HttpException) {
    const cause: unknown = error.cause;
    return cause instanceof Problem ? cause : ofStatus(error.getStatus());
  }
  return error instanceof Error ? ofCode(error as WithCode) : undefined;
};

export const internal = (): Problem =>
  new Problem('internal', 'Something failed here. It is in the log under the requestId.');

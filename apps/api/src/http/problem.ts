import type { Instant } from '@freshet/domain';

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What `/problems/<slug>` tells: what happened, and what to do. */
  readonly explanation: string;
}

/** Every problem that the service answers with; statuses of failures are named here and nowhere else. */
export const problems = {
  'invalid-request': {
    status: 400,
    title: 'The request is not valid',
    explanation:
      'The JSON is malformed, a field is unknown, missing or of the wrong type, or a value is out of range. `errors` lists every fault with a JSON pointer into the body (or the name of the query parameter or header) and says what would be valid. Nothing was done.',
  },
  'product-not-granted': {
    status: 400,
    title: 'The connection does not have that product',
    explanation:
      'A refresh can only bring products that the connection was granted. Ask for granted ones, name none to get them all, or add the product first (POST /v1/connections/{id}/products).',
  },
  'range-out-of-reach': {
    status: 400,
    title: 'The provider cannot serve that time range',
    explanation:
      'Some providers take a from/to, and only so far back; others take none. The decision named by `decisionId` says how far this one reaches. Leave from and to out for the usual range.',
  },
  unauthorized: {
    status: 401,
    title: 'No valid credentials',
    explanation:
      'Send `Authorization: Bearer <api key>` with a key that is in force. A webhook gets this answer where its signature, its timestamp or its secret is wrong.',
  },
  'too-many-attempts': {
    status: 429,
    title: 'Too many requests without a valid key',
    explanation:
      'Wrong or missing API keys are answered with 401 so many times a minute for each address, then with this until `retryAt`. A valid key is served all the same: find the caller that sends a wrong one.',
  },
  forbidden: {
    status: 403,
    title: 'The API key does not have the scope',
    explanation:
      'The key is valid, but was not given what this route needs. A key with the scope `admin` has all of them.',
  },
  'not-found': {
    status: 404,
    title: 'There is no such thing',
    explanation: 'The address or the id is not known. Ids of another tenant are answered as if they did not exist.',
  },
  'not-refreshable': {
    status: 409,
    title: 'The status forbids a refresh',
    explanation:
      'A refresh in this status would be charged for nothing. `operation` says what helps instead: `repair` (POST /v1/connections/{id}/repair of the connection named by `connectionId`), `connect` (the customer has to link anew), or null where nothing does.',
  },
  'customer-required': {
    status: 409,
    title: 'Only with the customer present',
    explanation:
      'The bank or the provider allows this refresh only while the customer is there. Ask again from a request that the customer causes, with `customerPresent`. Presence must not be made up.',
  },
  'not-forceable': {
    status: 409,
    title: 'The provider has no forced refresh',
    explanation: 'Its data arrive by its own background refresh only. Mode `auto` answers when that is expected.',
  },
  'provider-closed': {
    status: 503,
    title: 'The provider is closed for now',
    explanation:
      'It is paused by an operator, in maintenance, not answering, switched off here, or kept shut after failures. `retryAt` says when it opens, where that is known.',
  },
  'operation-not-allowed': {
    status: 409,
    title: 'The status forbids the operation',
    explanation:
      'Repair, update, delete, cancel and report are each open in some statuses only; a connection shows its own in `operations`. Read it again and decide from its present status.',
  },
  'idempotency-in-flight': {
    status: 409,
    title: 'The first request with this key is still running',
    explanation: 'Wait as `Retry-After` says and send the same request again: it gets the answer of the first.',
  },
  'idempotency-mismatch': {
    status: 422,
    title: 'The Idempotency-Key was used for another body',
    explanation:
      'A key stands for one request for 24 hours. Send the body that it was first used with, or a new key for a new request.',
  },
  'rate-limited': {
    status: 429,
    title: 'A limit of the provider is reached',
    explanation:
      'Sent now, the refresh would be refused or count for nothing. `limit` names the limit, `retryAt` when it lets one pass. Mode `auto` falls back to the next background refresh where there is one.',
  },
  'budget-exhausted': {
    status: 429,
    title: 'The budget has no room for it now',
    explanation:
      '`budget` names it and `retryAt` is when its period turns or, where it is paced, when so much of the period will ' +
      'have passed that it fits. GET /v1/budgets shows all of them.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request came too slowly',
    explanation:
      'Its head or its body was not complete in time, and the connection was closed. Nothing was done; send it again on a better connection.',
  },
  'payload-too-large': {
    status: 413,
    title: 'The body is too large',
    explanation: 'A body may have 1 MiB, an import 8 MiB. Send an import in several batches.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is not of the type that is read here',
    explanation:
      'Send `Content-Type: application/json` (an invoice: `text/csv`), in UTF-8 and without a Content-Encoding.',
  },
  internal: {
    status: 500,
    title: 'The service failed',
    explanation: 'This is our fault and nothing was done half. The log has the details under `requestId`.',
  },
  unavailable: {
    status: 503,
    title: 'The service cannot serve for now',
    explanation: 'The store cannot be reached or written. Nothing of the request happened; it may be sent again.',
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

export type Slug = keyof typeof problems;
export const slugs = Object.keys(problems) as readonly Slug[];
export const isSlug = (text: string): text is Slug => Object.hasOwn(problems, text);
export const problemType = (slug: Slug): string => `/problems/${slug}`;

/** One thing that is wrong with the request. */
export interface Fault {
  /** JSON pointer into the body; for a query parameter or a header, its name as one. */
  readonly pointer: string;
  readonly message: string;
}

/** What helps the caller, beside the words. */
export interface ProblemFacts {
  readonly errors?: readonly Fault[];
  readonly retryAt?: Instant | null;
  readonly operation?: 'repair' | 'connect' | null;
  /** The connection that `operation` is to be done with. */
  readonly connectionId?: string;
  readonly decisionId?: string;
  readonly limit?: string;
  readonly budget?: string;
}

/** An answer that is not a success. Thrown by controllers; rendered by the filter. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly slug: Slug,
    readonly detail: string,
    readonly facts: ProblemFacts = {},
  ) {
    super(detail);
  }
}

export const notFound = (what: string): Problem =>
  new Problem('not-found', `There is no such ${what}, or it is not this tenant's.`);

export const invalidRequest = (errors: readonly Fault[]): Problem => {
  const rest = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new Problem('invalid-request', `${errors[0]?.message ?? 'The request is not valid.'}${rest}`, { errors });
};

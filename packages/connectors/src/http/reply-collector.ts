import type { Dispatcher } from 'undici';

import type { Exchange, Reply, ReplyBody } from './exchange.js';

/** No answer of a provider's is near it; what is larger is not read to its end. */
export const MAX_BODY_BYTES = 1024 * 1024;

type Headers = Reply['headers'];

/** The error's code and never its message: messages name hosts, paths and header values. */
const codeOf = (error: unknown): string => {
  const { code, name } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: unknown;
    name?: unknown;
  };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown error';
};

/** undici's own refusal to write a request: it threw before it looked for a socket. */
const CANNOT_BE_WRITTEN = 'UND_ERR_INVALID_ARG';

/**
 * Watches one request go out and come back, and answers exactly once. `onRequestStart` is the line between "surely not
 * sent" and "nobody knows": undici calls it when it holds a connected socket, directly before it writes.
 */
export class ReplyCollector implements Dispatcher.DispatchHandler {
  readonly #answer: (exchange: Exchange) => void;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | null = null;
  #head: { readonly status: number; readonly headers: Headers } | null = null;
  #bytes = 0;
  #answered = false;

  constructor(answer: (exchange: Exchange) => void) {
    this.#answer = answer;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it waited for a socket: it was answered `unsent`, so it must not be written now.
    if (this.#answered) controller.abort(new Error('given up'));
    else this.#controller = controller;
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Record<string, unknown>): void {
    // 100 Continue, 103 Early Hints: the answer is yet to come.
    if (status < 200) return;
    this.#head = { status, headers: firstValues(headers) };
    if (Number(this.#head.headers['content-length']) > MAX_BODY_BYTES) this.#stopReading(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BODY_BYTES) this.#stopReading(controller);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#settle(bodyOf(Buffer.concat(this.#chunks)));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: unknown): void {
    this.fail(codeOf(error), codeOf(error) === CANNOT_BE_WRITTEN);
  }

  /** The deadline, or an error of the transport, whenever it comes. */
  fail(why: string, lasting = false): void {
    if (this.#head !== null) this.#settle({ kind: 'unreadable', why: 'cut off' });
    else if (this.#controller !== null) this.#finish({ kind: 'lost', why });
    else this.#finish({ kind: 'unsent', why, lasting });
    this.#controller?.abort(new Error(why));
  }

  #stopReading(controller: Dispatcher.DispatchController): void {
    this.#settle({ kind: 'unreadable', why: 'too large' });
    controller.abort(new Error('the body is too large'));
  }

  #settle(body: ReplyBody): void {
    if (this.#head !== null) this.#finish({ kind: 'reply', ...this.#head, body });
  }

  #finish(exchange: Exchange): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#answer(exchange);
  }
}

const firstValues = (headers: Record<string, unknown>): Headers =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const first: unknown = Array.isArray(value) ? value[0] : value;
      return [name.toLowerCase(), typeof first === 'string' ? first : undefined];
    }),
  );

const bodyOf = (bytes: Buffer): ReplyBody => {
  const text = bytes.toString('utf8').trim();
  if (text === '') return { kind: 'empty' };
  try {
    return { kind: 'json', value: JSON.parse(text) as unknown };
  } catch {
    return { kind: 'unreadable', why: 'not JSON' };
  }
};

import { Pool } from 'undici';

import type { Exchange } from './exchange.js';
import { ReplyCollector } from './reply-collector.js';

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the base URL, with its leading slash; ids in it by `pathSegment`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  /** Written already; its type is among the headers. */
  readonly text?: string;
}

export interface HttpClient {
  /** Never rejects: what went wrong is in the exchange. Redirects are replies like any other: none is followed. */
  send(call: HttpCall, signal: AbortSignal): Promise<Exchange>;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Only for a caller without a deadline: longer than any that can be set, so that the engine's signal comes first. */
const SILENCE_TIMEOUT_MS = 600_000;

/** How a connector reaches its provider. */
export interface TransportSettings {
  /** Open to one origin at a time; a call that finds none free waits, and is surely not sent while it does. */
  readonly sockets?: number | undefined;
  /**
   * An unused socket is kept so long for the next call. Short: a socket that the provider closes as we write loses a
   * reply, and that call counts as made.
   */
  readonly keepAliveMs?: number | undefined;
}

export const DEFAULT_TRANSPORT = { sockets: 64, keepAliveMs: 4_000 } as const;

/** An id as one segment of a path: ids are opaque, and `..` would name another resource. */
export const pathSegment = (id: string): string =>
  /^\.+$/.test(id) ? id.replaceAll('.', '%2E') : encodeURIComponent(id);

const encoded = (call: HttpCall): { readonly type?: string; readonly body: string } | null => {
  if (call.json !== undefined) return { type: 'application/json', body: JSON.stringify(call.json) };
  if (call.form !== undefined) {
    return { type: 'application/x-www-form-urlencoded', body: new URLSearchParams(call.form).toString() };
  }
  return call.text === undefined ? null : { body: call.text };
};

/** Throws for an address that is none, so that a wrong setting stops the start. */
export const createHttpClient = (baseUrl: string, transport: TransportSettings = {}): HttpClient => {
  const { origin, pathname, protocol } = new URL(baseUrl);
  if (protocol !== 'https:' && protocol !== 'http:') throw new TypeError(`not an http(s) address: ${protocol}`);
  const prefix = pathname.replace(/\/+$/, '');
  // HTTP/1.1 only: there the bytes of a request follow `onRequestStart`, and nothing is sent a second time unasked.
  const pool = new Pool(origin, {
    connections: transport.sockets ?? DEFAULT_TRANSPORT.sockets,
    keepAliveTimeout: transport.keepAliveMs ?? DEFAULT_TRANSPORT.keepAliveMs,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: SILENCE_TIMEOUT_MS,
    bodyTimeout: SILENCE_TIMEOUT_MS,
  });

  const dispatch = (call: HttpCall, collector: ReplyCollector): void => {
    const content = encoded(call);
    const query = call.query === undefined ? '' : `?${new URLSearchParams(call.query).toString()}`;
    pool.dispatch(
      {
        method: call.method,
        path: `${prefix}${call.path}${query}`,
        headers: {
          accept: 'application/json',
          'user-agent': 'freshet',
          ...call.headers,
          ...(content?.type === undefined ? {} : { 'content-type': content.type }),
        },
        body: content?.body ?? null,
      },
      collector,
    );
  };

  const send = (call: HttpCall, signal: AbortSignal): Promise<Exchange> =>
    new Promise((resolve) => {
      const giveUp = (): void => collector.fail('deadline');
      const collector = new ReplyCollector((exchange) => {
        signal.removeEventListener('abort', giveUp);
        resolve(exchange);
      });
      if (signal.aborted) return giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        dispatch(call, collector);
      } catch (error) {
        collector.onResponseError(null, error);
      }
    });

  return { send };
};

import type { ClosureScope, Instant, Limited, Refused, Unavailable, Unknown } from '@freshet/domain';

import type { Exchange, Reply } from './exchange.js';
import { readRetryAfter } from './retry-after.js';

/** The part of every answer's union that a call without success can be. */
export type Failure = Refused | Limited | Unavailable | Unknown;

/** Who answered, and how to read what it says. */
export interface FailureReading {
  /** `Meld`, `Bud`: the subject of the message. */
  readonly who: string;
  readonly now: Instant;
  /** Whose limit a 429 tells of. */
  readonly scope: ClosureScope;
  /** The machine-readable code in an error body, where there is one. */
  readonly code: string | null;
}

type Verdict = 'refused' | 'limited' | 'unknown';

/** What a code says about a call that changes something. Absent ones go by their class. */
const verdicts: Readonly<Record<number, readonly [Verdict, string]>> = {
  // 302 and 303 may be the answer to a call that was carried out; these three say that it was not carried out here.
  301: ['refused', 'redirects: the base URL is not its address'],
  307: ['refused', 'redirects: the base URL is not its address'],
  308: ['refused', 'redirects: the base URL is not its address'],
  400: ['refused', 'does not take the request'],
  401: ['refused', 'does not take our credentials'],
  403: ['refused', 'does not let these credentials do it'],
  404: ['refused', 'does not know the connection'],
  // Sent by whatever stopped waiting, which may be a proxy behind which the request went on.
  408: ['unknown', 'stopped waiting for the request'],
  409: ['refused', 'does not allow it in the present status of the connection'],
  429: ['limited', 'limits how often it may be asked'],
};

const verdictOf = (status: number): readonly [Verdict, string] => {
  const known = verdicts[status];
  if (known !== undefined) return known;
  if (status >= 400 && status < 500) return ['refused', 'refuses the request'];
  if (status >= 500) return ['unknown', 'failed without saying whether it happened'];
  return ['unknown', 'answered with something that is not its answer'];
};

/** Only words of a fixed shape: a provider's free text may repeat what we sent, secrets included. */
export const plainCode = (code: unknown): string | null =>
  typeof code === 'string' && /^[A-Za-z][\w.-]{0,63}$/.test(code) ? code : null;

const describe = (reply: Reply, words: string, { who, code }: FailureReading): string => {
  const body = reply.body.kind === 'unreadable' ? `, body ${reply.body.why}` : '';
  return `${who} ${words} (HTTP ${reply.status}${code === null ? '' : ` ${code}`}${body})`;
};

const failureOfReply = (reply: Reply, reading: FailureReading): Failure => {
  const [verdict, words] = verdictOf(reply.status);
  if (verdict === 'limited') {
    const until = readRetryAfter(reply.headers['retry-after'], reading.now);
    return { kind: 'limited', until, scope: reading.scope, said: reading.code ?? String(reply.status) };
  }
  return { kind: verdict, message: describe(reply, words, reading) };
};

/** What an exchange that is no success says about a call that changes something. */
export const failureOf = (exchange: Exchange, reading: FailureReading): Failure => {
  if (exchange.kind === 'reply') return failureOfReply(exchange, reading);
  if (exchange.kind === 'lost') {
    return { kind: 'unknown', message: `the reply of ${reading.who} was lost (${exchange.why})` };
  }
  const message = `the call to ${reading.who} was not sent (${exchange.why})`;
  if (exchange.lasting) return { kind: 'refused', message };
  return { kind: 'unavailable', who: 'provider', retryAt: null, message };
};

/** A look that showed nothing: it says nothing about the job either, whatever stopped the look. */
export const lookFailed = (exchange: Exchange, reading: FailureReading): Unknown => {
  if (exchange.kind !== 'reply')
    return { kind: 'unknown', message: `looking at ${reading.who} failed (${exchange.why})` };
  return { kind: 'unknown', message: describe(exchange, 'shows nothing of it', reading) };
};

/** The deadline had passed before anything was written. */
export const notSent = (who: string): Unavailable => ({
  kind: 'unavailable',
  who: 'provider',
  retryAt: null,
  message: `the call to ${who} was not sent (deadline)`,
});

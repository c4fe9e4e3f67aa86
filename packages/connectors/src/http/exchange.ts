/** The body as it came. `unreadable` keeps the reply's code, which often says enough. */
export type ReplyBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'empty' }
  | { readonly kind: 'unreadable'; readonly why: 'not JSON' | 'cut off' | 'too large' };

export interface Reply {
  readonly kind: 'reply';
  readonly status: number;
  /** Lower-case names; the first value of a repeated one. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: ReplyBody;
}

/** Surely not one byte of it left: it cannot have happened. */
export interface Unsent {
  readonly kind: 'unsent';
  readonly why: string;
  /** It cannot be written at all (a header with a line break): trying again is no use. */
  readonly lasting: boolean;
}

/** Written at least in part, and no reply came: nobody knows whether it happened. */
export interface Lost {
  readonly kind: 'lost';
  readonly why: string;
}

/** What one HTTP call left behind as evidence. */
export type Exchange = Reply | Unsent | Lost;

/** The JSON of a reply, whatever its code; undefined where there was none. */
export const jsonOf = (exchange: Exchange): unknown =>
  exchange.kind === 'reply' && exchange.body.kind === 'json' ? exchange.body.value : undefined;

/** A reply that can be taken at its word. */
export interface Success extends Reply {
  readonly body: Exclude<ReplyBody, { readonly kind: 'unreadable' }>;
}

/** 2xx with JSON, or with nothing: what answers in HTML is somebody else, such as a proxy or a sign-in page. */
export const isSuccess = (exchange: Exchange): exchange is Success =>
  exchange.kind === 'reply' && exchange.status >= 200 && exchange.status < 300 && exchange.body.kind !== 'unreadable';

import type { Instant } from '@freshet/domain';

export interface Clock {
  /** The engine's time: what is due, fresh or in a window is read from it. The sandbox can move it. */
  readonly now: () => Instant;
  /** The machine's time: for leases and socket deadlines, which hold against other processes. */
  readonly realNow: () => Instant;
}

/** UUIDv7s that rise even within one millisecond, so that ids sort as they were made. */
export interface Ids {
  readonly next: () => string;
}

/** Seals what must not be readable at rest, bound to what it belongs to: moved elsewhere, it does not open. */
export interface Vault {
  readonly seal: (plain: string, belongsTo: string) => string;
  /** Undefined where it was tampered with, moved, or sealed under a key that is not there. */
  readonly open: (sealed: string, belongsTo: string) => string | undefined;
}

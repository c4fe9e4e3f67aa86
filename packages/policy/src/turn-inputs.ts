import type { Instant } from '@freshet/domain';

/** What a decision that writes takes beside its facts: the time, fresh ids, and what caused it. */
export interface TurnInputs {
  readonly now: Instant;
  /** A new UUIDv7 at each call, rising. */
  readonly newId: () => string;
  /** The id of the request, task or webhook behind the turn: kept with what it changed. */
  readonly cause: string;
}

import { randomUUID } from 'node:crypto';

import type { Books } from './books/books.js';
import type { Fault } from './books/records.js';

/** Answered before anything happens. */
export const REFUSAL_FAULTS = ['429', '500'] as const;
/** It happens, but nobody is told. */
export const REPLY_FAULTS = ['timeout', 'lost-reply'] as const;
/** What comes of the refresh. */
export const OUTCOME_FAULTS = ['login-required', 'partial', 'silent-noop', 'reconnect-required'] as const;
/** What becomes of its webhooks. */
export const WEBHOOK_FAULTS = ['no-webhook', 'duplicate-webhook', 'late-webhook'] as const;

export const FAULTS = [...REFUSAL_FAULTS, ...REPLY_FAULTS, ...OUTCOME_FAULTS, ...WEBHOOK_FAULTS] as const;

export type RefusalFault = (typeof REFUSAL_FAULTS)[number];
export type ReplyFault = (typeof REPLY_FAULTS)[number];
export type OutcomeFault = (typeof OUTCOME_FAULTS)[number];
export type WebhookFault = (typeof WEBHOOK_FAULTS)[number];
export type FaultName = (typeof FAULTS)[number];

/** Only these can be put on operations other than `refresh`. */
export const ANY_OPERATION_FAULTS: readonly FaultName[] = [...REFUSAL_FAULTS, ...REPLY_FAULTS];

export interface FaultTarget {
  readonly provider: string;
  readonly externalIds: readonly string[];
  readonly operation: string;
}

export type NewFault = Omit<Fault, 'id'>;

/** The faults that are waiting for a call which they fit. */
export class Faults {
  constructor(private readonly books: Books) {}

  add(fault: NewFault): Fault {
    const id = randomUUID();
    return this.books.faults.put(id, { id, ...fault });
  }

  /** The oldest fitting fault of those named, used up by one; the caller does what it says. */
  take<Name extends FaultName>(names: readonly Name[], target: FaultTarget): (Fault & { fault: Name }) | null {
    const found = this.find(names, target);
    if (found === null) return null;
    if (found.timesLeft === 1) this.books.faults.remove(found.id);
    else if (found.timesLeft !== null) this.books.faults.put(found.id, { ...found, timesLeft: found.timesLeft - 1 });
    return found;
  }

  /** The same without using it up. */
  find<Name extends FaultName>(names: readonly Name[], target: FaultTarget): (Fault & { fault: Name }) | null {
    for (const fault of this.books.faults.all()) {
      if (isNamed(fault, names) && fits(fault, target)) return fault;
    }
    return null;
  }
}

function isNamed<Name extends FaultName>(fault: Fault, names: readonly Name[]): fault is Fault & { fault: Name } {
  return (names as readonly string[]).includes(fault.fault);
}

function fits(fault: Fault, target: FaultTarget): boolean {
  if (fault.provider.toUpperCase() !== target.provider.toUpperCase()) return false;
  if (fault.operation !== target.operation) return false;
  return fault.externalId === null || target.externalIds.includes(fault.externalId);
}

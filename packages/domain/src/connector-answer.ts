import type { ClosureScope } from './closure.js';
import type { Product } from './products.js';
import type { ConnectionEvent } from './transitions.js';
import type { Instant } from './time.js';

/** Failures that name what is wrong with the login, the consent or the bank's side of it. */
export type CustomerNeededEvent = Extract<
  ConnectionEvent,
  | 'failed_action_required'
  | 'failed_customer_needed'
  | 'failed_login_required'
  | 'failed_token_expired'
  | 'failed_institution_repairing'
  | 'failed_otherwise'
>;

/** A status in the provider's own words, already in our vocabulary where we know it. */
export interface StatusTold {
  readonly status: string;
  readonly reason: string | null;
  /** The provider's time of it; null where it tells none. */
  readonly at: Instant | null;
}

/** Data that a provider shows to be there. */
export interface DataShown {
  /** Null: all that the connection has. */
  readonly products: readonly Product[] | null;
  readonly at: Instant;
}

/** The connection as the provider shows it, and its newest data, where a reading that costs nothing shows that. */
export interface StatusShown extends StatusTold {
  readonly data?: readonly DataShown[];
}

/** A task may be several calls: what of it was limited, while others of it were taken. */
interface InPart {
  readonly limitedInPart?: Pick<Limited, 'until' | 'scope' | 'said'>;
}

/** The job was started, or one like it was handed back (`coalesced`: nothing new was pulled or billed). */
export interface Accepted extends InPart {
  readonly kind: 'accepted';
  readonly providerTaskId: string | null;
  readonly coalesced: boolean;
}
/** Data advanced to `asOf`, or the provider confirmed that nothing was new. */
export interface Done {
  readonly kind: 'done';
  readonly asOf: Instant | null;
  readonly newData: boolean | null;
}
/** Some of it came. `products`: those that did, where the provider says; else null. */
export interface PartlyDone extends InPart {
  readonly kind: 'partial';
  readonly asOf: Instant | null;
  readonly newData: boolean | null;
  readonly products: readonly Product[] | null;
  /** Some of its calls surely were not carried out: it costs less than its price, and nobody says how much. */
  readonly billedInPart?: boolean;
}
/** The provider is pulling already, for somebody else's request. */
export interface Busy {
  readonly kind: 'busy';
  readonly runningId: string | null;
}
/** Refused by a limit of the provider or the bank; nothing happened. `until` null: not told. */
export interface Limited {
  readonly kind: 'limited';
  readonly until: Instant | null;
  readonly scope: ClosureScope;
  /** The provider's own code or wording, where it has one: the catalogue knows what some of them say is spent. */
  readonly said?: string | null;
}
export interface CustomerNeeded {
  readonly kind: 'customer-needed';
  readonly event: CustomerNeededEvent;
  readonly message: string;
}
/** For good: asking again does not help until something is changed. */
export interface Refused {
  readonly kind: 'refused';
  readonly message: string;
}
/**
 * Down for now. Before or at the call it means that surely nothing happened (never sent, or a typed refusal); as the
 * end of a job it means that the job failed by it.
 */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly who: 'institution' | 'provider';
  readonly retryAt: Instant | null;
  readonly message: string;
  /** Said to be maintenance: until then, or null where no end is told. Left out: it is not. */
  readonly maintenanceUntil?: Instant | null;
}
/** The reply was lost, or says nothing about whether it happened. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly message: string;
}
export interface Pending {
  readonly kind: 'pending';
}

type WithStatus<Answer> = Answer & {
  /** What the same reply says of the connection's status, if anything: it outranks what we would derive. */
  readonly told?: StatusTold | null;
};

/** The closed union that every connector answers a forced refresh with. */
export type RefreshAnswer = WithStatus<
  Accepted | Done | PartlyDone | Busy | Limited | CustomerNeeded | Refused | Unavailable | Unknown
>;

/** What a look at a running refresh shows. `unknown`: the look itself failed. */
export type RefreshProgress = WithStatus<
  Pending | Done | PartlyDone | Limited | CustomerNeeded | Refused | Unavailable | Unknown
>;

/** A page where the customer repairs or makes the connection. */
export interface LinkIssued {
  readonly kind: 'link';
  readonly connectUrl: string;
  readonly expiresAt: Instant | null;
}
export type LinkAnswer = LinkIssued | Refused | Limited | Unavailable | Unknown;

/** Adding products, deleting: taken by the provider (`gone`: it no longer knows the connection). */
export type ChangeAnswer =
  { readonly kind: 'accepted' } | { readonly kind: 'gone' } | Refused | Limited | Unavailable | Unknown;

/** A connection brought in by the connector's own import. */
export type ImportAnswer =
  | {
      readonly kind: 'imported';
      readonly externalId: string;
      readonly providerConnectionId: string | null;
      /** What the connection is addressed with from now on, where the import made it; else what was given. */
      readonly credentials?: Readonly<Record<string, string>>;
    }
  | Refused
  | Limited
  | Unavailable
  | Unknown;

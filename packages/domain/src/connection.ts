import type { ConnectionId, TenantId } from './ids.js';
import type { Product } from './products.js';
import type { Instant } from './time.js';

/** How we talk to a provider. Open: a connector that is not configured is a fact, not a type error. */
export type ConnectorName = string;
/** Who aggregates: MX, PLAID, FINICITY, AKOYA, BUD, ... An unknown one has no policy and is never forced. */
export type ProviderName = string;

export type Freshness = Readonly<Partial<Record<Product, Instant>>>;

/** One customer's link to one institution through one provider. */
export interface Connection {
  readonly id: ConnectionId;
  readonly tenantId: TenantId;
  /** The id by which the connector addresses it; (tenant, connector, externalId) is its identity. */
  readonly externalId: string;
  readonly connector: ConnectorName;
  readonly provider: ProviderName;
  readonly customerId: string;
  readonly institutionId: string;
  /** The id at the provider behind the connector; equal in duplicates. */
  readonly providerConnectionId: string | null;
  readonly loginFingerprint: string | null;
  /** What duplicates share; a connection without known duplicates has a key of its own (its id). */
  readonly groupKey: string;
  /** Exactly one living member of a group is active. */
  readonly active: boolean;
  /** A status of ours, or a provider's word kept verbatim. */
  readonly status: string;
  readonly statusReason: string | null;
  /** The provider's own time of the status that it told last: an older word never overwrites a newer one. */
  readonly statusToldAt: Instant | null;
  readonly products: readonly Product[];
  readonly optionalProducts: readonly Product[];
  /** When each product last arrived, by any pull. */
  readonly freshness: Freshness;
  readonly lastSuccessAt: Instant | null;
  readonly lastAttemptAt: Instant | null;
  readonly lastForcedAt: Instant | null;
  /** The newest pull that the provider made by itself: it keeps its own hours. */
  readonly lastBackgroundAt: Instant | null;
  /** From then on the background refresh counts as missed. */
  readonly staleAt: Instant | null;
  /** Failures in a row of the login or the connection itself; outages do not count. */
  readonly consecutiveFailures: number;
  readonly historicalLoaded: boolean;
  readonly consentExpiresAt: Instant | null;
  readonly connectedAt: Instant;
  /** Sealed; opened only by the connector's call. */
  readonly credentials: string | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

/** One status change, with what caused it. */
export interface StatusChange {
  readonly id: string;
  readonly tenantId: TenantId;
  readonly connectionId: ConnectionId;
  readonly event: string;
  readonly fromStatus: string | null;
  readonly fromReason: string | null;
  readonly toStatus: string;
  readonly toReason: string | null;
  /** The id of the task, webhook or request behind it. */
  readonly cause: string;
  readonly at: Instant;
}

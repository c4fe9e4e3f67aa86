import type { ConnectorName, ProviderName } from './connection.js';
import type { ConnectionId, TenantId } from './ids.js';
import type { Instant } from './time.js';

/** A connection whose provider pulls it by itself: the refresh that is awaited, and whether it came. */
export interface BackgroundWatch {
  readonly id: ConnectionId;
  readonly tenantId: TenantId;
  readonly connector: ConnectorName;
  readonly provider: ProviderName;
  readonly institutionId: string;
  /** When the awaited one was expected, as of the last time that this was worked out. */
  readonly expectedAt: Instant;
  /** When it is next asked whether it came; null: it waits to be read at the provider. */
  readonly dueAt: Instant | null;
  /** Since when it waits for its turn to be read at the provider; null: it does not. */
  readonly lookSince: Instant | null;
  /** How often it was asked in vain. */
  readonly misses: number;
  /** When the one that did not come was expected; null: none is late. */
  readonly lateSince: Instant | null;
  /** Since when, late as it is, its data is older than its policy lets it be; null: it is not. */
  readonly staleSince: Instant | null;
}

/** All that a provider pulls by itself through one connector, or what it pulls at one institution. */
export const feedScopes = ['provider', 'institution'] as const;
export type FeedScope = (typeof feedScopes)[number];

/** Whether the refresh that was awaited of one connection came. */
export interface FeedOutcome {
  readonly connectionId: ConnectionId;
  readonly institutionId: string;
  readonly came: boolean;
  readonly at: Instant;
}

/** What is remembered of a feed while some of what is expected of it is late. */
export interface Feed {
  /** Built by `feedId`. */
  readonly id: string;
  readonly tenantId: TenantId;
  readonly connector: ConnectorName;
  readonly provider: ProviderName;
  readonly scope: FeedScope;
  /** The institution; empty for the provider. */
  readonly scopeKey: string;
  /** The last ones, one for each connection, the oldest first. */
  readonly outcomes: readonly FeedOutcome[];
  /** So many of them missed make it silent. */
  readonly needed: number;
  /** Null: it is not silent. */
  readonly silentSince: Instant | null;
  /** When its last silence ended; null: it never was silent, as far as this is remembered. */
  readonly endedAt: Instant | null;
  readonly at: Instant;
}

export const feedId = (feed: Pick<Feed, 'tenantId' | 'connector' | 'provider' | 'scope' | 'scopeKey'>): string =>
  JSON.stringify([feed.tenantId, feed.connector, feed.provider, feed.scope, feed.scopeKey]);

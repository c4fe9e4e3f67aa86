import type { ConnectionId, DecisionId, TaskId, TenantId } from './ids.js';
import type { Money } from './money.js';
import type { Product } from './products.js';
import type { DurationMs, Instant } from './time.js';

export const verdicts = ['force', 'join', 'reuse', 'wait', 'refuse'] as const;
export type Verdict = (typeof verdicts)[number];

/** `auto` weighs a free background refresh against the price; `force` does not. */
export const modes = ['auto', 'force'] as const;
export type Mode = (typeof modes)[number];

/** The ten gates, in the order in which they are asked. */
export const gates = [
  'status',
  'products',
  'in-flight',
  'recent',
  'fresh',
  'open',
  'limits',
  'budget',
  'worth',
  'force',
] as const;
export type Gate = (typeof gates)[number];

/** Why a refresh was refused: the slugs of the API's problems. */
export const refusals = [
  'not-refreshable',
  'product-not-granted',
  'range-out-of-reach',
  'customer-required',
  'not-forceable',
  'provider-closed',
  'rate-limited',
  'budget-exhausted',
] as const;
export type Refusal = (typeof refusals)[number];

/** What a gate found. The sentence is rendered when somebody reads it. */
export const reasonCodes = [
  'STATUS_ALLOWS',
  'STATUS_ATTENDED_ONLY',
  'STATUS_FORBIDS',
  'PRODUCTS_GRANTED',
  'PRODUCT_NOT_GRANTED',
  'RANGE_OUT_OF_REACH',
  'NONE_IN_FLIGHT',
  'IN_FLIGHT',
  'IN_FLIGHT_WIDENED',
  'IN_FLIGHT_LACKS_PRODUCTS',
  'IN_FLIGHT_RANGE_WIDENED',
  'IN_FLIGHT_LACKS_RANGE',
  'NONE_RECENT',
  'RECENT_COUNTS',
  'FRESHNESS_NOT_ASKED',
  'FRESHNESS_NOT_WEIGHED',
  'FRESH_ENOUGH',
  'NOT_FRESH_ENOUGH',
  'PROVIDER_OPEN',
  'CONNECTOR_OFF',
  'NO_FORCED_REFRESH',
  'UNATTENDED_FORBIDDEN',
  'CUSTOMER_REQUIRED',
  'PROVIDER_PAUSED',
  'PROVIDER_IN_MAINTENANCE',
  'BREAKER_OPEN',
  'LIMITS_ALLOW',
  'LIMIT_REACHED',
  'LIMIT_TOLD_BY_PROVIDER',
  'NO_BUDGET',
  'BUDGETS_ALLOW',
  'BUDGET_EXHAUSTED',
  'BUDGET_KEPT_FOR_ATTENDED',
  'BUDGET_PACED',
  'BUDGET_OVERRUN',
  'HELD_LONGER',
  'PRICE_UNKNOWN',
  'BACKGROUND_IN_TIME',
  'BACKGROUND_INSTEAD',
  'BACKGROUND_LATE',
  'FEED_SILENT',
  'WORTH_FORCING',
  'WORTH_WAITING',
  'WORTH_OVERDUE',
  'WORTH_UNKNOWN',
  'WORTH_NOT_WEIGHED',
  'FORCED',
] as const;
export type ReasonCode = (typeof reasonCodes)[number];

/** Numbers and names behind a reason; instants and durations in milliseconds, money in micros. */
export type ReasonData = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export interface DecisionReason {
  readonly gate: Gate;
  readonly code: ReasonCode;
  readonly data: ReasonData;
}

/** Where one limit stood. */
export interface LimitState {
  readonly name: string;
  readonly scope: string;
  readonly limit: number;
  readonly remaining: number;
  /** When it next gives something back; null while nothing is taken. */
  readonly resetAt: Instant | null;
}

/** The customer caused this request and is there. Never invented, never replayed. */
export interface CustomerPresence {
  readonly ip: string;
  readonly userAgent: string | null;
}

/** What a pull brings: from null, what the provider takes by itself; to null, all until it pulls. */
export interface TimeRange {
  readonly from: Instant | null;
  readonly to: Instant | null;
}

/** What was asked. Presence itself is not part of it: only that there was one. */
export interface RefreshRequest {
  readonly mode: Mode;
  /** Null: all that the connection has. */
  readonly products: readonly Product[] | null;
  readonly maxAgeMs: DurationMs | null;
  readonly from: Instant | null;
  readonly to: Instant | null;
  readonly attended: boolean;
}

/** The answer to one refresh request, without the ids that recording it adds. */
export interface Decision {
  readonly verdict: Verdict;
  readonly refusal: Refusal | null;
  readonly mode: Mode;
  readonly attended: boolean;
  readonly products: readonly Product[];
  /** Null where nothing is spent or the price is not known. */
  readonly cost: Money | null;
  /** Join and reuse: the task whose result this is. */
  readonly taskId: TaskId | null;
  readonly asOf: Instant | null;
  readonly nextForcedAt: Instant | null;
  readonly nextBackgroundAt: Instant | null;
  readonly reasons: readonly DecisionReason[];
  readonly limits: readonly LimitState[];
  /** The active twin whose place it takes once the provider has accepted. */
  readonly promotes: ConnectionId | null;
  /** Join: products that a queued task gains by this request. */
  readonly widens: readonly Product[];
  /** Join: the range that a queued task has from this request on; null: the one that it had. */
  readonly widensRange: TimeRange | null;
  /** Refuse: when it would pass, what helps instead, and of which connection. */
  readonly retryAt: Instant | null;
  readonly operation: 'repair' | 'connect' | null;
  readonly operationConnectionId: ConnectionId | null;
  readonly limit: string | null;
  readonly budget: string | null;
}

/** A decision as it is kept, with the facts that it saw, so that it can be decided again. */
export interface DecisionRecord {
  readonly id: DecisionId;
  readonly tenantId: TenantId;
  readonly connectionId: ConnectionId;
  readonly verdict: Verdict;
  /** The task that it opened, joined or reuses. */
  readonly taskId: TaskId | null;
  readonly policyVersion: string;
  readonly decision: Decision;
  readonly request: RefreshRequest;
  /** RefreshFacts, as JSON. */
  readonly facts: unknown;
  readonly decidedAt: Instant;
}

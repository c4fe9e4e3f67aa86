import type { FeedScope } from './background-watch.js';
import type { CalendarUnit } from './calendar.js';
import type { Closure } from './closure.js';
import type { Connection, ProviderName } from './connection.js';
import type { PullId, TaskId } from './ids.js';
import type { BudgetCounterId } from './ledger.js';
import type { Money } from './money.js';
import type { Product } from './products.js';
import type { ForcingFacts, PlaceDemand, ShadowPrice } from './rates.js';
import type { TaskState } from './task.js';
import type { Instant } from './time.js';

/** What a decision may know of a connection: no credentials, nothing that it does not weigh. */
export type ConnectionFacts = Pick<
  Connection,
  | 'id'
  | 'connector'
  | 'provider'
  | 'customerId'
  | 'institutionId'
  | 'groupKey'
  | 'active'
  | 'status'
  | 'statusReason'
  | 'products'
  | 'lastSuccessAt'
  | 'lastAttemptAt'
  | 'lastForcedAt'
  | 'lastBackgroundAt'
  | 'connectedAt'
  | 'consentExpiresAt'
  | 'historicalLoaded'
>;

export interface OpenTaskFacts {
  readonly id: TaskId;
  readonly pullId: PullId;
  readonly cost: Money | null;
  readonly state: TaskState;
  readonly products: readonly Product[];
  readonly attended: boolean;
  readonly from: Instant | null;
  readonly to: Instant | null;
}

/**
 * How much of a limit is used, read from the newest pulls that count against it. One that is still reserved counts until
 * it is sent, whenever it was made; it is yet to come, so it ranks as newer than all that were sent, and has no time.
 */
export interface Usage {
  /** Counted pulls since the start of the window, at most as many as the limit allows this request. */
  readonly count: number;
  /** The oldest of those that were sent: the one that has to leave a full rolling window; null where none was. */
  readonly oldestAt: Instant | null;
  readonly latestAt: Instant | null;
}

/** An earlier pull that the provider would hand out again instead of pulling. */
export interface RecentPull {
  readonly at: Instant;
  readonly taskId: TaskId | null;
  readonly products: readonly Product[];
}

export interface BudgetFacts {
  readonly name: string;
  /** Null: every provider. */
  readonly provider: ProviderName | null;
  readonly currency: string;
  readonly amountMicros: number;
  readonly period: CalendarUnit;
  readonly timeZone: string;
  /** `soft`: what does not fit is let through, and told. */
  readonly enforcement: 'hard' | 'soft';
  /** By how much of the period spending may be ahead of time; null: it need not keep pace with it. */
  readonly headStart: number | null;
  /** The share of the amount that only attended requests may use. */
  readonly reserveForAttended: number;
  /** Shares of the amount at which somebody is told, and those of which they were. */
  readonly alertAt: readonly number[];
  readonly alerted: readonly number[];
  readonly periodStart: Instant;
  readonly periodEnd: Instant;
  readonly counterId: BudgetCounterId;
  readonly reservedMicros: number;
  readonly chargedMicros: number;
  readonly uncertainMicros: number;
  /** Null: nothing was spent of it yet, so it begins at the catalogue's worth. */
  readonly shadow: ShadowPrice | null;
}

/** What keeps a background refresh from being waited for. */
export interface LateFacts {
  /** When the one was expected that did not come; null: that of this connection is not late. */
  readonly since: Instant | null;
  /** What is silent as a whole; null: nothing. */
  readonly feed: {
    readonly scope: FeedScope;
    readonly since: Instant;
    /** Of the last so many that were awaited of it, so many were missed. */
    readonly missed: number;
    readonly of: number;
  } | null;
}

/** Everything that `decideRefresh` sees beside the request and the policy. */
export interface RefreshFacts {
  readonly now: Instant;
  readonly asked: ConnectionFacts;
  /** The group's active connection: the asked one itself where it has no twins. */
  readonly active: ConnectionFacts;
  /** Of the provider connection: the newest of all twins, per product. */
  readonly freshness: Readonly<Partial<Record<Product, Instant>>>;
  readonly openTask: OpenTaskFacts | null;
  /** Within the time in which the provider hands the last pull back; null also where it has no such rule. */
  readonly recent: RecentPull | null;
  /** The pull that made the data fresh; looked up only where the caller states a maxAge. */
  readonly latest: RecentPull | null;
  /** By the limit's name; a limit without an entry has not been used. */
  readonly usage: Readonly<Record<string, Usage>>;
  /** By the limit's name, of limits that many connections share; left out: none of them was asked for a place yet. */
  readonly demand?: Readonly<Record<string, PlaceDemand>>;
  readonly closures: readonly ClosureFacts[];
  /** Whether the connector that would make the call is switched on. */
  readonly connectorOn: boolean;
  /** Where it is off: what has to be set for it to be on; empty: there is no such connector here. */
  readonly connectorNeeds?: readonly string[];
  readonly budgets: readonly BudgetFacts[];
  /** What forcing would bring: weighed in mode auto only, null in mode force. */
  readonly forcing: ForcingFacts | null;
  /** Mode auto only, and only where something is late. */
  readonly late?: LateFacts;
}

export type ClosureFacts = Pick<Closure, 'scope' | 'scopeKey' | 'kind' | 'until'> & Partial<Pick<Closure, 'probe'>>;

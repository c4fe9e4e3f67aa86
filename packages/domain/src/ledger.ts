import type { ConnectorName, ProviderName } from './connection.js';
import type { ConnectionId, LedgerId, PullId, TaskId, TenantId } from './ids.js';
import type { Charge } from './task.js';
import type { ShadowPrice } from './rates.js';
import type { Instant } from './time.js';

/** `<budget>@<start of the period in ms>`. */
export type BudgetCounterId = string;

/** One movement of money. Each pull has one `reserved` entry and, once settled, one of the others. Never changed. */
export interface LedgerEntry {
  readonly id: LedgerId;
  readonly tenantId: TenantId;
  readonly connectionId: ConnectionId;
  readonly connector: ConnectorName;
  readonly provider: ProviderName;
  readonly taskId: TaskId | null;
  readonly pullId: PullId;
  readonly kind: Charge;
  readonly micros: number;
  readonly currency: string;
  /** What decided it: the decision, task or webhook. */
  readonly cause: string;
  /** Of money that a new try holds on: since when it has been held. Budgets count it in the period of that time, for good. */
  readonly at: Instant;
}

/**
 * What a budget has held, spent and lost sight of, of the money that was first held in one of its periods. It says itself
 * what it counts: once made it is kept up, whether or not its budget is configured when money moves.
 */
export interface BudgetCounter {
  readonly id: BudgetCounterId;
  readonly tenantId: TenantId;
  /** Null: every provider. */
  readonly provider: ProviderName | null;
  readonly currency: string;
  readonly periodStart: Instant;
  readonly periodEnd: Instant;
  readonly reservedMicros: number;
  readonly chargedMicros: number;
  readonly uncertainMicros: number;
  /** What a micro of it has to buy, as of the last that was held. */
  readonly shadow: ShadowPrice | null;
  /** The thresholds that were told of: each is told once in a period, however often it is crossed. */
  readonly alerted: readonly number[];
}

/** A budget's use reached a threshold: as it was seen when that was noticed, once for each period. */
export interface BudgetAlert {
  /** `<id of the counter>#<threshold>`. */
  readonly id: string;
  readonly tenantId: TenantId;
  readonly budget: string;
  /** Null: every provider. */
  readonly provider: ProviderName | null;
  readonly currency: string;
  readonly periodStart: Instant;
  readonly periodEnd: Instant;
  /** Share of the amount. */
  readonly threshold: number;
  readonly amountMicros: number;
  readonly usedMicros: number;
  readonly at: Instant;
}

import type { ConnectorName, ProviderName } from './connection.js';
import type { ConnectionId, LedgerId, PullId, TaskId, TenantId } from './ids.js';
import type { Charge } from './task.js';
import type { ShadowPrice } from './rates.js';
import type { Instant } from './time.js';

/** A budget's counter that an entry moved, named so that the settlement moves the same one. */
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
  readonly budgets: readonly BudgetCounterId[];
  /** What decided it: the decision, task or webhook. */
  readonly cause: string;
  readonly at: Instant;
}

/** What a budget has held, spent and lost sight of in one of its periods. */
export interface BudgetCounter {
  /** `<budget>@<start of the period in ms>`. */
  readonly id: BudgetCounterId;
  readonly tenantId: TenantId;
  readonly reservedMicros: number;
  readonly chargedMicros: number;
  readonly uncertainMicros: number;
  /** What a micro of it has to buy, as of the last that was held. */
  readonly shadow: ShadowPrice | null;
}

import type { AuditId, TenantId } from './ids.js';
import type { Instant } from './time.js';

/** Sums by name, then by one dimension after the other: parts of the same audit add up. */
export interface SumTree {
  readonly [name: string]: number | SumTree;
}

/** A budget in the period in which an audit saw it. */
export interface BudgetFigure {
  readonly name: string;
  /** Null: every provider. */
  readonly provider: string | null;
  readonly currency: string;
  readonly enforcement: 'hard' | 'soft';
  readonly periodStart: Instant;
  readonly periodEnd: Instant;
  readonly amountMicros: number;
  readonly reservedMicros: number;
  readonly chargedMicros: number;
  readonly uncertainMicros: number;
  /** What the period will have cost at its end; null where nothing can be said of that. */
  readonly forecastMicros: number | null;
}

/** What an audit added up while it read, whatever it found: its size is that of a report, not of what was read. */
export interface AuditFigures {
  readonly id: AuditId;
  readonly tenantId: TenantId;
  readonly sums: SumTree;
  readonly budgets: readonly BudgetFigure[];
}

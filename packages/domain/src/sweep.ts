import type { TenantId } from './ids.js';
import type { DurationMs, Instant } from './time.js';

/** Why a connection gets no pull in a horizon: `not-due` is the only one that is nobody's fault. */
export const leftOutCauses = [
  'not-due',
  'not-allowed',
  'dormant',
  'closed',
  'gap',
  'not-worth',
  'no-money',
  'cap',
] as const;
export type LeftOutCause = (typeof leftOutCauses)[number];

export interface SweepRules {
  /** Nothing that may be pulled gets older than this, whatever it is worth; Infinity: worth alone decides. */
  readonly maxAgeMs: DurationMs;
  /** How seldom a customer is swept who has not looked for so long, the shortest absence first; null: not at all. */
  readonly dormancy: readonly { readonly afterMs: DurationMs; readonly everyMs: DurationMs | null }[];
  /** Pulls are planned that bring at least so many micros of value for a micro of price; 0: while there is money. */
  readonly worthAtLeast: number;
  /** After a closure its connections come back one by one over so long. */
  readonly reopeningMs: DurationMs;
}

/**
 * What one more pull costs beside its price, as the plan found it. Plain data: kept with the plan, it lets `nextPull`
 * plan one connection again without the others.
 */
export interface SweepPrices {
  /** Micros of value for a micro of each budget, beyond `worthAtLeast`. */
  readonly budgets: readonly {
    readonly name: string;
    readonly provider: string | null;
    readonly currency: string;
    readonly price: number;
  }[];
  /** Micros of value for a place under each cap that is short. */
  readonly accounts: Readonly<Record<string, number>>;
  readonly institutions: Readonly<Record<string, number>>;
}

/** What the plan predicts, before anything is called. */
export interface SweepForecast {
  readonly calls: number;
  readonly callsPerHour: readonly number[];
  readonly costs: readonly { readonly currency: string; readonly calls: number; readonly micros: number }[];
  readonly budgets: readonly {
    readonly name: string;
    readonly currency: string;
    readonly micros: number;
    readonly plannedMicros: number;
  }[];
  /** Share of the reads in the horizon that find fresh data, without any pull of the plan and with it. */
  readonly freshBefore: number;
  readonly freshAfter: number;
  /** The oldest that data gets in the horizon, of connections that were pulled before and may be swept. */
  readonly longestAgeMs: DurationMs;
  readonly leftOut: Readonly<Record<LeftOutCause, number>>;
}

/** The plan in force of one tenant's own pulls. One row a tenant, and its id is the tenant's. */
export interface KeptSweep {
  readonly id: TenantId;
  readonly tenantId: TenantId;
  readonly plannedAt: Instant;
  readonly until: Instant;
  readonly policyVersion: string;
  /** Connections that are ours to pull. */
  readonly connections: number;
  readonly prices: SweepPrices;
  readonly rules: SweepRules;
  readonly forecast: SweepForecast;
}

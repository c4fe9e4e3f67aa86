import type { CustomerNeededEvent, DurationMs, Executor, Product, ProviderName, PullOrigin } from '@freshet/domain';

/** What a limit's count is kept by. */
export const limitScopes = [
  'connection',
  'group',
  'customer-institution',
  'customer',
  'institution',
  'account',
] as const;
export type LimitScope = (typeof limitScopes)[number];

interface LimitBase {
  /** Unique in its policy; shown to callers. */
  readonly name: string;
  readonly scope: LimitScope;
  /** Whom it holds back. */
  readonly applies: 'all' | 'attended' | 'unattended';
  /** Only requests for one of these products, and pulls of them; null: any. */
  readonly products: readonly Product[] | null;
}

/** A pause after a pull: `success` counts from the data's arrival, `attempt` from any call of ours, `any-pull` from anybody's. */
export interface Cooldown extends LimitBase {
  readonly kind: 'cooldown';
  readonly after: 'success' | 'attempt' | 'any-pull';
  readonly forMs: DurationMs;
}

/** At most so many in a stretch of time. */
export interface Window extends LimitBase {
  readonly kind: 'window';
  readonly count: number;
  readonly per:
    | { readonly shape: 'rolling'; readonly ms: DurationMs }
    /** Minutes that begin at the full minute. */
    | { readonly shape: 'fixed'; readonly ms: DurationMs }
    | { readonly shape: 'calendar'; readonly unit: 'day' | 'month'; readonly timeZone: string };
  readonly counts: {
    readonly origins: readonly PullOrigin[];
    /** `success`: pulls that failed give their place back. */
    readonly on: 'attempt' | 'success';
    /** Null: both. */
    readonly attended: boolean | null;
  };
  /** Of the count, kept back for attended requests. */
  readonly reserveForAttended: number;
}

export type Limit = Cooldown | Window;

/** What a code or wording of the provider says when a limit is reached. */
export interface LimitedSign {
  /** As the provider spells it; `text` may stand in the middle of its words. */
  readonly says: string;
  readonly in: 'http-status' | 'code' | 'text' | 'field' | 'state';
  /** What is closed; null: what the answer's own scope says. */
  readonly scope: LimitScope | null;
  /** The allowance that is used up; null: not said. That of a plan does not come back by waiting. */
  readonly spent: 'minute' | 'day' | 'month' | 'plan' | null;
  /** At whose midnight it comes back; null: a whole such stretch later. */
  readonly timeZone: string | null;
}

/** The words of a caller's report on a permit. */
export const outcomeWords = ['done', 'partial', 'limited', 'unavailable', 'customer-needed', 'refused'] as const;
export type OutcomeWord = (typeof outcomeWords)[number];

/** What a code in the answer to a caller's own read means. */
export interface ReadOutcome {
  readonly outcome: OutcomeWord;
  /** Unavailable: who is down; null: not said. */
  readonly who: 'institution' | 'provider' | null;
  /** Customer-needed: what is wrong; null: not said. */
  readonly event: CustomerNeededEvent | null;
}

export interface Price {
  readonly currency: string;
  readonly perRequestMicros: number;
  /** The first set that holds every product asked for gives the price instead. */
  readonly productSets: readonly { readonly products: readonly Product[]; readonly micros: number }[];
  /** Added while history has not been loaded and TRANSACTIONS are asked for. */
  readonly historicalMicros: number;
  /** What loads the history: the first data of a connection, or (where that is switched off) its first refresh. */
  readonly historicalAt?: 'connect' | 'refresh';
  /** Pulls that nobody asked for as a refresh and that cost like one all the same. */
  readonly alsoBilled?: readonly Exclude<PullOrigin, 'forced'>[];
  readonly billedOn: 'success' | 'attempt';
}

/** One budget over forced refreshes. */
export interface Budget {
  readonly name: string;
  /** Null: every provider. */
  readonly provider: ProviderName | null;
  readonly currency: string;
  readonly amountMicros: number;
  readonly period: 'day' | 'week' | 'month';
  readonly timeZone: string;
  /** `hard`: what does not fit is not forced. `soft`: it is, and the overrun is told. */
  readonly enforcement: 'hard' | 'soft';
  /** Even pacing: what is used stays within the share of the period that has passed, and so much more; null: no pacing. */
  readonly headStart: number | null;
  /** Share of the amount, from 0 to 1, that only attended requests may use. */
  readonly reserveForAttended: number;
  /** Shares of the amount that are told of when the use reaches them. */
  readonly alertAt: readonly number[];
}

/** When failures in a row shut a provider or an institution, and for how long. */
export interface BreakerRule {
  /** So many of the last `of` ends (of different tasks) within the time. */
  readonly failures: number;
  readonly of: number;
  readonly withinMs: DurationMs;
  /** The first pause, doubling to the last while the task that tries it fails. */
  readonly pauseMs: DurationMs;
  readonly maxPauseMs: DurationMs;
  /** How long the end of that task is waited for before another may try. */
  readonly probeMs: DurationMs;
}

/**
 * The rules in force for one connection: the catalogue's entry with every override merged in, without sources.
 * What `decideRefresh` and its siblings take.
 */
export interface RefreshPolicy {
  /** Content hash of the whole catalogue and its overrides. */
  readonly version: string;
  readonly provider: ProviderName;
  /** False: the catalogue has no such provider, so nothing is ever forced at it. */
  readonly known: boolean;
  /** `twins`: equal keys are separate, separately billed connections. */
  readonly duplicates: 'grouped' | 'twins';
  readonly background: {
    readonly owner: 'provider' | 'engine';
    /** From one background pull to the next. */
    readonly everyMs: DurationMs;
    /** Without data for so long, a connection is stale; never less than `everyMs`. */
    readonly staleAfterMs: DurationMs;
    /** A forced pull pushes the background one away for so long; 0: it does not. */
    readonly suppressedByForcedMs: DurationMs;
  };
  readonly forced: {
    readonly available: boolean;
    readonly unattended: boolean;
    readonly executor: Executor;
  };
  /** A pull within this time is handed back instead of a new one; null: the provider has no such rule. */
  readonly coalesces: {
    readonly withinMs: DurationMs;
    readonly scope: LimitScope;
    readonly origins: readonly PullOrigin[];
  } | null;
  /** How far back a from/to may reach; null: the provider takes no range. */
  readonly range: { readonly maxBackMs: DurationMs; readonly overlapMs: DurationMs } | null;
  readonly limits: readonly Limit[];
  /** What its answers say when a limit is reached, as far as it is known. */
  readonly limitedSigns: readonly LimitedSign[];
  /** By the code in the answer to a caller's own read, as the provider spells it. */
  readonly readOutcomes: Readonly<Record<string, ReadOutcome>>;
  readonly price: Price | null;
  readonly consent: {
    readonly warnMs: DurationMs;
    /** What the end of the consent does: nothing works, or only the present customer may still refresh. */
    readonly lapse: 'consent_ended' | 'reconfirmation_lapsed';
    /** How long one lasts; null: not known, or told with each connection. */
    readonly lifeMs: DurationMs | null;
    /** What begins its life anew: a login at the bank, or a yes to whoever holds the consent; null: not known. */
    readonly renewal: 'reauthentication' | 'reconfirmation' | null;
  };
  /** How long a caller who says nothing would rather wait for a free background refresh than pay. */
  readonly patienceMs: DurationMs;
  /** Failures of the login in a row that make it UNRECOVERABLE. */
  readonly failuresToGiveUp: number;
  /** What forcing is worth where no budget steers the price. */
  readonly worth: {
    /** Value of a fresh read, as a multiple of the price of a forced refresh. */
    readonly valueMultiple: number;
    /** Expected changes at the bank, and reads of ours, while nothing better is known of the connection. */
    readonly changesPerDay: number;
    readonly readsPerDay: number;
  };
  readonly budgets: readonly Budget[];
  readonly breaker: BreakerRule;
  readonly execution: {
    /** A call that surely did not happen is tried again at most so often in all. */
    readonly maxAttempts: number;
    readonly backoffMs: DurationMs;
    readonly maxBackoffMs: DurationMs;
    /** Between looks at a running refresh: the first, doubling to the last. */
    readonly pollFirstMs: DurationMs;
    readonly pollMaxMs: DurationMs;
    /** An outcome that nobody could tell by then ends the task. */
    readonly giveUpMs: DurationMs;
    /** A told block is believed at most so long. */
    readonly maxBlockMs: DurationMs;
    /** Where the provider limits without saying until when. */
    readonly untoldBlockMs: DurationMs;
  };
}

/** What a policy is looked up by: overrides may name any of them. */
export interface PolicySelector {
  readonly tenantId: string;
  readonly connector: string;
  readonly provider: string;
  readonly institutionId: string;
  readonly connectionId: string;
}

/** Every policy of one catalogue version. Unknown providers get a policy that never forces. */
export interface PolicyBook {
  readonly version: string;
  /** The whole book as JSON, as it is archived. */
  readonly archive: string;
  readonly providers: readonly string[];
  policyFor(selector: PolicySelector): RefreshPolicy;
  /** Every budget that holds a tenant: those of all tenants too, which each has for itself. */
  budgetsFor(tenantId: string): readonly Budget[];
}

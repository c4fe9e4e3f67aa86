import type { FaultName, ReplyFault, WebhookFault } from '../faults.js';

/** Times are milliseconds of the emulator's clock. */
type Ms = number;

/** What the emulator knows about one connection; at Bud one connection is one consent. */
export interface Connection {
  readonly connector: string;
  readonly provider: string;
  readonly externalId: string;
  readonly providerConnectionId: string | null;
  readonly customerId: string;
  readonly institutionId: string;
  readonly products: readonly string[];
  readonly optionalProducts: readonly string[];
  readonly status: string;
  readonly statusReason: string | null;
  readonly createdAt: Ms;
  /** The newest pull that brought data, forced or background. */
  readonly lastSuccessAt: Ms | null;
  /** When a forced refresh was last accepted, whatever came of it. */
  readonly lastForcedAt: Ms | null;
  readonly consentedAt: Ms | null;
  readonly consentExpiresAt: Ms | null;
  readonly revokedAt: Ms | null;
  readonly revokeReason: string | null;
  readonly credentials: Readonly<Record<string, string>>;
  /** Transactions that the bank has and no pull has brought yet. */
  readonly waitingTransactions: number;
  /** How many pulls were started: it makes each pull's duration its own, yet the same in every run. */
  readonly pulls: number;
}

export type PullOutcome = 'success' | 'partial' | 'login-required' | 'nothing';

/** A pull that is running at a Meld provider. */
export interface MeldJob {
  readonly id: string;
  readonly connectionKey: string;
  readonly products: readonly string[];
  readonly dueAt: Ms;
  readonly outcome: PullOutcome;
  readonly webhooks: WebhookFault | null;
}

export interface MxUser {
  readonly guid: string;
  readonly id: string | null;
  readonly email: string | null;
  readonly metadata: string | null;
}

/** What MX runs for a member. */
export interface MxJob {
  readonly id: string;
  readonly kind: 'AGGREGATION' | 'BALANCE' | 'HISTORY';
  readonly products: readonly string[];
  readonly dueAt: Ms;
  /** What it comes to when it is due; `question`: the bank asks, `unanswered`: nobody has answered. */
  readonly outcome: Exclude<PullOutcome, 'nothing'> | 'question' | 'unanswered';
  readonly webhooks: WebhookFault | null;
}

/** What MX knows of a member beside its connection. */
export interface MxMember {
  readonly connectionKey: string;
  readonly userGuid: string;
  readonly id: string | null;
  readonly metadata: string | null;
  /** MX's word. Null: no credentials yet. */
  readonly connectionStatus: string | null;
  readonly backgroundIsDisabled: boolean;
  /** When the last job started, whatever came of it. */
  readonly aggregatedAt: Ms | null;
  readonly mostRecentJob: string | null;
  /** Of the last job that brought something. */
  readonly processed: { readonly accounts: boolean; readonly numbers: boolean; readonly transactions: boolean };
  readonly job: MxJob | null;
  /** When balances were checked lately. */
  readonly balanceChecks: readonly Ms[];
}

/** When one product of an Item was last updated, and last could not be. */
export interface PlaidUpdates {
  readonly successAt: Ms | null;
  readonly failedAt: Ms | null;
}

/** What Plaid shows of an Item beside its connection. */
export interface PlaidItem {
  readonly externalId: string;
  readonly transactions: PlaidUpdates;
  readonly investments: PlaidUpdates;
  readonly lastWebhook: { readonly at: Ms; readonly code: string } | null;
}

/** A pull of one product that is running at Plaid. */
export interface PlaidJob {
  readonly id: string;
  readonly connectionKey: string;
  readonly product: 'transactions' | 'investments';
  readonly outcome: PullOutcome;
  readonly webhooks: WebhookFault | null;
}

/** How often an endpoint was called in a minute, by one client or for one Item. */
export interface PlaidCount {
  readonly minute: number;
  readonly count: number;
}

export interface BudSubTask {
  readonly id: string;
  readonly provider: string;
  readonly consentIds: readonly string[];
  /** Null where nothing will ever happen (`silent-noop`). */
  readonly dueAt: Ms | null;
  /** What the task will come to. */
  readonly ending: BudEnding;
  /** Null while it runs. */
  readonly result: string | null;
  readonly hasNewTransactions: boolean;
}

export interface BudEnding {
  readonly result: string;
  readonly reconnectRequired: boolean;
  /** Bud's prose says Completed where its examples say Failed; both can be had. */
  readonly status: 'Completed' | 'Failed';
}

export interface BudTask {
  readonly id: string;
  readonly kind: 'refresh-v1' | 'refresh-v2' | 'connect' | 'revoke';
  readonly customer: string;
  readonly startedAt: Ms;
  readonly window: { readonly from: Ms; readonly to: Ms };
  readonly transactions: boolean;
  readonly subTasks: readonly BudSubTask[];
  readonly webhooks: WebhookFault | null;
}

export interface BudToken {
  readonly token: string;
  readonly use: 'access' | 'refresh';
  readonly clientId: string;
  readonly expiresAt: Ms;
}

export interface FinicityToken {
  readonly token: string;
  readonly partnerId: string;
  readonly expiresAt: Ms;
}

/** A partner's failed authentications in a row. */
export interface FinicityPartner {
  readonly partnerId: string;
  readonly failures: number;
}

/** One account of a login. Null: not yet. */
export interface FinicityAccount {
  readonly id: string;
  readonly type: string;
  readonly code: number | null;
  readonly attemptAt: Ms | null;
  readonly successAt: Ms | null;
  readonly balanceAt: Ms | null;
  readonly oldestAt: Ms;
}

/** What Finicity keeps of a login beside the connection. */
export interface FinicityLogin {
  readonly externalId: string;
  readonly accounts: readonly FinicityAccount[];
  /** The connection's status that the accounts' codes were made for. */
  readonly statusShown: string;
  /** The pull that is under way. */
  readonly running: string | null;
  /** When the bank was asked, within the last hour. */
  readonly askedAt: readonly Ms[];
  /** What the last repair page was given, to come back with its events; null: nobody wants them. */
  readonly webhookData: Readonly<Record<string, unknown>> | null;
}

/** A pull of a login: a job that can be looked at where `isJob`. */
export interface FinicityPull {
  readonly id: string;
  readonly externalId: string;
  readonly isJob: boolean;
  readonly isHistoric: boolean;
  readonly outcome: PullOutcome;
  readonly webhooks: WebhookFault | null;
  /** What each account came to; null while it runs. */
  readonly codes: Readonly<Record<string, number>> | null;
}

/** A page on which the customer would log in at the bank. */
export interface WidgetSession {
  readonly token: string;
  readonly connector: string;
  readonly purpose: 'connect' | 'repair';
  /** Meld and Finicity: the one connection. Bud: the consents that get renewed. */
  readonly externalIds: readonly string[];
  /** Bud: who gets a consent, at which providers, where there is none to renew. */
  readonly customer: string;
  readonly providers: readonly string[];
  readonly redirectUrl: string | null;
  readonly expiresAt: Ms;
  readonly completedAt: Ms | null;
}

export interface Fault {
  readonly id: string;
  readonly provider: string;
  readonly externalId: string | null;
  readonly fault: FaultName;
  readonly operation: string;
  /** Null: until deleted. */
  readonly timesLeft: number | null;
  readonly retryAfterSeconds: number | null;
}

/** One request that a provider's address got: the half of the ledger that no engine writes. */
export interface CallRecord {
  readonly id: string;
  readonly connector: string;
  readonly provider: string | null;
  readonly operation: string;
  readonly externalIds: readonly string[];
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: unknown;
  readonly at: Ms;
  readonly billed: boolean;
  /** Null where no answer was given. */
  readonly status: number | null;
  readonly faults: readonly (FaultName | ReplyFault)[];
}

export interface Bill {
  readonly id: string;
  readonly callId: string;
  readonly connector: string;
  readonly provider: string;
  readonly externalId: string;
  readonly providerConnectionId: string | null;
  readonly products: readonly string[];
  readonly at: Ms;
}

/** A webhook that has not been received yet. */
export interface Delivery {
  readonly id: string;
  readonly connector: string;
  /** Webhooks of one subject are sent one after the other. */
  readonly subject: string;
  readonly body: string;
  readonly attempts: number;
  readonly firstDueAt: Ms;
  readonly retryReason: string | null;
}

/** Something that will happen by itself. */
export interface Due {
  readonly id: string;
  readonly at: Ms;
  readonly kind: string;
  /** The record that it is about. */
  readonly about: string;
}

export interface Maintenance {
  readonly provider: string;
  readonly start: Ms;
  /** Null: until somebody ends it. */
  readonly end: Ms | null;
}

export interface ClockRecord {
  readonly offsetMs: number;
}

export interface SigningKey {
  readonly kid: string;
  readonly privateJwk: Readonly<Record<string, unknown>>;
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

import type {
  ChangeAnswer,
  ConnectorName,
  CustomerPresence,
  ImportAnswer,
  Instant,
  LinkAnswer,
  Product,
  ProviderEvent,
  ProviderName,
  PullId,
  RefreshAnswer,
  RefreshProgress,
  StatusAndReason,
  StatusTold,
} from '@freshet/domain';

/** Access tokens, ids at the provider, secrets: opened for one call, never logged. */
export type Credentials = Readonly<Record<string, string>>;

/** The connection that a call is about, in the connector's terms. */
export interface ConnectionCall {
  readonly externalId: string;
  readonly provider: ProviderName;
  readonly customerId: string;
  readonly institutionId: string;
  readonly providerConnectionId: string | null;
  readonly credentials: Credentials | null;
}

export interface RefreshCall extends ConnectionCall {
  /** Names this attempt; sent where the provider takes an idempotency key. */
  readonly pullId: PullId;
  readonly products: readonly Product[];
  /** Whether these are all that the connection has: some providers then want none named. */
  readonly allProducts: boolean;
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** False: the first load of the transactions' history, which the decision priced. Left out, it was loaded before. */
  readonly historicalLoaded?: boolean;
  /** Sent on only here, and only where the customer caused this very request. */
  readonly presence: CustomerPresence | null;
}

export interface ProgressCall extends ConnectionCall {
  readonly providerTaskId: string | null;
  readonly products: readonly Product[];
  /** When the call was sent: what the provider shows from before that is not its result. */
  readonly sentAt: Instant;
  /** The newest data before it. */
  readonly asOfBefore: Instant | null;
  /**
   * The status when the call was sent (not the present one): a status that was there before is not its result. Where it
   * is left out, a connector that reads the outcome from the status goes on waiting.
   */
  readonly statusBefore?: StatusAndReason | null;
}

export interface ImportCall {
  readonly provider: ProviderName;
  readonly customerId: string;
  readonly institutionId: string;
  readonly products: readonly Product[];
  readonly credentials: Credentials;
}

export interface CallContext {
  /** The engine's clock: for ages and expiries, never for deadlines. */
  readonly now: () => Instant;
  /** Aborted at the deadline; the call answers `unknown` where bytes had been sent, else `unavailable`. */
  readonly signal: AbortSignal;
}

export interface RefreshContext extends CallContext {
  /**
   * Awaited directly before the first byte of the call that may be billed: it makes `sent` durable. It rejects when
   * the lease was lost: then nothing is sent. Tokens are fetched before.
   */
  readonly sending: () => Promise<void>;
}

export interface RawWebhook {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The bytes as they came: signatures are over these. */
  readonly body: Uint8Array;
  /** The path's last part for senders that sign nothing; null where there was none. */
  readonly secret: string | null;
  readonly receivedAt: Instant;
}

export type WebhookVerdict =
  /** `eventKey`: the sender's id of the event, by which a replay is known. */
  { readonly genuine: true; readonly eventKey: string } | { readonly genuine: false; readonly why: string };

/** What a connector can do; the rest answers `refused`. */
export interface ConnectorCapabilities {
  readonly refresh: boolean;
  readonly repair: boolean;
  readonly addProducts: boolean;
  readonly delete: boolean;
  /** Providers that the connector can bring in by its own import. */
  readonly imports: readonly ProviderName[];
  /** It tells statuses itself: its word outranks what we would derive. */
  readonly tellsStatus: boolean;
  readonly webhooks: boolean;
}

/**
 * One way of talking to providers. It translates and nothing else: no rule, no retry, no storage. It never throws for
 * what a provider can answer; an exception is a bug.
 */
export interface Connector {
  readonly name: ConnectorName;
  readonly capabilities: ConnectorCapabilities;
  refresh(call: RefreshCall, context: RefreshContext): Promise<RefreshAnswer>;
  progress(call: ProgressCall, context: CallContext): Promise<RefreshProgress>;
  /** The connection as the provider sees it now; null where it tells no status. */
  status(call: ConnectionCall, context: CallContext): Promise<StatusTold | null>;
  repair(call: ConnectionCall, context: CallContext): Promise<LinkAnswer>;
  addProducts(
    call: ConnectionCall & { readonly products: readonly Product[] },
    context: CallContext,
  ): Promise<ChangeAnswer>;
  delete(call: ConnectionCall, context: CallContext): Promise<ChangeAnswer>;
  import(call: ImportCall, context: CallContext): Promise<ImportAnswer>;
  verifyWebhook(raw: RawWebhook, context: CallContext): Promise<WebhookVerdict>;
  /** Pure: the same body gives the same events. Unknown types are `ignored`, never an error; a body that is not the sender's format gives []. */
  translateWebhook(body: string, receivedAt: Instant): readonly ProviderEvent[];
}

/** The connectors that are switched on, by name. */
export type Connectors = ReadonlyMap<ConnectorName, Connector>;

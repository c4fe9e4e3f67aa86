import type {
  ChangeAnswer,
  ConnectorName,
  CustomerNeeded,
  CustomerPresence,
  ImportAnswer,
  Instant,
  LinkAnswer,
  Limited,
  Product,
  ProviderEvent,
  ProviderName,
  PullId,
  RefreshAnswer,
  RefreshProgress,
  Refused,
  StatusAndReason,
  StatusShown,
  Unavailable,
  Unknown,
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

/** The token among the credentials that a caller's own read is made with. */
export interface HeldToken {
  /** Null: there is none yet. */
  readonly token: string | null;
  /** Null: not known. */
  readonly expiresAt: Instant | null;
  /** Whether a new one can be had without the customer. */
  readonly renewable: boolean;
}

/** `renewed`: all credentials as they are from now on. `customer-needed`: the refresh token is dead. */
export type RenewalAnswer =
  | { readonly kind: 'renewed'; readonly credentials: Credentials }
  | CustomerNeeded
  | Refused
  | Limited
  | Unavailable
  | Unknown;

/** What a connector does for callers who read by themselves: it keeps the token that they borrow current. */
export interface TokenKeeping {
  /** Pure. */
  tokenIn(credentials: Credentials): HeldToken;
  /** `sending` is awaited directly before the refresh token is sent: it may be good for one use. */
  renew(call: ConnectionCall, context: RefreshContext): Promise<RenewalAnswer>;
}

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
  /** `status` shows of a broken login whether its customer has mended it; what shows less would call it mended before it is. */
  readonly showsRepair: boolean;
  /** `status` costs nothing, and shows when the provider's newest data came. */
  readonly showsData: boolean;
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
  status(call: ConnectionCall, context: CallContext): Promise<StatusShown | null>;
  /**
   * What `status` would show of several connections of one customer at one provider, in their order, by fewer readings;
   * null of one that is not among them. Left out: they are read one by one.
   */
  statuses?(calls: readonly ConnectionCall[], context: CallContext): Promise<readonly (StatusShown | null)[]>;
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
  /** Where callers read by themselves, with tokens that may be kept here. */
  readonly tokens?: TokenKeeping;
}

/** The connectors that are switched on, by name. */
export type Connectors = ReadonlyMap<ConnectorName, Connector>;

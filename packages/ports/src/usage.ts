import type {
  ConnectionId,
  ConnectorName,
  Instant,
  Product,
  ProviderName,
  PullId,
  PullOrigin,
  PullState,
  TenantId,
} from '@freshet/domain';

/** The pulls that one limit counts: every column named must be equal. Each combination is a kind of scope, with its index. */
export type UsageScope =
  | { readonly kind: 'connection'; readonly groupKey: string; readonly connectionId: ConnectionId }
  | { readonly kind: 'group'; readonly groupKey: string }
  | {
      readonly kind: 'customer-institution';
      readonly provider: ProviderName;
      readonly customerId: string;
      readonly institutionId: string;
    }
  | { readonly kind: 'customer'; readonly provider: ProviderName; readonly customerId: string }
  | { readonly kind: 'institution'; readonly provider: ProviderName; readonly institutionId: string }
  | { readonly kind: 'account'; readonly connector: ConnectorName; readonly provider: ProviderName };

export interface UsageQuery {
  readonly tenantId: TenantId;
  readonly scope: UsageScope;
  readonly origins: readonly PullOrigin[];
  readonly states: readonly PullState[];
  /** Null: attended or not. */
  readonly attended: boolean | null;
  /** Null: whatever it brought; else only pulls that asked for one of these products at least. */
  readonly products: readonly Product[] | null;
  /** Pulls later than this count (exclusive); one that is still reserved counts whenever it was made, as Usage tells. */
  readonly since: Instant;
  /** The newest so many: a limit never needs more than its own count. */
  readonly take: number;
  /** A pull that asks for itself does not count against itself. */
  readonly except: PullId | null;
}

import type { ConnectorName, ProviderName } from './connection.js';
import type { TaskId, TenantId } from './ids.js';
import type { Instant } from './time.js';

/** `paused` by an operator; `limited` as the provider told; `maintenance` announced; `breaker` opened by failures. */
export const closureKinds = ['paused', 'limited', 'maintenance', 'breaker'] as const;
export type ClosureKind = (typeof closureKinds)[number];

export const closureScopes = ['provider', 'institution', 'group', 'connection'] as const;
export type ClosureScope = (typeof closureScopes)[number];

/** Something that is closed to forced refreshes until a time, or until it is opened. */
export interface Closure {
  /** Built by `closureId`: putting it again replaces it. */
  readonly id: string;
  readonly tenantId: TenantId;
  /** `*` for every connector (an operator's pause of a provider). */
  readonly connector: ConnectorName | '*';
  readonly provider: ProviderName;
  readonly scope: ClosureScope;
  /** The institution, group or connection; empty for the provider. */
  readonly scopeKey: string;
  readonly kind: ClosureKind;
  /** Null: until somebody opens it. */
  readonly until: Instant | null;
  /** The one task that may pass, to see whether it is over (a breaker alone). */
  readonly probe: TaskId | null;
  readonly at: Instant;
}

export const closureId = (closure: Omit<Closure, 'id' | 'until' | 'probe' | 'at'>): string =>
  JSON.stringify([
    closure.tenantId,
    closure.connector,
    closure.provider,
    closure.scope,
    closure.scopeKey,
    closure.kind,
  ]);

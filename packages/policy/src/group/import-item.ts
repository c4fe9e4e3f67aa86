import { permissionsOf } from '@freshet/domain';
import type { Connection, ConnectionId, Instant, Product, Task, TenantId } from '@freshet/domain';
import { staleAt } from '../background/next-background.js';
import { renewedUntil } from '../consent/renewal.js';
import type { RefreshPolicy } from '../policy.js';
import type { Draft } from './draft.js';
import { draftOf } from './draft.js';
import { groupKeyOf } from './elect.js';
import { credentialsLeft } from './severed.js';

/** One connection as it is brought in; what is absent stays as it is where the connection is known. */
export interface ImportItem {
  readonly externalId: string;
  readonly connector: string;
  readonly provider: string;
  readonly customerId: string;
  readonly institutionId: string;
  readonly providerConnectionId?: string | undefined;
  readonly loginFingerprint?: string | undefined;
  readonly products: readonly Product[];
  readonly optionalProducts?: readonly Product[] | undefined;
  readonly status?: string | undefined;
  readonly statusReason?: string | undefined;
  readonly lastSuccessAt?: Instant | undefined;
  readonly historicalLoaded?: boolean | undefined;
  readonly consentExpiresAt?: Instant | undefined;
  readonly connectedAt?: Instant | undefined;
  /** Sealed. */
  readonly credentials?: string | undefined;
  /** The connector has just made it by its own import, and pulls its first data. */
  readonly madeByConnector?: boolean | undefined;
}

/** A connection that was not known, as the item gives it. */
export const created = (
  item: ImportItem,
  id: ConnectionId,
  tenantId: TenantId,
  policy: RefreshPolicy,
  now: Instant,
): Connection => {
  const connectedAt = item.connectedAt ?? item.lastSuccessAt ?? now;
  const lastSuccessAt = item.lastSuccessAt ?? null;
  return {
    id,
    tenantId,
    externalId: item.externalId,
    connector: item.connector,
    provider: item.provider,
    customerId: item.customerId,
    institutionId: item.institutionId,
    providerConnectionId: item.providerConnectionId ?? null,
    loginFingerprint: item.loginFingerprint ?? null,
    groupKey: importedKey(item, null, id, policy),
    active: item.status !== 'DELETED',
    status: item.status ?? 'ACTIVE',
    statusReason: item.statusReason ?? null,
    statusToldAt: null,
    products: item.products,
    optionalProducts: item.optionalProducts ?? [],
    freshness:
      lastSuccessAt === null ? {} : Object.fromEntries(item.products.map((product) => [product, lastSuccessAt])),
    lastSuccessAt,
    lastAttemptAt: lastSuccessAt,
    lastForcedAt: null,
    lastBackgroundAt: null,
    staleAt: staleAt(policy, lastSuccessAt, connectedAt),
    consecutiveFailures: 0,
    // Where the history is switched off, data says nothing of it.
    historicalLoaded: item.historicalLoaded ?? (lastSuccessAt !== null && policy.price?.historicalAt !== 'refresh'),
    consentExpiresAt: item.consentExpiresAt ?? null,
    connectedAt,
    credentials: item.status === 'DELETED' ? null : (item.credentials ?? null),
    createdAt: now,
    updatedAt: now,
  };
};

/** The key of the group that an item puts its connection into. What is deleted leaves no group: its pulls are the group's. */
export const importedKey = (
  item: ImportItem,
  before: Connection | null,
  id: ConnectionId,
  { duplicates }: RefreshPolicy,
): string => {
  if (before !== null && (before.status === 'DELETED' || item.status === 'DELETED')) return before.groupKey;
  const { provider, customerId, institutionId } = item;
  const providerConnectionId = item.providerConnectionId ?? before?.providerConnectionId ?? null;
  const loginFingerprint = item.loginFingerprint ?? before?.loginFingerprint ?? null;
  const status = item.status ?? before?.status ?? 'ACTIVE';
  return groupKeyOf(
    { id, provider, customerId, institutionId, providerConnectionId, loginFingerprint, status },
    duplicates,
  );
};

const movingFields = [
  'providerConnectionId',
  'loginFingerprint',
  'provider',
  'customerId',
  'institutionId',
] as const satisfies readonly (keyof ImportItem)[];

/** What the item says that moves the connection into another group. */
export const movingField = (item: ImportItem, before: Connection): keyof ImportItem =>
  movingFields.find((field) => item[field] !== undefined && item[field] !== before[field]) ?? 'status';

const isWell = (status: string, reason: string | null): boolean => permissionsOf({ status, reason }).refresh === 'yes';

/** An end that has passed, and of which the item says nothing, is not that of the consent that made the connection well again. */
const consentEnd = (
  before: Connection,
  item: ImportItem,
  policy: RefreshPolicy,
  now: Instant,
): Pick<Connection, 'consentExpiresAt'> => {
  const { consentExpiresAt: end } = before;
  if (item.consentExpiresAt !== undefined) return { consentExpiresAt: item.consentExpiresAt };
  const isMended =
    item.status !== undefined &&
    isWell(item.status, item.statusReason ?? null) &&
    !isWell(before.status, before.statusReason);
  const isOver = end !== null && end <= now;
  return { consentExpiresAt: end, ...(isMended && isOver ? renewedUntil(before, now, policy) : {}) };
};

/** A known connection with what the item says; absent fields stay, DELETED stays DELETED, freshness never goes back. */
export const updated = (
  before: Connection,
  item: ImportItem,
  policy: RefreshPolicy,
  openTask: Task | null,
  now: Instant,
): Draft => {
  const draft = draftOf(before);
  if (before.status === 'DELETED') return draft;
  const isNewer =
    item.lastSuccessAt !== undefined && item.lastSuccessAt > (before.lastSuccessAt ?? Number.NEGATIVE_INFINITY);
  const lastSuccessAt = isNewer ? (item.lastSuccessAt ?? null) : before.lastSuccessAt;
  const connectedAt = item.connectedAt ?? before.connectedAt;
  const status = item.status ?? before.status;
  const next: Connection = {
    ...before,
    provider: item.provider,
    customerId: item.customerId,
    institutionId: item.institutionId,
    providerConnectionId: item.providerConnectionId ?? before.providerConnectionId,
    loginFingerprint: item.loginFingerprint ?? before.loginFingerprint,
    status,
    statusReason: item.status === undefined ? before.statusReason : (item.statusReason ?? null),
    products: item.products,
    optionalProducts: item.optionalProducts ?? before.optionalProducts,
    freshness: isNewer
      ? { ...before.freshness, ...Object.fromEntries(item.products.map((product) => [product, lastSuccessAt])) }
      : before.freshness,
    lastSuccessAt,
    staleAt: staleAt(policy, lastSuccessAt, connectedAt),
    historicalLoaded: item.historicalLoaded ?? before.historicalLoaded,
    ...consentEnd(before, item, policy, now),
    connectedAt,
    credentials: status === 'DELETED' ? credentialsLeft(before, openTask) : (item.credentials ?? before.credentials),
    active: status === 'DELETED' ? false : before.active,
    groupKey: importedKey(item, before, before.id, policy),
  };
  return { ...draft, after: next };
};

import { idOf, insert } from '@freshet/domain';
import type { Connection, ConnectionId, Effect, Instant, Product, StatusChange, TenantId } from '@freshet/domain';
import { staleAt } from '../background/next-background.js';
import { otherPull } from '../event/other-pull.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import type { Draft } from './draft.js';
import { draftOf, draftsEffects, happen } from './draft.js';
import { byRefresh, elect, groupKeyOf, isInactiveDuplicate, settleActive } from './elect.js';

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
}

export interface ImportFacts {
  /** By item, in order: the connection with that identity, where there is one. */
  readonly known: readonly (Connection | null)[];
  /** The living members of every group that an item is in or comes into, by key. */
  readonly groups: Readonly<Record<string, readonly Connection[]>>;
}

export interface Imported {
  readonly connection: Connection;
  readonly imported: 'created' | 'updated';
}

const created = (
  item: ImportItem,
  id: ConnectionId,
  tenantId: TenantId,
  policy: RefreshPolicy,
  now: Instant,
): Connection => {
  const connectedAt = item.connectedAt ?? item.lastSuccessAt ?? now;
  const lastSuccessAt = item.lastSuccessAt ?? null;
  const connection: Connection = {
    id,
    tenantId,
    externalId: item.externalId,
    connector: item.connector,
    provider: item.provider,
    customerId: item.customerId,
    institutionId: item.institutionId,
    providerConnectionId: item.providerConnectionId ?? null,
    loginFingerprint: item.loginFingerprint ?? null,
    groupKey: id,
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
    staleAt: staleAt(policy, lastSuccessAt, connectedAt),
    consecutiveFailures: 0,
    historicalLoaded: item.historicalLoaded ?? lastSuccessAt !== null,
    consentExpiresAt: item.consentExpiresAt ?? null,
    connectedAt,
    credentials: item.credentials ?? null,
    createdAt: now,
    updatedAt: now,
  };
  return { ...connection, groupKey: groupKeyOf(connection, policy.duplicates) };
};

/** A known connection with what the item says; absent fields stay, DELETED stays DELETED, freshness never goes back. */
const updated = (before: Connection, item: ImportItem, policy: RefreshPolicy): Draft => {
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
    consentExpiresAt: item.consentExpiresAt ?? before.consentExpiresAt,
    connectedAt,
    credentials: item.credentials ?? before.credentials,
    active: status === 'DELETED' ? false : before.active,
  };
  return { ...draft, after: { ...next, groupKey: groupKeyOf(next, policy.duplicates) } };
};

const importedChange = (after: Connection, before: Connection | null, inputs: TurnInputs): StatusChange => ({
  id: idOf('history', inputs.newId()),
  tenantId: after.tenantId,
  connectionId: after.id,
  event: 'imported',
  fromStatus: before?.status ?? null,
  fromReason: before?.statusReason ?? null,
  toStatus: after.status,
  toReason: after.statusReason,
  cause: inputs.cause,
  at: inputs.now,
});

const withImportHistory = (draft: Draft, isNew: boolean, inputs: TurnInputs): Draft => {
  const { before, after } = draft;
  const moved = isNew || before.status !== after.status || before.statusReason !== after.statusReason;
  return moved ? { ...draft, changes: [importedChange(after, isNew ? null : before, inputs)] } : draft;
};

const isLiving = (draft: Draft): boolean => draft.after.status !== 'DELETED';

/** Nobody came, went, was refreshed elsewhere or was told to be what it is not: the group keeps its active member. */
const isSettled = (living: readonly Draft[], isNew: ReadonlySet<string>): boolean =>
  living.filter((draft) => draft.after.active).length === 1 &&
  living.every(
    ({ before, after }) =>
      !isNew.has(after.id) &&
      before.groupKey === after.groupKey &&
      before.lastSuccessAt === after.lastSuccessAt &&
      (after.active || isInactiveDuplicate(after)),
  );

/** The active member that this import takes out of the group: deleted, or of another group now. */
const leaverOf = (drafts: readonly Draft[], groupKey: string): Draft | undefined =>
  drafts.find(
    (draft) =>
      draft.before.active &&
      draft.before.groupKey === groupKey &&
      (draft.after.groupKey !== groupKey || !isLiving(draft)),
  );

/** An inactive twin that comes into the place of one that left has the status that this one had, as after a deletion. */
const inherit = (draft: Draft, leaver: Draft | undefined, inputs: TurnInputs): Draft =>
  leaver === undefined || !isInactiveDuplicate(draft.after)
    ? draft
    : happen(draft, 'promoted', inputs, { status: leaver.before.status, reason: leaver.before.statusReason });

/** One group after its members came or went: exactly one of them is active. */
const regroup = (
  drafts: readonly Draft[],
  all: readonly Draft[],
  isNew: ReadonlySet<string>,
  inputs: TurnInputs,
): readonly Draft[] => {
  const living = drafts.filter(isLiving);
  if (isSettled(living, isNew)) return drafts;
  const active = elect(living.map((draft) => draft.after).sort(byRefresh));
  if (active === undefined) return drafts;
  const leaver = leaverOf(all, active.groupKey);
  const settled = new Map(
    settleActive(living, active.id, inputs).map((draft) => [
      draft.after.id,
      draft.after.id === active.id ? inherit(draft, leaver, inputs) : draft,
    ]),
  );
  return drafts.map((draft) => settled.get(draft.after.id) ?? draft);
};

/** The data that an import tells of came by a pull: the first ones, and newer ones. It counts like any other. */
const pullTold = ({ before, after }: Draft, isNew: boolean, inputs: TurnInputs): readonly Effect[] => {
  const at = after.lastSuccessAt;
  if (at === null || (!isNew && at === before.lastSuccessAt)) return [];
  const origin = isNew ? 'import' : 'background';
  return [insert('pull', otherPull(after, origin, 'succeeded', after.products, at, inputs))];
};

const byGroup = (drafts: readonly Draft[]): readonly (readonly Draft[])[] => {
  const groups = new Map<string, Draft[]>();
  for (const draft of drafts) {
    const group = groups.get(draft.after.groupKey) ?? [];
    group.push(draft);
    groups.set(draft.after.groupKey, group);
  }
  return [...groups.values()];
};

/**
 * A whole batch, or nothing of it. Nobody inherits anything: statuses stay as given, but those that are not the active
 * member of their group become inactive duplicates.
 */
export const decideImport = (
  items: readonly ImportItem[],
  facts: ImportFacts,
  policyOf: (item: ImportItem, id: ConnectionId) => RefreshPolicy,
  tenantId: TenantId,
  inputs: TurnInputs,
): { readonly imported: readonly Imported[]; readonly effects: readonly Effect[] } => {
  const own = new Map<string, Draft>();
  const isNew = new Set<string>();
  const order = items.map((item, index) => {
    const before = facts.known[index] ?? null;
    const id = before?.id ?? idOf('connection', inputs.newId());
    const policy = policyOf(item, id);
    if (before === null) isNew.add(id);
    const draft =
      before === null ? draftOf(created(item, id, tenantId, policy, inputs.now)) : updated(before, item, policy);
    own.set(id, withImportHistory(draft, before === null, inputs));
    return id;
  });
  const others = Object.values(facts.groups)
    .flat()
    .filter((member) => !own.has(member.id));
  const all = [...own.values(), ...new Map(others.map((member) => [member.id, draftOf(member)])).values()];
  const settled = new Map(
    byGroup(all)
      .flatMap((group) => regroup(group, all, isNew, inputs))
      .map((draft) => [draft.after.id, draft]),
  );
  const result = (id: ConnectionId): Draft => settled.get(id) as Draft;
  const news = order.filter((id) => isNew.has(id)).map(result);
  return {
    imported: order.map((id) => ({ connection: result(id).after, imported: isNew.has(id) ? 'created' : 'updated' })),
    effects: [
      ...draftsEffects(
        [...settled.values()].filter((draft) => !isNew.has(draft.after.id)),
        inputs,
      ),
      ...news.flatMap((draft) => [
        insert('connection', draft.after),
        ...draft.changes.map((change) => insert('statusChange', change)),
      ]),
      ...order.flatMap((id) => pullTold(result(id), isNew.has(id), inputs)),
    ],
  };
};

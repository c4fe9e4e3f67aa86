import { idOf, insert, remove } from '@freshet/domain';
import type { Connection, ConnectionId, Effect, KeptSweep, StatusChange, Task, TenantId } from '@freshet/domain';
import { planOwnPull } from '../background/own-pulls.js';
import { ownPullFacts } from '../background/replan.js';
import { otherPull } from '../event/other-pull.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import type { Draft } from './draft.js';
import type { Clash, HoldingsByKey } from './carry.js';
import { carryHoldings, clashes } from './carry.js';
import { draftOf, draftsEffects, happen } from './draft.js';
import { byRefresh, elect, isInactiveDuplicate, settleActive } from './elect.js';
import { created, movingField, updated, type ImportItem } from './import-item.js';
import { endQueued, forgetBeside } from './severed.js';

export interface ImportFacts {
  /** By item, in order: the connection with that identity, where there is one. */
  readonly known: readonly (Connection | null)[];
  /** The living members of every group that an item is in or comes into, by key. */
  readonly groups: Readonly<Record<string, readonly Connection[]>>;
  /** Of every group that an item leaves, comes into or is deleted from, by key. */
  readonly holdings: HoldingsByKey;
  /** The plan in force of the tenant's own pulls. */
  readonly kept?: KeptSweep | null;
}

/** A row that would bring an open refresh into a group where another is open. */
export interface ImportClash extends Clash {
  readonly index: number;
  /** What the row says that moves its connection. */
  readonly field: keyof ImportItem;
}

export interface Imported {
  readonly connection: Connection;
  readonly imported: 'created' | 'updated';
}

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

/**
 * The data that an import tells of came by a pull: the first ones, and newer ones. That of a connector's own import is
 * still to come. Each counts like any other.
 */
const pullTold = (
  { before, after }: Draft,
  { madeByConnector }: ImportItem,
  isNew: boolean,
  inputs: TurnInputs,
): readonly Effect[] => {
  if (madeByConnector === true)
    return [insert('pull', otherPull(after, 'import', 'accepted', after.products, inputs.now, inputs))];
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

interface Batch {
  readonly policies: ReadonlyMap<ConnectionId, RefreshPolicy>;
  /** The connection of each item, in order. */
  readonly order: readonly ConnectionId[];
  readonly own: ReadonlyMap<string, Draft>;
  readonly isNew: ReadonlySet<string>;
}

const drafted = (
  items: readonly ImportItem[],
  facts: ImportFacts,
  policyOf: (item: ImportItem, id: ConnectionId) => RefreshPolicy,
  tenantId: TenantId,
  inputs: TurnInputs,
): Batch => {
  const own = new Map<string, Draft>();
  const isNew = new Set<string>();
  const policies = new Map<ConnectionId, RefreshPolicy>();
  const order = items.map((item, index) => {
    const before = facts.known[index] ?? null;
    const id = before?.id ?? idOf('connection', inputs.newId());
    const policy = policyOf(item, id);
    policies.set(id, policy);
    if (before === null) isNew.add(id);
    const draft =
      before === null
        ? draftOf(created(item, id, tenantId, policy, inputs.now))
        : updated(before, item, policy, openTaskOf(before, facts), inputs.now);
    own.set(id, withImportHistory(draft, before === null, inputs));
    return id;
  });
  return { order, own, isNew, policies };
};

const openTaskOf = ({ groupKey }: Connection, { holdings }: ImportFacts): Task | null =>
  holdings[groupKey]?.openTask ?? null;

/** The rows to blame: all that leave the group whose open refresh may not go along. */
const importClashes = (
  items: readonly ImportItem[],
  facts: ImportFacts,
  { order, own }: Batch,
  all: readonly Draft[],
): readonly ImportClash[] =>
  clashes(all, facts.holdings).flatMap((clash) =>
    order.flatMap((id, index) => {
      const { before, after } = own.get(id) as Draft;
      const item = items[index] as ImportItem;
      return before.groupKey === clash.groupKey && after.groupKey !== clash.groupKey
        ? [{ ...clash, index, field: movingField(item, before) }]
        : [];
    }),
  );

/** What says which policy is its own, and whether it may be pulled at all. */
const planned = ['status', 'provider', 'institutionId'] as const satisfies readonly (keyof Connection)[];

/** Who comes, or comes back, is pulled by plan from then on; one that only is told of again keeps its place in it. */
const ownPulls = (
  { before, after }: Draft,
  policy: RefreshPolicy | undefined,
  isNew: boolean,
  kept: KeptSweep | null,
  now: number,
): readonly Effect[] =>
  policy !== undefined && (isNew || planned.some((field) => before[field] !== after[field]))
    ? planOwnPull(after, policy, now, ownPullFacts(after, null, kept))
    : [];

/** Other credentials are other tokens: how the renewal of the old ones stood says nothing of them. */
const newTokens = ({ before, after }: Draft, isNew: boolean): readonly Effect[] =>
  !isNew && before.credentials !== after.credentials ? [remove('tokenRenewal', after.id)] : [];

/** Calls that still wait for a connection that this import deletes, and what is kept beside it. */
const endOfDeleted = (own: Batch['own'], facts: ImportFacts, inputs: TurnInputs): readonly Effect[] =>
  [...own.values()]
    .filter((draft) => !isLiving(draft) && draft.before.status !== 'DELETED')
    .flatMap(({ before }) => [...endQueued(before, openTaskOf(before, facts), inputs), ...forgetBeside(before)]);

/**
 * A whole batch, or nothing of it. Nobody inherits anything: statuses stay as given, but those that are not the active
 * member of their group become inactive duplicates. What belongs to a group goes where its members go; where that is
 * not possible yet, the batch is refused with its `clashes`.
 */
export const decideImport = (
  items: readonly ImportItem[],
  facts: ImportFacts,
  policyOf: (item: ImportItem, id: ConnectionId) => RefreshPolicy,
  tenantId: TenantId,
  inputs: TurnInputs,
): {
  readonly imported: readonly Imported[];
  readonly clashes: readonly ImportClash[];
  readonly effects: readonly Effect[];
} => {
  const batch = drafted(items, facts, policyOf, tenantId, inputs);
  const { order, own, isNew } = batch;
  const others = Object.values(facts.groups)
    .flat()
    .filter((member) => !own.has(member.id));
  const all = [...own.values(), ...new Map(others.map((member) => [member.id, draftOf(member)])).values()];
  const clashing = importClashes(items, facts, batch, all);
  if (clashing.length > 0) return { imported: [], clashes: clashing, effects: [] };
  const settled = new Map(
    byGroup(all)
      .flatMap((group) => regroup(group, all, isNew, inputs))
      .map((draft) => [draft.after.id, draft]),
  );
  const result = (id: ConnectionId): Draft => settled.get(id) as Draft;
  const news = order.filter((id) => isNew.has(id)).map(result);
  return {
    imported: order.map((id) => ({ connection: result(id).after, imported: isNew.has(id) ? 'created' : 'updated' })),
    clashes: [],
    effects: [
      ...draftsEffects(
        [...settled.values()].filter((draft) => !isNew.has(draft.after.id)),
        inputs,
      ),
      ...news.flatMap((draft) => [
        insert('connection', draft.after),
        ...draft.changes.map((change) => insert('statusChange', change)),
      ]),
      ...carryHoldings(all, facts.holdings, inputs),
      ...endOfDeleted(own, facts, inputs),
      ...order.flatMap((id, index) => pullTold(result(id), items[index] as ImportItem, isNew.has(id), inputs)),
      ...order.flatMap((id) => newTokens(result(id), isNew.has(id))),
      ...order.flatMap((id) => ownPulls(result(id), batch.policies.get(id), isNew.has(id), facts.kept ?? null, inputs.now)),
    ],
  };
};

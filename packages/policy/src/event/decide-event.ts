import { insert, isOpen, isTerminal, MINUTE, standingOf, update } from '@freshet/domain';
import type { Connection, DurationMs, Effect, Instant, Product, ProviderEvent, Pull, Task } from '@freshet/domain';
import { LATE_SHARE } from '../background/next-background.js';
import { arrive, told } from '../outcome/after-outcome.js';
import type { HoldingsByKey } from '../group/carry.js';
import { carryHoldings, clashes } from '../group/carry.js';
import type { Draft } from '../group/draft.js';
import { draftOf, draftsEffects, happen, set } from '../group/draft.js';
import { groupFreshness, newestData } from '../group/group-freshness.js';
import { byRefresh, groupKeyOf, promote, settleActive } from '../group/elect.js';
import { heard, learned, type LearningFacts } from '../freshness/learn.js';
import { credentialsLeft, endQueued } from '../group/severed.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import { otherPull } from './other-pull.js';

/** What has to be known to take in one event of a provider's. */
export interface EventFacts {
  readonly connection: Connection;
  /** The living members of its group, itself among them. */
  readonly group: readonly Connection[];
  /** The living members of the group that it joins by what the event tells; empty where that stays. */
  readonly joins: readonly Connection[];
  readonly openTask: Task | null;
  /** A connect, repair, import or added product whose data has not come yet. */
  readonly awaitedPull: Pull | null;
  /** Null where the event teaches nothing. */
  readonly learning: LearningFacts | null;
  /** The newest pull of the group, whoever made it; null: none within ECHO_MS before now. */
  readonly lastPull: Pull | null;
  /** Of its group and of the one that it joins, by key; empty where it stays. */
  readonly holdings: HoldingsByKey;
}

export interface EventDecision {
  /** It would bring an open refresh into a group where another is open: it is taken in once one of them has ended. */
  readonly waits: boolean;
  readonly effects: readonly Effect[];
}

type About<Kind extends ProviderEvent['kind']> = Extract<ProviderEvent, { kind: Kind }>;
type Handled = Exclude<ProviderEvent, { kind: 'ignored' }>;

interface Taken {
  readonly drafts: readonly Draft[];
  readonly effects: readonly Effect[];
}

const draftsOf = (facts: EventFacts): readonly Draft[] => facts.group.map(draftOf);

/** The change to the active member: what happens to the provider connection happens to it. */
const onActive = (drafts: readonly Draft[], change: (draft: Draft) => Draft): readonly Draft[] =>
  drafts.map((draft) => (draft.after.active ? change(draft) : draft));

const onSelf = (drafts: readonly Draft[], facts: EventFacts, change: (draft: Draft) => Draft): readonly Draft[] =>
  drafts.map((draft) => (draft.after.id === facts.connection.id ? change(draft) : draft));

/** The provider itself has told a newer status since. */
const isOvertaken = ({ statusToldAt }: Connection, at: Instant): boolean => statusToldAt !== null && at < statusToldAt;

/** Looks at the open task's result at once: a webhook is a hint, the look confirms it. */
const wake = (task: Task | null, inputs: TurnInputs): readonly Effect[] =>
  task !== null && isOpen(task.state) && task.state === 'running' && task.leaseOwner === null
    ? [update('task', task.id, { dueAt: inputs.now })]
    : [];

/** Whether it is news: a replay, or an event that was overtaken by a newer one, brings nothing that is not here yet. */
const advances = ({ freshness, lastSuccessAt }: Connection, products: readonly Product[], at: Instant): boolean =>
  at > (lastSuccessAt ?? Number.NEGATIVE_INFINITY) ||
  products.some((product) => (freshness[product] ?? Number.NEGATIVE_INFINITY) < at);

/**
 * One aggregation is told of by several events, and one of ours by the provider's own after its task has ended. What comes
 * so soon after a pull is that pull's, unless the provider's own was due.
 */
export const ECHO_MS: DurationMs = 15 * MINUTE;

/** Whether the provider's own pull was due around then, by its own hours. */
const isInItsHours = (group: readonly Connection[], at: Instant, { background }: RefreshPolicy): boolean =>
  group.some(({ lastBackgroundAt: before }) => {
    if (before === null || background.everyMs <= 0 || at - before <= ECHO_MS) return false;
    const off = (at - before) % background.everyMs;
    return Math.min(off, background.everyMs - off) <= background.everyMs / LATE_SHARE;
  });

/** The pull that an event of data belongs to, where that is counted already. */
const echoed = ({ group, lastPull, awaitedPull }: EventFacts, at: Instant, policy: RefreshPolicy): Pull | null => {
  if (awaitedPull !== null || lastPull === null || at - (lastPull.endedAt ?? lastPull.at) > ECHO_MS) return null;
  return isInItsHours(group, at, policy) ? null : lastPull;
};

/** Data of a pull that is counted: fresh, and of its products; neither another pull nor another look. */
const echo = (drafts: readonly Draft[], pull: Pull, products: readonly Product[]): Taken => {
  const more = products.filter((product) => !pull.products.includes(product));
  const widens = pull.origin !== 'forced' && more.length > 0;
  return { drafts, effects: widens ? [update('pull', pull.id, { products: [...pull.products, ...more] })] : [] };
};

const arrived = (facts: EventFacts, event: About<'aggregated'>, policy: RefreshPolicy, inputs: TurnInputs): Taken => {
  // The data of a call of ours: its task looks for it. One that still waits has called nobody.
  if (facts.openTask?.state === 'running') return { drafts: [], effects: wake(facts.openTask, inputs) };
  const at = Math.min(event.at, inputs.now);
  const active = facts.group.find((member) => member.active);
  if (active !== undefined && !advances(active, event.products, at)) return { drafts: [], effects: [] };
  const { awaitedPull, connection } = facts;
  const counted = echoed(facts, at, policy);
  const drafts = onActive(draftsOf(facts), (draft) => {
    const { lastSuccessAt, lastBackgroundAt, consecutiveFailures } = draft.after;
    const came = arrive(draft, event.products, at, policy);
    const isBackground = awaitedPull === null && counted === null;
    const fresh = isBackground ? set(came, { lastBackgroundAt: Math.max(lastBackgroundAt ?? at, at) }) : came;
    // A late webhook of an old pull says nothing of how the connection is now.
    const isNews = at > (lastSuccessAt ?? Number.NEGATIVE_INFINITY) && !isOvertaken(draft.after, at);
    return isNews ? happen(fresh, 'aggregation_succeeded', inputs) : set(fresh, { consecutiveFailures });
  });
  if (counted !== null) return echo(drafts, counted, event.products);
  const sinceAt = newestData(facts.group);
  const pull =
    awaitedPull === null
      ? insert('pull', {
          ...otherPull(connection, 'background', 'succeeded', event.products, at, inputs),
          newData: event.newData,
          sinceAt,
        })
      : update('pull', awaitedPull.id, { state: 'succeeded', at, endedAt: at, newData: event.newData, sinceAt });
  const data = { products: event.products, asOf: at, newData: event.newData };
  const ended = { data, before: groupFreshness(facts.group), forced: null };
  return { drafts, effects: [pull, ...learned(connection, facts.learning, ended, policy, inputs.now)] };
};

/** The customer went through the widget: a connect is complete, a repair mended it. The provider pulls after either. */
const linked = (
  facts: EventFacts,
  event: About<'link-completed'>,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): Taken => {
  const { connection } = facts;
  const first = connection.status === 'IN_PROGRESS';
  // The connect itself, told again; or one that was given up: nothing leads back from there.
  if (isTerminal(connection.status) || (!first && event.at <= connection.connectedAt))
    return { drafts: [], effects: [] };
  const known = { ...connection, providerConnectionId: event.providerConnectionId ?? connection.providerConnectionId };
  const draft = set(draftOf(connection), {
    providerConnectionId: known.providerConnectionId,
    connectedAt: first ? event.at : connection.connectedAt,
  });
  const own =
    !first && isOvertaken(connection, event.at)
      ? draft
      : // The customer logged in anew: what was counted before are failures of an older login (ADR 7).
        happen(set(draft, { consecutiveFailures: 0 }), first ? 'connect_completed' : 'repaired', inputs);
  const groupKey = groupKeyOf({ ...own.after }, policy.duplicates);
  const placed = set(own, { groupKey });
  const others = (groupKey === connection.groupKey ? facts.group : facts.joins).filter(
    (member) => member.id !== connection.id && member.groupKey === groupKey,
  );
  const drafts =
    others.length === 0
      ? [set(placed, { active: true })]
      : first || groupKey !== connection.groupKey
        ? // Linked last, it is the one that the provider keeps up.
          settleActive([placed, ...others.map(draftOf)], connection.id, inputs)
        : [placed, ...others.map(draftOf)];
  const pull = otherPull(placed.after, first ? 'connect' : 'repair', 'accepted', connection.products, event.at, inputs);
  return { drafts: [...drafts, ...leftBehind(facts, groupKey, inputs)], effects: [insert('pull', pull)] };
};

/** The members of the group that it left: another of them takes its place if it was the active one. */
const leftBehind = (facts: EventFacts, groupKey: string, inputs: TurnInputs): readonly Draft[] => {
  const { connection, group } = facts;
  if (groupKey === connection.groupKey || !connection.active) return [];
  return inheritFrom(
    connection,
    group.filter((member) => member.id !== connection.id),
    inputs,
  );
};

const inheritFrom = (gone: Connection, rest: readonly Connection[], inputs: TurnInputs): readonly Draft[] => {
  const heir = [...rest].sort(byRefresh)[0];
  if (heir === undefined) return [];
  const given = { status: gone.status, reason: gone.statusReason };
  return rest.map((member) =>
    member.id === heir.id ? set(happen(draftOf(member), 'promoted', inputs, given), { active: true }) : draftOf(member),
  );
};

/** The active one's place goes to the most recently refreshed of the rest, with the status that it last had. */
export const withoutConnection = (
  connection: Connection,
  group: readonly Connection[],
  openTask: Task | null,
  inputs: TurnInputs,
): readonly Draft[] => {
  const rest = group.filter((member) => member.id !== connection.id);
  const gone = set(happen(draftOf(connection), 'deleted', inputs), {
    active: false,
    credentials: credentialsLeft(connection, openTask),
  });
  return [gone, ...(connection.active ? inheritFrom(connection, rest, inputs) : [])];
};

/** The provider's word on one member. That an inactive twin is well again means: the provider made it the active one. */
const statusTold = (facts: EventFacts, event: About<'status-told'>, inputs: TurnInputs): Taken => {
  const word = { status: event.status, reason: event.reason, at: event.at };
  const { connection } = facts;
  const staysInactive = standingOf({ status: event.status, reason: event.reason }) === 'INACTIVE_DUPLICATE';
  const drafts = draftsOf(facts);
  // Told once already, it has taken its place then.
  const older = connection.statusToldAt !== null && event.at <= connection.statusToldAt;
  const placed =
    connection.active || staysInactive || older || event.status === 'DELETED'
      ? drafts
      : promote(drafts, connection.id, inputs);
  return { drafts: onSelf(placed, facts, (draft) => told(draft, word, inputs)), effects: wake(facts.openTask, inputs) };
};

type Rows = {
  readonly [Kind in Handled['kind']]: (
    facts: EventFacts,
    event: About<Kind>,
    policy: RefreshPolicy,
    inputs: TurnInputs,
  ) => Taken;
};

const rows: Rows = {
  'link-completed': linked,
  'status-told': (facts, event, _policy, inputs) => statusTold(facts, event, inputs),
  aggregated: arrived,
  'change-told': (facts, event, policy, inputs) => ({
    drafts: [],
    effects: heard(
      facts.connection,
      facts.learning,
      { at: event.at, lastDataAt: newestData(facts.group) },
      policy,
      inputs.now,
    ),
  }),
  'job-ended': (facts, _event, _policy, inputs) => ({ drafts: [], effects: wake(facts.openTask, inputs) }),
  // Revoked or run out at the provider: only the customer brings it back. A reconfirmation that lapses is no event of theirs.
  'consent-ended': (facts, event, _policy, inputs) => ({
    drafts: onActive(draftsOf(facts), (draft) =>
      isOvertaken(draft.after, event.at) ? draft : happen(draft, 'consent_ended', inputs),
    ),
    effects: wake(facts.openTask, inputs),
  }),
  // No login: failures are forgotten only with the status that they made, which would else be one failure away (ADR 7).
  'consent-renewed': (facts, event, _policy, inputs) => ({
    drafts: onActive(draftsOf(facts), (draft) => {
      const renewed = set(draft, { consentExpiresAt: event.consentExpiresAt ?? draft.after.consentExpiresAt });
      if (isOvertaken(draft.after, event.at)) return renewed;
      const repaired = happen(renewed, 'repaired', inputs);
      return repaired.after.status === renewed.after.status ? repaired : set(repaired, { consecutiveFailures: 0 });
    }),
    effects: [],
  }),
  'new-accounts': (facts, _event, _policy, inputs) => ({
    drafts: onActive(draftsOf(facts), (draft) => happen(draft, 'new_accounts_available', inputs)),
    effects: [],
  }),
  deleted: (facts, _event, _policy, inputs) => ({
    drafts: withoutConnection(facts.connection, facts.group, facts.openTask, inputs),
    effects: endQueued(facts.connection, facts.openTask, inputs),
  }),
};

/** The members of the group that it may leave: as they will be, or as they are. */
const allMembers = ({ group }: EventFacts, drafts: readonly Draft[]): readonly Draft[] => {
  const moved = new Set(drafts.map(({ after }) => after.id));
  return [...drafts, ...group.filter(({ id }) => !moved.has(id)).map(draftOf)];
};

/**
 * What one event of a provider's does to the connection, its group, its open task and what belongs to the group. Replays
 * and disorder change nothing.
 */
export const decideEvent = (
  facts: EventFacts,
  event: Handled,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): EventDecision => {
  if (facts.connection.status === 'DELETED') return { waits: false, effects: [] };
  const take = rows[event.kind] as (f: EventFacts, e: Handled, p: RefreshPolicy, i: TurnInputs) => Taken;
  const { drafts, effects } = take(facts, event, policy, inputs);
  const members = allMembers(facts, drafts);
  if (clashes(members, facts.holdings).length > 0) return { waits: true, effects: [] };
  const carried = carryHoldings(members, facts.holdings, inputs);
  return { waits: false, effects: [...draftsEffects(drafts, inputs), ...carried, ...effects] };
};

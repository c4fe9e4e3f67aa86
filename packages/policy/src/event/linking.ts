import { insert, isTerminal, MINUTE, standingOf, update } from '@freshet/domain';
import type { Connection, DurationMs, Effect, Instant, Pull } from '@freshet/domain';
import { groupKeyOf, settleActive } from '../group/elect.js';
import type { Draft } from '../group/draft.js';
import { draftOf, happen, set } from '../group/draft.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import { renewedUntil } from '../consent/renewal.js';
import { ECHO_MS } from './echo.js';
import { isOvertaken, nothing, type EventFacts, type EventOf, type Handled, type Taken } from './event-facts.js';
import { inheritFrom } from './leaving.js';
import { otherPull } from './other-pull.js';

/** Two words on one walk through the widget may differ by this much: nobody goes through it twice in so short a time. */
export const LINK_ECHO_MS: DurationMs = MINUTE;

type Linked = EventOf<'link-completed'>;

/** Statuses that only a connection has whose customer got through the widget. */
const isLinkedStatus = (status: string, reason: string | null): boolean => {
  const standing = standingOf({ status, reason });
  return standing !== 'UNKNOWN' && standing !== 'IN_PROGRESS' && !isTerminal(status);
};

/**
 * What else than its own event shows that a connect is complete: events come in any order, and some never. Null where the
 * event shows nothing of the kind.
 */
export const completionShownBy = (connection: Connection, event: Handled): Linked | null => {
  if (connection.status !== 'IN_PROGRESS') return null;
  const shows =
    event.kind === 'aggregated' || (event.kind === 'status-told' && isLinkedStatus(event.status, event.reason));
  const { externalId, at } = event;
  return shows ? { kind: 'link-completed', externalId, at, providerConnectionId: null } : null;
};

/** The key of the group that the connection is in by what the event tells of it. */
export const keyToldBy = (connection: Connection, event: Handled, { duplicates }: RefreshPolicy): string => {
  const link = event.kind === 'link-completed' ? event : completionShownBy(connection, event);
  if (link === null || isTerminal(connection.status)) return connection.groupKey;
  const providerConnectionId = link.providerConnectionId ?? connection.providerConnectionId;
  return groupKeyOf({ ...connection, status: 'ACTIVE', providerConnectionId }, duplicates);
};

/** The members of the group that it left: another of them takes its place if it was the active one. */
const leftBehind = ({ connection, group }: EventFacts, groupKey: string, inputs: TurnInputs): readonly Draft[] => {
  if (groupKey === connection.groupKey || !connection.active) return [];
  return inheritFrom(
    connection,
    group.filter((member) => member.id !== connection.id),
    inputs,
  );
};

/** The connection in the group that it turns out to be in, and the others there and where it was. */
const placed = (
  facts: EventFacts,
  own: Draft,
  event: Linked,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): { readonly self: Draft; readonly drafts: readonly Draft[] } => {
  const { connection } = facts;
  const groupKey = keyToldBy(connection, event, policy);
  const providerConnectionId = event.providerConnectionId ?? connection.providerConnectionId;
  const self = set(own, { groupKey, providerConnectionId });
  const others = (groupKey === connection.groupKey ? facts.group : facts.joins).filter(
    (member) => member.id !== connection.id && member.groupKey === groupKey,
  );
  const isNewHere = connection.status === 'IN_PROGRESS' || groupKey !== connection.groupKey;
  const settled = (): readonly Draft[] => {
    if (others.length === 0) return [set(self, { active: true })];
    const members = [self, ...others.map(draftOf)];
    // Linked last, it is the one that the provider keeps up.
    return isNewHere ? settleActive(members, connection.id, inputs) : members;
  };
  return { self, drafts: [...settled(), ...leftBehind(facts, groupKey, inputs)] };
};

/** A new connection is complete: from now on it is of a group, and its first data is awaited. */
const begun = (
  facts: EventFacts,
  event: Linked,
  isAnnounced: boolean,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): Taken => {
  const { connection } = facts;
  const own = happen(
    set(draftOf(connection), { connectedAt: event.at, statusToldAt: event.at, consecutiveFailures: 0 }),
    'connect_completed',
    inputs,
  );
  const { self, drafts } = placed(facts, own, event, policy, inputs);
  const pull = otherPull(self.after, 'connect', 'accepted', connection.products, event.at, inputs);
  return { drafts, effects: [insert('pull', isAnnounced ? pull : { ...pull, sentAt: null })] };
};

/** The connect or repair that the event is about, where that is counted already. */
const countedLink = ({ lastLink }: EventFacts, at: Instant): Pull | null =>
  lastLink !== null && at <= (lastLink.sentAt ?? lastLink.at) + LINK_ECHO_MS ? lastLink : null;

/** The customer logged in anew: what was counted before are failures of an older login (ADR 7). */
const mended = (connection: Connection, event: Linked, policy: RefreshPolicy, inputs: TurnInputs): Draft => {
  const draft = draftOf(connection);
  if (isOvertaken(connection, event.at)) return draft;
  const { consentExpiresAt: end } = connection;
  const renewed = end === null ? {} : renewedUntil(connection, event.at, policy);
  const anew = { consecutiveFailures: 0, statusToldAt: event.at, ...renewed };
  return happen(set(draft, anew), 'repaired', inputs);
};

/** Told again; or for the first time, of what its data or its status had shown before. */
const toldAgain = (facts: EventFacts, link: Pull, event: Linked, policy: RefreshPolicy, inputs: TurnInputs): Taken => {
  const { connection } = facts;
  const isFirstWord = link.sentAt === null;
  const own =
    isFirstWord && link.origin === 'connect'
      ? set(draftOf(connection), { connectedAt: event.at })
      : isFirstWord
        ? mended(connection, event, policy, inputs)
        : draftOf(connection);
  const { drafts } = placed(facts, own, event, policy, inputs);
  return { drafts, effects: isFirstWord ? [update('pull', link.id, { sentAt: event.at })] : [] };
};

/** Its data came before the word of it and was taken for the provider's own pull. */
const takenForBackground = ({ lastPull }: EventFacts, at: Instant): Pull | null => {
  if (lastPull?.origin !== 'background' || lastPull.taskId !== null || lastPull.state !== 'succeeded') return null;
  return lastPull.at >= at - LINK_ECHO_MS && lastPull.at <= at + ECHO_MS ? lastPull : null;
};

const repairedAfterItsData = (
  drafts: readonly Draft[],
  pull: Pull,
  event: Linked,
  { earlierBackgroundAt }: EventFacts,
): Taken => ({
  drafts: drafts.map((draft) =>
    draft.after.lastBackgroundAt === pull.at ? set(draft, { lastBackgroundAt: earlierBackgroundAt }) : draft,
  ),
  effects: [update('pull', pull.id, { origin: 'repair', sentAt: event.at })],
});

/** The customer went through the widget: a connect is complete, a repair mended it. The provider pulls after either. */
export const linked = (
  facts: EventFacts,
  event: Linked,
  policy: RefreshPolicy,
  inputs: TurnInputs,
  isAnnounced = true,
): Taken => {
  const { connection } = facts;
  // Given up: nothing leads back from there.
  if (isTerminal(connection.status)) return nothing;
  if (connection.status === 'IN_PROGRESS') return begun(facts, event, isAnnounced, policy, inputs);
  const link = countedLink(facts, event.at);
  if (link !== null) return toldAgain(facts, link, event, policy, inputs);
  // The connect itself, told again.
  if (event.at <= connection.connectedAt) return nothing;
  const { self, drafts } = placed(facts, mended(connection, event, policy, inputs), event, policy, inputs);
  const early = takenForBackground(facts, event.at);
  if (early !== null) return repairedAfterItsData(drafts, early, event, facts);
  const pull = otherPull(self.after, 'repair', 'accepted', connection.products, event.at, inputs);
  const effects: readonly Effect[] = [insert('pull', pull)];
  return { drafts, effects };
};

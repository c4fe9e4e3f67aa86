import { isTerminal, standingOf } from '@freshet/domain';
import type { Connection, Effect, Pull } from '@freshet/domain';
import { ratesAfter, replanned } from '../background/replan.js';
import { renewedUntil } from '../consent/renewal.js';
import { heard } from '../freshness/learn.js';
import { carryHoldings, clashes } from '../group/carry.js';
import type { Draft } from '../group/draft.js';
import { draftOf, draftsEffects, happen, set } from '../group/draft.js';
import { newestData } from '../group/group-freshness.js';
import { promote } from '../group/elect.js';
import { endQueued, forgetBeside } from '../group/severed.js';
import { told } from '../outcome/after-outcome.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import { arrived } from './arriving.js';
import {
  draftsOf,
  isOvertaken,
  onActive,
  wake,
  type EventFacts,
  type EventOf,
  type Handled,
  type Taken,
} from './event-facts.js';
import { withoutConnection } from './leaving.js';
import { completionShownBy, linked } from './linking.js';

export type { EventFacts } from './event-facts.js';

export interface EventDecision {
  /** It would bring an open refresh into a group where another is open: it is taken in once one of them has ended. */
  readonly waits: boolean;
  readonly effects: readonly Effect[];
}

const onSelf = (drafts: readonly Draft[], facts: EventFacts, change: (draft: Draft) => Draft): readonly Draft[] =>
  drafts.map((draft) => (draft.after.id === facts.connection.id ? change(draft) : draft));

/** The provider's word on one member. That an inactive twin is well again means: the provider made it the active one. */
const statusTold = (facts: EventFacts, event: EventOf<'status-told'>, inputs: TurnInputs): Taken => {
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

/** Revoked or run out at the provider: only the customer brings it back. A reconfirmation that lapses is no event of theirs. */
const consentEnded = (facts: EventFacts, { at }: EventOf<'consent-ended'>, inputs: TurnInputs): Taken => ({
  drafts: onActive(draftsOf(facts), (draft) =>
    isOvertaken(draft.after, at) ? draft : happen(set(draft, { statusToldAt: at }), 'consent_ended', inputs),
  ),
  effects: wake(facts.openTask, inputs),
});

const endOfRenewed = (
  { after }: Draft,
  { at, consentExpiresAt: end }: EventOf<'consent-renewed'>,
  policy: RefreshPolicy,
): Partial<Connection> => {
  if (end === null) return renewedUntil(after, at, policy);
  return isOvertaken(after, at) && after.consentExpiresAt !== null ? {} : { consentExpiresAt: end };
};

/** No login: failures are forgotten only with the status that they made, which would else be one failure away (ADR 7). */
const consentRenewed = (
  facts: EventFacts,
  event: EventOf<'consent-renewed'>,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): Taken => ({
  drafts: onActive(draftsOf(facts), (draft) => {
    const renewed = set(draft, endOfRenewed(draft, event, policy));
    if (isOvertaken(draft.after, event.at)) return renewed;
    const repaired = happen(set(renewed, { statusToldAt: event.at }), 'repaired', inputs);
    return repaired.after.status === renewed.after.status ? repaired : set(repaired, { consecutiveFailures: 0 });
  }),
  effects: [],
});

type Rows = {
  readonly [Kind in Handled['kind']]: (
    facts: EventFacts,
    event: EventOf<Kind>,
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
  'consent-ended': (facts, event, _policy, inputs) => consentEnded(facts, event, inputs),
  'consent-renewed': consentRenewed,
  'new-accounts': (facts, event, _policy, inputs) => ({
    drafts: onActive(draftsOf(facts), (draft) =>
      isOvertaken(draft.after, event.at) ? draft : happen(draft, 'new_accounts_available', inputs),
    ),
    effects: [],
  }),
  deleted: (facts, _event, _policy, inputs) => ({
    drafts: withoutConnection(facts.connection, facts.group, facts.openTask, inputs),
    effects: [...endQueued(facts.connection, facts.openTask, inputs), ...forgetBeside(facts.connection)],
  }),
};

/** The members of the group that it may leave: as they will be, or as they are. */
const allMembers = ({ group }: EventFacts, drafts: readonly Draft[]): readonly Draft[] => {
  const moved = new Set(drafts.map(({ after }) => after.id));
  return [...drafts, ...group.filter(({ id }) => !moved.has(id)).map(draftOf)];
};

const applied = (
  facts: EventFacts,
  { drafts, effects }: Taken,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): EventDecision => {
  const members = allMembers(facts, drafts);
  if (clashes(members, facts.holdings).length > 0) return { waits: true, effects: [] };
  const carried = carryHoldings(members, facts.holdings, inputs);
  const rates = ratesAfter(effects, facts.learning?.rates ?? null);
  const pulls = replanned(drafts, policy, { rates, kept: facts.kept ?? null }, inputs.now);
  return { waits: false, effects: [...draftsEffects(drafts, inputs), ...carried, ...effects, ...pulls] };
};

/** What is known once the connect is complete: its group, what is open there, and the first pull, which is awaited. */
const factsOnceLinked = (facts: EventFacts, { drafts, effects }: Taken): EventFacts => {
  const self = drafts.find(({ after }) => after.id === facts.connection.id)?.after ?? facts.connection;
  const inserted = effects.find((effect) => effect.do === 'insert' && effect.record === 'pull');
  const awaitedPull = inserted?.do === 'insert' && inserted.record === 'pull' ? (inserted.row as Pull) : null;
  const group = allMembers({ ...facts, group: [...facts.group, ...facts.joins] }, drafts)
    .map(({ after }) => after)
    .filter(({ groupKey, status }) => groupKey === self.groupKey && !isTerminal(status));
  const openTask = facts.holdings[self.groupKey]?.openTask ?? facts.openTask;
  return { ...facts, connection: self, group, joins: [], openTask, awaitedPull, holdings: {} };
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
  const completion = completionShownBy(facts.connection, event);
  if (completion === null) return applied(facts, take(facts, event, policy, inputs), policy, inputs);
  const completed = linked(facts, completion, policy, inputs, false);
  const first = applied(facts, completed, policy, inputs);
  if (first.waits) return first;
  const after = factsOnceLinked(facts, completed);
  const then = applied(after, take(after, event, policy, inputs), policy, inputs);
  return { waits: false, effects: [...first.effects, ...then.effects] };
};

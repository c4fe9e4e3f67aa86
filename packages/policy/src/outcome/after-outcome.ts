import { isTerminal } from '@freshet/domain';
import type { Connection, Instant, Product, StatusTold } from '@freshet/domain';
import { happenUnderConsent } from '../consent/decide-consent.js';
import { staleAt } from '../background/next-background.js';
import type { Draft } from '../group/draft.js';
import { draftOf, happen, set } from '../group/draft.js';
import { needsPromotion, promote } from '../group/elect.js';
import { withoutEnded } from '../group/ended.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import type { OutcomeFacts } from './decide-outcome.js';
import type { Resolution } from './resolution.js';

/** Failures of the login or the connection itself: three in a row, and it is given up. Outages do not count. */
const countsAsFailure: ReadonlySet<string> = new Set([
  'failed_action_required',
  'failed_customer_needed',
  'failed_login_required',
  'failed_token_expired',
  'failed_otherwise',
]);

/** What a provider that tells statuses itself would tell: an outage as we met it says nothing beside that. */
const outages: ReadonlySet<string> = new Set(['failed_institution_unavailable', 'failed_provider_unavailable']);

/** What came with the data, beside its products. */
export interface Arrival {
  readonly isForced: boolean;
  /** The provider tells that the history is there. */
  readonly isHistory: boolean;
}

/** Whether the history came: with the first transactions, or only with the first refresh where it was switched off. */
const bringsHistory = (
  products: readonly Product[],
  { isForced, isHistory }: Arrival,
  { price }: RefreshPolicy,
): boolean => isHistory || (products.includes('TRANSACTIONS') && (isForced || price?.historicalAt !== 'refresh'));

/** The connection with data of these products as of then: of those that it has. Freshness never goes back. */
export const arrive = (
  draft: Draft,
  products: readonly Product[],
  asOf: Instant,
  policy: RefreshPolicy,
  arrival: Arrival = { isForced: true, isHistory: false },
): Draft => {
  const { after } = draft;
  const newer = products.filter(
    (product) => after.products.includes(product) && (after.freshness[product] ?? Number.NEGATIVE_INFINITY) < asOf,
  );
  const lastSuccessAt = Math.max(after.lastSuccessAt ?? Number.NEGATIVE_INFINITY, asOf);
  return set(draft, {
    freshness:
      newer.length === 0
        ? after.freshness
        : { ...after.freshness, ...Object.fromEntries(newer.map((product) => [product, asOf])) },
    lastSuccessAt,
    // One that took its twin's place has the group's, which may be later than that of its own data.
    staleAt: Math.max(staleAt(policy, lastSuccessAt, after.connectedAt), after.staleAt ?? 0),
    consecutiveFailures: 0,
    historicalLoaded: after.historicalLoaded || bringsHistory(products, arrival, policy),
  });
};

/**
 * The provider's own word moves the status; one that is older than the last it told does not. Who is the active twin,
 * and that a connection is gone, are told by events of their own: a status read beside them may lag behind.
 */
export const told = (draft: Draft, word: StatusTold, inputs: TurnInputs): Draft => {
  const at = word.at ?? inputs.now;
  const saysInactive = word.reason === 'INACTIVE_DUPLICATE';
  if (word.status === 'DELETED' || (saysInactive === draft.after.active && !isTerminal(word.status))) return draft;
  if (draft.after.statusToldAt !== null && at < draft.after.statusToldAt) return draft;
  const moved = happen(draft, 'provider_named', inputs, { status: word.status, reason: word.reason });
  return word.at === null ? moved : set(moved, { statusToldAt: word.at });
};

/** A failure or a success, by our own rules: what the provider told itself outranks it. */
const derive = (draft: Draft, event: Resolution['event'], policy: RefreshPolicy, inputs: TurnInputs): Draft => {
  if (event === null) return draft;
  if (!countsAsFailure.has(event)) return happenUnderConsent(draft, event, policy, inputs);
  const failures = draft.after.consecutiveFailures + 1;
  const counted = set(draft, { consecutiveFailures: failures });
  return happen(counted, failures >= policy.failuresToGiveUp ? 'failures_exhausted' : event, inputs);
};

const ofPull = (
  draft: Draft,
  facts: OutcomeFacts,
  resolution: Resolution,
  policy: RefreshPolicy,
  now: Instant,
): Draft => {
  const { arrived } = resolution;
  if (arrived === null) return draft;
  return arrive(draft, arrived.products ?? facts.task.products, Math.min(arrived.asOf ?? now, now), policy);
};

const isAlive = (connection: Connection): boolean => connection.status !== 'DELETED';

/**
 * The group after the answer: promoted where the provider accepted, fresh where data came, moved by the provider's word
 * or, without one, by ours. A connection that was deleted meanwhile is left alone.
 */
export const afterOutcome = (
  facts: OutcomeFacts,
  resolution: Resolution,
  word: StatusTold | null,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): readonly Draft[] => {
  const target = facts.group.find((member) => member.id === facts.task.connectionId);
  const living = facts.group.filter(isAlive).map(draftOf);
  if (target === undefined || !isAlive(target)) return living;
  const placed = resolution.accepted && needsPromotion(target) ? promote(living, target.id, inputs) : living;
  const event = facts.tellsStatus === true && outages.has(resolution.event ?? '') ? null : resolution.event;
  // All twins are one provider connection: what goes wrong with it shows in the active one's status.
  const speaker = placed.find((draft) => draft.after.active)?.after.id ?? target.id;
  const after = placed.map((draft) => {
    const fresh = draft.after.id === target.id ? ofPull(draft, facts, resolution, policy, inputs.now) : draft;
    if (draft.after.id !== speaker) return fresh;
    return word === null || speaker !== target.id ? derive(fresh, event, policy, inputs) : told(fresh, word, inputs);
  });
  return withoutEnded(after, inputs);
};

import type { KnownStatus, Standing, StatusAndReason } from './status.js';
import { standingOf } from './status.js';

/** Everything that moves a connection by a rule of ours. What a provider names itself is `provider_named`. */
export const events = [
  'connect_completed',
  'connect_abandoned',
  'aggregation_succeeded',
  'aggregation_partly',
  'failed_institution_unavailable',
  'failed_provider_unavailable',
  'failed_action_required',
  'failed_customer_needed',
  'failed_login_required',
  'failed_token_expired',
  'failed_institution_repairing',
  'failed_otherwise',
  'outcome_unknown',
  'failures_exhausted',
  'consent_ending',
  'consent_ended',
  'reconfirmation_lapsed',
  'new_accounts_available',
  'repaired',
  'promoted',
  'demoted',
  'provider_named',
  'deleted',
] as const;

export type ConnectionEvent = (typeof events)[number];

/**
 * Where an event leads: a status and reason; `same` where it happened but moves nothing; `given` where the event itself
 * names them (a promoted twin's inheritance, a provider's own word); `never` where the event cannot touch that status.
 */
export type Target = KnownStatus | 'same' | 'given' | 'never';

const to = (status: KnownStatus['status'], reason: KnownStatus['reason'] = null): KnownStatus => ({ status, reason });

type Row = Readonly<Record<ConnectionEvent, Target>>;

/** A linked connection that can be aggregated: the row that most of the others vary. */
const linked: Row = {
  connect_completed: 'same',
  connect_abandoned: 'never',
  aggregation_succeeded: to('ACTIVE'),
  aggregation_partly: to('PARTIALLY_ACTIVE', 'PARTIAL_AGGREGATION_SUCCESS'),
  failed_institution_unavailable: to('DEGRADED', 'INSTITUTION_CURRENTLY_UNAVAILABLE'),
  failed_provider_unavailable: to('DEGRADED', 'SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE'),
  failed_action_required: to('DEGRADED', 'INSTITUTION_ACTION_REQUIRED'),
  failed_customer_needed: to('DEGRADED', 'INTERACTIVE_REFRESH'),
  failed_login_required: to('RECONNECT_REQUIRED', 'LOGIN_REQUIRED'),
  failed_token_expired: to('RECONNECT_REQUIRED', 'TOKEN_EXPIRED'),
  failed_institution_repairing: to('RECONNECT_REQUIRED', 'REPAIRING_INSTITUTION'),
  failed_otherwise: to('RECONNECT_REQUIRED', 'OTHER'),
  outcome_unknown: to('UNDETERMINED'),
  failures_exhausted: to('UNRECOVERABLE', 'CONTINUED_AGGREGATION_FAILURES'),
  consent_ending: 'same',
  consent_ended: to('RECONNECT_REQUIRED', 'TOKEN_EXPIRED'),
  reconfirmation_lapsed: to('DEGRADED', 'INTERACTIVE_REFRESH'),
  new_accounts_available: 'same',
  repaired: to('ACTIVE'),
  promoted: 'given',
  demoted: to('PARTIALLY_ACTIVE', 'INACTIVE_DUPLICATE'),
  provider_named: 'given',
  deleted: to('DELETED'),
};

/**
 * Broken until the customer repairs it: what a pull brings or loses says nothing about the login. Only a success does
 * not come from our refresh (none is allowed): it means that the provider healed it, and tells so by `provider_named`.
 */
const broken: Row = {
  ...linked,
  aggregation_succeeded: 'same',
  aggregation_partly: 'same',
  failed_institution_unavailable: 'same',
  failed_provider_unavailable: 'same',
  failed_action_required: 'same',
  failed_customer_needed: 'same',
  outcome_unknown: 'same',
  reconfirmation_lapsed: 'same',
};

const nothing = Object.fromEntries(events.map((event) => [event, 'never'])) as unknown as Row;

export const transitions: Readonly<Record<Standing, Row>> = {
  IN_PROGRESS: {
    ...nothing,
    connect_completed: to('ACTIVE'),
    connect_abandoned: to('EXPIRED'),
    // Some connectors tell of the first data before they tell of the completed connect.
    aggregation_succeeded: to('ACTIVE'),
    aggregation_partly: to('PARTIALLY_ACTIVE', 'PARTIAL_AGGREGATION_SUCCESS'),
    demoted: to('PARTIALLY_ACTIVE', 'INACTIVE_DUPLICATE'),
    provider_named: 'given',
    deleted: to('DELETED'),
  },
  ACTIVE: {
    ...linked,
    aggregation_succeeded: 'same',
    consent_ending: to('ACTIVE', 'ACCESS_EXPIRING_SOON'),
    new_accounts_available: to('ACTIVE', 'NEW_ACCOUNTS_AVAILABLE'),
  },
  PARTIALLY_ACTIVE: linked,
  // Its pulls are its active twin's pulls: they move the twin. Alone, it waits to be promoted or deleted.
  INACTIVE_DUPLICATE: {
    ...broken,
    failed_login_required: 'same',
    failed_token_expired: 'same',
    failed_institution_repairing: 'same',
    failed_otherwise: 'same',
    failures_exhausted: 'same',
    consent_ended: 'same',
    repaired: 'same',
    demoted: 'same',
  },
  DEGRADED: linked,
  // A failure of the same login says more than "nobody knows".
  UNDETERMINED: linked,
  RECONNECT_REQUIRED: broken,
  UNRECOVERABLE: {
    ...broken,
    failed_login_required: 'same',
    failed_token_expired: 'same',
    failed_institution_repairing: 'same',
    failed_otherwise: 'same',
    failures_exhausted: 'same',
    consent_ended: 'same',
  },
  EXPIRED: { ...nothing, deleted: to('DELETED') },
  DELETED: nothing,
  // A word of the provider's that we do not know: its next word, a repair or a deletion leads out.
  UNKNOWN: {
    ...nothing,
    repaired: to('ACTIVE'),
    promoted: 'given',
    demoted: linked.demoted,
    provider_named: 'given',
    deleted: to('DELETED'),
  },
};

/**
 * The status after an event, or undefined where it changes nothing. `given` is what the event names: needed by
 * `promoted` and `provider_named`, ignored by the rest.
 */
export const nextStatus = (
  current: StatusAndReason,
  event: ConnectionEvent,
  given?: StatusAndReason,
): StatusAndReason | undefined => {
  const target = transitions[standingOf(current)][event];
  const next = target === 'given' ? given : target;
  if (next === undefined || next === 'same' || next === 'never') return undefined;
  return next.status === current.status && next.reason === current.reason ? undefined : next;
};

/** Whether the table knows the event in that status at all: a history row that says otherwise is illegal. */
export const isPossible = (current: StatusAndReason, event: ConnectionEvent): boolean =>
  transitions[standingOf(current)][event] !== 'never';

import type {
  ConnectionEvent,
  Instant,
  Limited,
  Product,
  PullState,
  RefreshAnswer,
  RefreshProgress,
  TaskErrorKind,
  TaskState,
} from '@freshet/domain';
import type { MoneyFate } from '../cost/settle.js';

/** When the answer came: to the call itself, or from a later look (or a caller's report) after the provider had accepted. */
export type Phase = 'call' | 'look';

/** What one answer means for the task, the pull, the money and the connection: the table's row, with its numbers. */
export interface Resolution {
  /** `again`: queued with a new attempt while there are tries left; `watch`: running, looked at later. */
  readonly task: Exclude<TaskState, 'queued' | 'running' | 'cancelled'> | 'again' | 'watch';
  readonly pull: PullState;
  /** Null: the money stays held. */
  readonly fate: MoneyFate | null;
  readonly event: ConnectionEvent | null;
  readonly error: { readonly kind: TaskErrorKind; readonly message: string } | null;
  /** The provider took the call: a twin takes its place. */
  readonly accepted: boolean;
  readonly arrived: {
    readonly asOf: Instant | null;
    readonly newData: boolean | null;
    readonly products: readonly Product[] | null;
  } | null;
  readonly limited: Pick<Limited, 'until' | 'scope' | 'said'> | null;
  /** Closed for maintenance: whose, and until when where that is told. */
  readonly maintenance: { readonly who: 'institution' | 'provider'; readonly until: Instant | null } | null;
  readonly providerTaskId: string | null;
  readonly retryAt: Instant | null;
}

const base: Omit<Resolution, 'task' | 'pull' | 'fate'> = {
  event: null,
  error: null,
  accepted: false,
  arrived: null,
  limited: null,
  maintenance: null,
  providerTaskId: null,
  retryAt: null,
};

/** The start itself failed, at us: whom it would have called says nothing by it. */
export interface NeverSent {
  readonly kind: 'never-sent';
  readonly message: string;
  readonly told?: null;
}

/** Everything that a call, or a look at it, can come to. */
export type CallEnd = RefreshAnswer | RefreshProgress | NeverSent;
type Rows = {
  readonly [Kind in CallEnd['kind']]: (answer: Extract<CallEnd, { kind: Kind }>, phase: Phase) => Resolution;
};

/** A typed refusal of the call: surely nothing happened. The same words after acceptance mean that the job failed. */
const failed = (phase: Phase): Pick<Resolution, 'pull' | 'fate'> =>
  phase === 'call' ? { pull: 'refused', fate: 'never-happened' } : { pull: 'failed', fate: 'failed-at-provider' };

const outage = { institution: 'failed_institution_unavailable', provider: 'failed_provider_unavailable' } as const;

const rows: Rows = {
  accepted: ({ providerTaskId, coalesced, limitedInPart: limited = null }) =>
    coalesced
      ? { ...base, task: 'watch', pull: 'refused', fate: 'never-happened', accepted: true, limited, providerTaskId }
      : { ...base, task: 'watch', pull: 'accepted', fate: null, accepted: true, limited, providerTaskId },
  done: ({ asOf, newData }) => ({
    ...base,
    task: 'succeeded',
    pull: 'succeeded',
    fate: 'brought-data',
    event: 'aggregation_succeeded',
    accepted: true,
    arrived: { asOf, newData, products: null },
  }),
  partial: ({ asOf, newData, products, billedInPart = false, limitedInPart: limited = null }) => ({
    ...base,
    task: 'partial',
    pull: 'partial',
    // The ledger has one price for the task: what of it was billed nobody has told.
    fate: billedInPart ? 'nobody-knows' : 'brought-data',
    limited,
    event: 'aggregation_partly',
    accepted: true,
    arrived: { asOf, newData, products: products ?? [] },
  }),
  // Somebody else's pull runs already: ours did not start one, and its result is ours too.
  busy: ({ runningId }) => ({
    ...base,
    task: 'watch',
    pull: 'refused',
    fate: 'never-happened',
    providerTaskId: runningId,
  }),
  limited: ({ until, scope, said = null }, phase) => ({
    ...base,
    ...failed(phase),
    task: 'failed',
    error: { kind: 'limited', message: 'the provider limits forced refreshes of this connection for now' },
    limited: { until, scope, said },
    retryAt: until,
  }),
  'customer-needed': ({ event, message }, phase) => ({
    ...base,
    ...failed(phase),
    task: 'reconnect_required',
    event,
    error: { kind: 'customer-needed', message },
  }),
  refused: ({ message }, phase) => ({
    ...base,
    ...failed(phase),
    task: 'failed',
    error: { kind: 'refused', message },
  }),
  unavailable: ({ who, retryAt, message, maintenanceUntil }, phase) => ({
    ...base,
    ...failed(phase),
    task: phase === 'call' ? 'again' : 'failed',
    event: outage[who],
    error: { kind: who === 'institution' ? 'institution-unavailable' : 'unavailable', message },
    maintenance: maintenanceUntil === undefined ? null : { who, until: maintenanceUntil },
    retryAt: retryAt ?? maintenanceUntil ?? null,
  }),
  'never-sent': ({ message }) => ({
    ...base,
    ...failed('call'),
    task: 'again',
    error: { kind: 'unavailable', message },
  }),
  // The call may have happened: it is never made again by itself. A look that failed says nothing at all.
  unknown: (_answer, phase) => ({
    ...base,
    task: 'watch',
    pull: phase === 'call' ? 'unknown' : 'accepted',
    fate: null,
  }),
  pending: () => ({ ...base, task: 'watch', pull: 'accepted', fate: null }),
};

export const resolve = (answer: CallEnd, phase: Phase): Resolution =>
  (rows[answer.kind] as (answer: CallEnd, phase: Phase) => Resolution)(answer, phase);

/** Nobody could tell what became of it in time. */
export const givenUp: Resolution = {
  ...base,
  task: 'failed',
  pull: 'unknown',
  fate: 'nobody-knows',
  event: 'outcome_unknown',
  error: { kind: 'unknown', message: 'nobody could tell in time whether the refresh happened' },
};

/** Tried as often as allowed, and surely never happened. */
export const exhausted = (resolution: Resolution): Resolution => ({ ...resolution, task: 'failed' });

/** One more try: until the last has failed, nothing is said of the connection. */
export const triedAgain = (resolution: Resolution): Resolution => ({ ...resolution, event: null });

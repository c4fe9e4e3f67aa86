import type { ConnectorName, ProviderName } from './connection.js';
import type { ConnectionId, DecisionId, PullId, TaskId, TenantId } from './ids.js';
import type { Money } from './money.js';
import type { Product } from './products.js';
import type { Instant } from './time.js';

export const taskStates = [
  'queued',
  'running',
  'succeeded',
  'partial',
  'failed',
  'reconnect_required',
  'expired',
  'cancelled',
] as const;
export type TaskState = (typeof taskStates)[number];

/** The states that hold a group's single flight. The partial unique index is written from this list. */
export const openTaskStates = ['queued', 'running'] as const satisfies readonly TaskState[];

export const isOpen = (state: TaskState): boolean => (openTaskStates as readonly string[]).includes(state);

/** Which states may follow which: a task never leaves an end. */
export const taskTransitions: Readonly<Record<TaskState, readonly TaskState[]>> = {
  queued: ['running', 'failed', 'reconnect_required', 'expired', 'cancelled'],
  // Back to queued only where the call surely did not happen.
  running: ['queued', 'succeeded', 'partial', 'failed', 'reconnect_required', 'expired'],
  succeeded: [],
  partial: [],
  failed: [],
  reconnect_required: [],
  expired: [],
  cancelled: [],
};

/** `engine`: we start the provider's job. `caller`: a permit; the caller reads and reports. */
export type Executor = 'engine' | 'caller';

/** What became of the money: `uncertain` where nobody could tell whether the call happened. */
export const charges = ['reserved', 'charged', 'released', 'uncertain'] as const;
export type Charge = (typeof charges)[number];

export const taskErrorKinds = [
  'limited',
  'unavailable',
  'institution-unavailable',
  'customer-needed',
  'refused',
  'not-refreshable',
  'unknown',
  'expired',
  'not-needed',
] as const;
export type TaskErrorKind = (typeof taskErrorKinds)[number];

export interface TaskError {
  readonly kind: TaskErrorKind;
  readonly message: string;
}

/** The execution of one forced refresh, from queued to an end. */
export interface Task {
  readonly id: TaskId;
  readonly tenantId: TenantId;
  readonly connectionId: ConnectionId;
  readonly groupKey: string;
  readonly decisionId: DecisionId;
  readonly connector: ConnectorName;
  readonly provider: ProviderName;
  readonly state: TaskState;
  readonly executor: Executor;
  readonly products: readonly Product[];
  readonly attended: boolean;
  readonly from: Instant | null;
  readonly to: Instant | null;
  /** Calls sent so far. */
  readonly attempts: number;
  /** The pull that the present attempt reserved. */
  readonly pullId: PullId;
  readonly providerTaskId: string | null;
  readonly newData: boolean | null;
  readonly error: TaskError | null;
  readonly cost: Money | null;
  readonly charge: Charge;
  readonly queuedAt: Instant;
  /** Data from then on is all that those who asked wanted: of the last of them who is not content with less. */
  readonly wantedFrom: Instant;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  /** When it next needs a worker: queued, the next attempt; running, the next look at the provider. Null once ended. */
  readonly dueAt: Instant | null;
  /** Looks at the provider so far: paces the polling. */
  readonly polls: number;
  /** When an unanswered call is given up. */
  readonly giveUpAt: Instant | null;
  /** The worker that holds it, until when (real time), and how often it changed hands: a stale holder writes nothing. */
  readonly leaseOwner: string | null;
  readonly leaseUntil: Instant | null;
  readonly fence: number;
  /** Starts that came to nothing: answered so that nothing happened, or their worker was gone. One that was put back is none. */
  readonly tries: number;
}

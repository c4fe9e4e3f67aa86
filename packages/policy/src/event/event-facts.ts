import { update } from '@freshet/domain';
import type { BudgetCounter, Connection, Effect, Instant, KeptSweep, ProviderEvent, Pull, Task } from '@freshet/domain';
import type { WatchFacts } from '../background/watch.js';
import type { HoldingsByKey } from '../group/carry.js';
import type { Draft } from '../group/draft.js';
import { draftOf } from '../group/draft.js';
import type { LearningFacts } from '../freshness/learn.js';
import type { TurnInputs } from '../turn-inputs.js';
import type { QueuedTask } from './needless-task.js';

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
  /** The pull of the group, whoever made it, that is nearest to the event in time. */
  readonly lastPull: Pull | null;
  /** The newest connect or repair of the connection that is counted. */
  readonly lastLink: Pull | null;
  /** When the provider pulled by itself before `lastPull`, as far as that is counted. */
  readonly earlierBackgroundAt: Instant | null;
  /** Of its group and of the one that it joins, by key; empty where it stays. */
  readonly holdings: HoldingsByKey;
  /** That count money of now. */
  readonly counters: readonly BudgetCounter[];
  /** A refresh that has not been sent, where data came; left out: there is none. */
  readonly queued?: QueuedTask | null;
  /** The watch over its active connection, where that is late and data came; left out: it is not. */
  readonly late?: Pick<WatchFacts, 'watch' | 'feeds'> | null;
  /** The plan in force, where the connection is ours to pull. */
  readonly kept?: KeptSweep | null;
  /** Whether the connector tells statuses itself. */
  readonly tellsStatus?: boolean;
}

export type Handled = Exclude<ProviderEvent, { kind: 'ignored' }>;
export type EventOf<Kind extends ProviderEvent['kind']> = Extract<ProviderEvent, { kind: Kind }>;

/** What an event comes to: the members of its group that it touches, and the rest. */
export interface Taken {
  readonly drafts: readonly Draft[];
  readonly effects: readonly Effect[];
}

export const nothing: Taken = { drafts: [], effects: [] };

export const draftsOf = (facts: Pick<EventFacts, 'group'>): readonly Draft[] => facts.group.map(draftOf);

/** The change to the active member: what happens to the provider connection happens to it. */
export const onActive = (drafts: readonly Draft[], change: (draft: Draft) => Draft): readonly Draft[] =>
  drafts.map((draft) => (draft.after.active ? change(draft) : draft));

/** The provider itself has told a newer status since. */
export const isOvertaken = ({ statusToldAt }: Connection, at: Instant): boolean =>
  statusToldAt !== null && at < statusToldAt;

/** Looks at the open task's result at once: a webhook is a hint, the look confirms it. At a caller's there is nothing to see. */
export const wake = (task: Task | null, inputs: TurnInputs): readonly Effect[] =>
  task?.executor === 'engine' && task.state === 'running' && task.leaseOwner === null
    ? [update('task', task.id, { dueAt: inputs.now })]
    : [];

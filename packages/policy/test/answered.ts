import { SECOND } from '@freshet/domain';
import type { Connection, Pull, StatusTold, Task } from '@freshet/domain';
import { decideOutcome, type OutcomeDecision, type OutcomeFacts } from '../src/outcome/decide-outcome.js';
import type { CallEnd, Phase } from '../src/outcome/resolution.js';
import type { RefreshPolicy } from '../src/index.js';
import {
  connection,
  connectionId,
  counter,
  inputs,
  noon,
  policy,
  pull,
  reserved,
  running,
  unlearned,
} from './given.js';
import { written } from './tables.js';

export type Answer = CallEnd;

export const soon = noon + 2 * SECOND;
export const sent = (values: Partial<Pull> = {}): Pull => pull({ state: 'sent', sentAt: noon, ...values });

export interface Given {
  readonly task?: Partial<Task>;
  readonly pull?: Partial<Pull>;
  readonly group?: readonly Connection[];
  readonly facts?: Partial<OutcomeFacts>;
  readonly policy?: Partial<RefreshPolicy>;
  readonly now?: number;
}

export const answered = (answer: Answer, phase: Phase, given: Given = {}): OutcomeDecision =>
  decideOutcome(
    {
      task: running(given.task),
      pull: sent(given.pull),
      group: given.group ?? [connection()],
      entries: [reserved()],
      counters: [counter()],
      earlierWithSameJob: false,
      learning: unlearned,
      ...given.facts,
    },
    answer,
    phase,
    policy(given.policy),
    inputs(given.now ?? soon),
  );

export const told = (status: string, reason: string | null = null, at: number | null = null): StatusTold => ({
  status,
  reason,
  at,
});
export const statusAfter = (decision: OutcomeDecision, id = connectionId('a')): string | undefined => {
  const row = written(decision.effects, 'connection').find((it) => it.id === id);
  return row?.status === undefined ? undefined : `${row.status}/${row.statusReason ?? '-'}`;
};
export const moneyAfter = (decision: OutcomeDecision): readonly (string | undefined)[] =>
  written(decision.effects, 'ledgerEntry').map((entry) => entry.kind);

export const done: Answer = { kind: 'done', asOf: null, newData: true };
export const unavailable = {
  kind: 'unavailable',
  who: 'provider',
  retryAt: null,
  message: 'down',
} as const satisfies Answer;
export const loginFailed: Answer = {
  kind: 'customer-needed',
  event: 'failed_login_required',
  message: 'the password changed',
};

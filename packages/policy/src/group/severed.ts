import { remove, update } from '@freshet/domain';
import type { Connection, Effect, Task } from '@freshet/domain';
import type { TurnInputs } from '../turn-inputs.js';

/** A call that waits for a connection that is gone is started at once: that ends it, and gives its money back. */
export const endQueued = (
  { id }: Pick<Connection, 'id'>,
  openTask: Task | null,
  inputs: TurnInputs,
): readonly Effect[] =>
  openTask !== null && openTask.state === 'queued' && openTask.connectionId === id
    ? [update('task', openTask.id, { dueAt: inputs.now })]
    : [];

/** What a connection that goes keeps of its credentials: nothing, unless a refresh of its own runs and is looked for with them. */
export const credentialsLeft = ({ id, credentials }: Connection, openTask: Task | null): string | null =>
  openTask?.connectionId === id && openTask.state === 'running' && openTask.executor === 'engine' ? credentials : null;

/** ... until the turn that ends it: secrets do not outlive their use. */
export const eraseCredentials = (
  task: Pick<Task, 'connectionId'>,
  group: readonly Connection[],
  inputs: TurnInputs,
): readonly Effect[] =>
  group
    .filter(({ id, status, credentials }) => id === task.connectionId && status === 'DELETED' && credentials !== null)
    .map(({ id }) => update('connection', id, { credentials: null, updatedAt: inputs.now }));

/** What is kept beside a connection that is gone: nobody pulls it, renews its token or looks at it any more. */
export const forgetBeside = ({ id }: Pick<Connection, 'id'>): readonly Effect[] => [
  remove('tokenRenewal', id),
  remove('pullPlan', id),
  remove('statusLook', id),
];

import { connectionKey } from '../books/books.js';
import type { BudSubTask, BudTask } from '../books/records.js';
import type { World } from '../world.js';
import { accountIdsOf } from './consents.js';
import { resultOf, statusOf } from './task-state.js';

export function tellSubTask(world: World, task: BudTask, subTask: BudSubTask, at: number): void {
  if (task.kind === 'refresh-v2') {
    const event = 'open_banking.v2.refresh.provider.completed';
    send(world, task, at, { event, ...describe(world, task, subTask), customer_id: task.customer });
    return;
  }
  const { status, result, reconnectRequired } = subTask.ending;
  const [consentId] = subTask.consentIds;
  const data = {
    task_id: task.id,
    status,
    result,
    task_type: task.kind === 'connect' ? 'connect' : 'refresh',
    customer_id: task.customer,
    // Strings, in V1 only.
    reconnect_required: String(reconnectRequired),
    has_new_transactions: String(subTask.hasNewTransactions),
    provider: subTask.provider,
    ...(consentId !== undefined && { consent_id: consentId }),
  };
  send(world, task, at, { data });
}

/** V1 says it all with its one sub-task. */
export function tellTask(world: World, task: BudTask, at: number): void {
  if (task.kind !== 'refresh-v2') return;
  send(world, task, at, {
    customer_id: task.customer,
    event: 'open_banking.v2.refresh.completed',
    has_new_transactions: task.subTasks.some((subTask) => subTask.hasNewTransactions),
    task_id: task.id,
    result: resultOf(task),
    status: statusOf(task),
    start_time: new Date(task.startedAt).toISOString(),
    refresh_window: windowOf(task),
    sub_tasks: task.subTasks.map((subTask) => describe(world, task, subTask)),
  });
}

function describe(world: World, task: BudTask, subTask: BudSubTask): Record<string, unknown> {
  const consents = subTask.consentIds.map((id) => world.books.connections.need(connectionKey('bud', id)));
  const [consent] = consents;
  return {
    task_id: subTask.id,
    has_new_transactions: subTask.hasNewTransactions,
    provider: subTask.provider,
    reconnect_required: subTask.ending.reconnectRequired,
    result: subTask.ending.result,
    status: subTask.ending.status,
    start_time: new Date(task.startedAt).toISOString(),
    refresh_window: windowOf(task),
    consent_ids: subTask.consentIds,
    account_ids: consents.flatMap(accountIdsOf),
    ...(consent !== undefined && {
      consent_details: {
        id: consent.externalId,
        ...(consent.consentExpiresAt !== null && { expiration_date: new Date(consent.consentExpiresAt).toISOString() }),
      },
    }),
  };
}

function windowOf(task: BudTask) {
  return { from: new Date(task.window.from).toISOString(), to: new Date(task.window.to).toISOString() };
}

function send(world: World, task: BudTask, at: number, body: unknown): void {
  world.outbox.send({ connector: 'bud', subject: task.customer, body, at, fault: task.webhooks });
}

import { connectionKey } from '../books/books.js';
import type { BudSubTask, BudTask, Connection } from '../books/records.js';
import type { Answer, Call } from '../wire/exchange.js';
import type { World } from '../world.js';
import { customerOf } from './access.js';
import { budAnswer, budError, pendingMetadata } from './answers.js';
import { resultOf, statusOf } from './task-state.js';

export const V1_DELAY_MS = 50;
export const V2_DELAY_MS = 500;

const STEPS = [
  'Fetching access token',
  'Fetching accounts',
  'Fetching balances and transactions',
  'Completed',
] as const;
const LAST_STEP = STEPS.length;

/** A V1 refresh, or a sub-task of a V2 one that V1 has answered with. */
export function getRefreshV1(world: World, call: Call): Answer {
  return singleView(
    world,
    call,
    'open_banking_refresh_get',
    '/v1/open-banking/refresh',
    (task) => task.kind !== 'revoke',
  );
}

export function getConnect(world: World, call: Call): Answer {
  return singleView(
    world,
    call,
    'open_banking_connect_get',
    '/v1/open-banking/connect',
    (task) => task.kind === 'connect',
  );
}

export function getRevoke(world: World, call: Call): Answer {
  const operationId = 'open_banking_revoke_task_get';
  const found = findSubTask(world, call, (task) => task.kind === 'revoke');
  if (found === null) return taskNotFound(operationId);
  const { task, subTask } = found;
  const status = subTask.result === null ? 'Pending' : 'Completed';
  const data = {
    task_id: task.id,
    provider: subTask.provider,
    status,
    ...(subTask.result !== null && { result: 'success' }),
  };
  const address = `/v1/open-banking/account-access-consent/revoke/${task.id}`;
  const metadata = status === 'Pending' ? pendingMetadata(address, V1_DELAY_MS) : { status };
  return { ...budAnswer(operationId, 200, data, metadata), about: consentsOfTask(world, task) };
}

export function getRefreshV2(world: World, call: Call): Answer {
  const operationId = 'v2_open_banking_refresh_get';
  const task = world.books.budTasks.get(call.params['task_id'] ?? '');
  if (task?.kind !== 'refresh-v2' || task.customer !== customerOf(world, call)) return taskNotFound(operationId);
  const status = statusOf(task);
  const isOver = status !== 'Pending';
  const data = {
    task_id: task.id,
    status,
    ...(isOver && { result: resultOf(task) }),
    ...(status === 'Completed' && {
      has_new_transactions: task.subTasks.some((subTask) => subTask.hasNewTransactions),
    }),
    sub_tasks: task.subTasks.map(subTaskView),
  };
  const metadata = isOver ? { status } : pendingMetadata(`/v2/open-banking/refresh/${task.id}`, V2_DELAY_MS);
  return { ...budAnswer(operationId, 200, data, metadata), about: consentsOfTask(world, task) };
}

function subTaskView(subTask: BudSubTask): Record<string, unknown> {
  const { id, provider, ending, result, hasNewTransactions } = subTask;
  if (result === null) return { task_id: id, provider, status: 'Pending' };
  return {
    task_id: id,
    provider,
    status: ending.status,
    result,
    reconnect_required: ending.reconnectRequired,
    ...(result === 'success' && { has_new_transactions: hasNewTransactions }),
  };
}

function singleView(
  world: World,
  call: Call,
  operationId: string,
  address: string,
  isMeant: (task: BudTask) => boolean,
): Answer {
  const found = findSubTask(world, call, isMeant);
  if (found === null) return taskNotFound(operationId);
  const { task, subTask } = found;
  const { ending, result } = subTask;
  const status = result === null ? 'Pending' : ending.status;
  const step = result === null ? stepOf(task, subTask, call.at) : LAST_STEP;
  const data = {
    task_id: subTask.id,
    provider: subTask.provider,
    status,
    ...(result !== null && { result }),
    reconnect_required: result !== null && ending.reconnectRequired,
    step,
    text: STEPS[step - 1],
  };
  const metadata =
    result === null
      ? pendingMetadata(`${address}/${subTask.id}`, V1_DELAY_MS)
      : { status, ...(result === 'success' && { has_new_transactions: subTask.hasNewTransactions }) };
  return { ...budAnswer(operationId, 200, data, metadata), about: consentsOfTask(world, task) };
}

function findSubTask(
  world: World,
  call: Call,
  isMeant: (task: BudTask) => boolean,
): { readonly task: BudTask; readonly subTask: BudSubTask } | null {
  const id = call.params['task_id'];
  for (const task of world.books.budTasks.find('customer', customerOf(world, call) ?? '')) {
    const subTask = isMeant(task) ? task.subTasks.find((candidate) => candidate.id === id) : undefined;
    if (subTask !== undefined) return { task, subTask };
  }
  return null;
}

/** One of the first three, by the time that has passed. */
function stepOf(task: BudTask, subTask: BudSubTask, at: number): number {
  if (subTask.dueAt === null) return 1;
  const share = (at - task.startedAt) / (subTask.dueAt - task.startedAt);
  return Math.min(1 + Math.floor(share * (LAST_STEP - 1)), LAST_STEP - 1);
}

function consentsOfTask(world: World, task: BudTask): Connection[] {
  return task.subTasks.flatMap(({ consentIds }) =>
    consentIds.map((id) => world.books.connections.need(connectionKey('bud', id))),
  );
}

function taskNotFound(operationId: string): Answer {
  return budError(operationId, 404, 'task_not_found', 'Task not found');
}

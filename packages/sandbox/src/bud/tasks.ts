import { randomUUID } from 'node:crypto';

import { connectionKey } from '../books/books.js';
import type { BudEnding, BudSubTask, BudTask, Connection } from '../books/records.js';
import type { WebhookFault } from '../faults.js';
import { pullDurationMs } from '../identifiers.js';
import type { World } from '../world.js';
import { keepConsent, revokeConsent } from './consents.js';
import { isOver } from './task-state.js';
import { tellSubTask, tellTask } from './task-webhooks.js';

const SUB_TASK_DUE = 'bud-sub-task';

export const SUCCESS: BudEnding = { result: 'success', reconnectRequired: false, status: 'Completed' };

export interface SubTaskPlan {
  readonly provider: string;
  readonly consents: readonly Connection[];
  readonly ending: BudEnding;
  /** It is accepted, and nothing ever comes of it. */
  readonly isNoop?: boolean;
}

export interface TaskPlan {
  readonly kind: BudTask['kind'];
  readonly customer: string;
  readonly at: number;
  readonly window: BudTask['window'];
  readonly transactions: boolean;
  readonly webhooks: WebhookFault | null;
  readonly subTasks: readonly SubTaskPlan[];
}

export function handleTasks(world: World): void {
  world.schedule.on(SUB_TASK_DUE, (about, at) => finishSubTask(world, about, at));
}

export function startTask(world: World, plan: TaskPlan): BudTask {
  const id = randomUUID();
  const subTasks = plan.subTasks.map((subTask): BudSubTask => {
    // Only a V2 task has sub-tasks to speak of; the others are one thing with one id.
    const subTaskId = plan.kind === 'refresh-v2' ? randomUUID() : id;
    const consentIds = subTask.consents.map((consent) => consent.externalId);
    const dueAt = subTask.isNoop === true ? null : plan.at + durationOf(world, subTask);
    const { provider, ending } = subTask;
    return { id: subTaskId, provider, consentIds, dueAt, ending, result: null, hasNewTransactions: false };
  });
  const { kind, customer, window, transactions, webhooks, at } = plan;
  const task = { id, kind, customer, startedAt: at, window, transactions, subTasks, webhooks };
  world.books.budTasks.put(id, task);
  for (const subTask of subTasks) {
    if (subTask.dueAt !== null) world.schedule.plan(SUB_TASK_DUE, `${id}/${subTask.id}`, subTask.dueAt);
  }
  return task;
}

function durationOf(world: World, subTask: SubTaskPlan): number {
  const [consent] = subTask.consents;
  if (consent === undefined) return pullDurationMs(subTask.provider, 0);
  const pulls = consent.pulls + 1;
  keepConsent(world, { ...consent, pulls });
  return pullDurationMs(consent.externalId, pulls);
}

function finishSubTask(world: World, about: string, at: number): void {
  const [taskId = '', subTaskId = ''] = about.split('/');
  const task = world.books.budTasks.need(taskId);
  const subTask = task.subTasks.find(({ id }) => id === subTaskId);
  if (subTask === undefined) throw new Error(`task ${taskId} has no sub-task ${subTaskId}`);
  const hasNewTransactions = takeEffect(world, task, subTask, at);
  const finished = { ...subTask, result: subTask.ending.result, hasNewTransactions };
  const subTasks = task.subTasks.map((other) => (other.id === subTaskId ? finished : other));
  const updated = world.books.budTasks.put(taskId, { ...task, subTasks });
  if (task.kind === 'revoke') return;
  tellSubTask(world, updated, finished, at);
  if (isOver(updated)) tellTask(world, updated, at);
}

/** Answers whether there was something new. */
function takeEffect(world: World, task: BudTask, subTask: BudSubTask, at: number): boolean {
  let found = false;
  for (const consentId of subTask.consentIds) {
    const consent = world.books.connections.need(connectionKey('bud', consentId));
    if (task.kind === 'revoke') {
      revokeConsent(world, consent, { at, reason: 'bud_revoked', webhooks: task.webhooks });
    } else if (subTask.ending.reconnectRequired) {
      const reason = subTask.ending.result === 'connection_revoked' ? 'provider_revoked' : 'consent_invalid';
      revokeConsent(world, consent, { at, reason, webhooks: task.webhooks });
    } else if (subTask.ending.result === 'success') {
      found = bringData(world, task, consent, at) || found;
    }
  }
  return found;
}

function bringData(world: World, task: BudTask, consent: Connection, at: number): boolean {
  const found = task.transactions && consent.waitingTransactions > 0;
  const waitingTransactions = task.transactions ? 0 : consent.waitingTransactions;
  keepConsent(world, { ...consent, waitingTransactions, lastSuccessAt: at });
  return found;
}

import type { BudTask } from '../books/records.js';

export type TaskStatus = 'Pending' | 'Completed' | 'Failed';

export function isOver(task: BudTask): boolean {
  return task.subTasks.every((subTask) => subTask.result !== null);
}

/** One failed sub-task fails the whole, though the others have brought their data. */
export function statusOf(task: BudTask): TaskStatus {
  if (!isOver(task)) return 'Pending';
  return task.subTasks.some((subTask) => subTask.ending.status === 'Failed') ? 'Failed' : 'Completed';
}

export function resultOf(task: BudTask): string {
  return task.subTasks.find((subTask) => subTask.ending.result !== 'success')?.ending.result ?? 'success';
}

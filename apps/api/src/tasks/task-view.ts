import { charges, products, taskErrorKinds, taskStates, type Task } from '@freshet/domain';
import { PRESENCE_KEPT_MS } from '@freshet/policy';
import { z } from 'zod';
import { instantView, moneyView, toInstant, toInstantOrNull, toMoneyOrNull } from '../http/wire.js';

const instantOrNull = instantView.nullable();

export const executors = ['engine', 'caller'] as const;

/** How FDX names who caused a read (`FDX-API-Actor-Type`). */
const actorTypes = ['USER', 'BATCH'] as const;

const permitView = z
  .object({
    actorType: z.enum(actorTypes).meta({
      description: 'What the read may say of the customer: `USER` only where they caused it, `BATCH` where nobody did.',
    }),
    presentUntil: instantOrNull.meta({
      description: '`USER`: until then. A read that begins later is nobody’s but the batch’s.',
    }),
    reportBy: instantOrNull.meta({
      description: 'Until then the outcome has to be reported; afterwards nobody can tell it. Null once it has ended.',
    }),
  })
  .meta({ id: 'Permit' });

export const taskView = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    state: z.enum(taskStates),
    executor: z.enum(executors).meta({ description: '`caller`: a permit; the caller reads, and reports the outcome.' }),
    permit: permitView.nullable().meta({ description: 'What the caller may do; null for tasks of the engine’s.' }),
    products: z.array(z.enum(products)),
    attended: z.boolean(),
    from: instantOrNull,
    to: instantOrNull,
    attempts: z.int(),
    providerTaskId: z.string().nullable(),
    newData: z.boolean().nullable(),
    error: z.object({ kind: z.enum(taskErrorKinds), message: z.string() }).nullable(),
    cost: moneyView.nullable(),
    charge: z.enum(charges),
    queuedAt: instantView,
    startedAt: instantOrNull,
    endedAt: instantOrNull,
    nextAttemptAt: instantOrNull,
  })
  .meta({ id: 'Task' });

export type TaskAnswer = z.infer<typeof taskView>;

const toPermit = ({ executor, attended, queuedAt, giveUpAt }: Task): TaskAnswer['permit'] =>
  executor === 'engine'
    ? null
    : {
        actorType: attended ? 'USER' : 'BATCH',
        presentUntil: attended ? toInstant(queuedAt + PRESENCE_KEPT_MS) : null,
        reportBy: toInstantOrNull(giveUpAt),
      };

export const toTask = (task: Task): TaskAnswer => ({
  id: task.id,
  connectionId: task.connectionId,
  state: task.state,
  executor: task.executor,
  permit: toPermit(task),
  products: [...task.products],
  attended: task.attended,
  from: toInstantOrNull(task.from),
  to: toInstantOrNull(task.to),
  attempts: task.attempts,
  providerTaskId: task.providerTaskId,
  newData: task.newData,
  error: task.error === null ? null : { kind: task.error.kind, message: task.error.message },
  cost: toMoneyOrNull(task.cost),
  charge: task.charge,
  queuedAt: toInstant(task.queuedAt),
  startedAt: toInstantOrNull(task.startedAt),
  endedAt: toInstantOrNull(task.endedAt),
  // While it runs, what is due next is a look at the provider, which is nobody's business.
  nextAttemptAt: task.state === 'queued' ? toInstantOrNull(task.dueAt) : null,
});

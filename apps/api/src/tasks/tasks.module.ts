import { Body, Controller, Get, Header, HttpCode, Inject, Module, Param, Post, Query, Res } from '@nestjs/common';
import { taskStates, type ConnectionId, type TaskId, type TenantId } from '@freshet/domain';
import { borrowToken, cancelTask, reportOutcome, type Engine, type TaskResult } from '@freshet/flows';
import type { Report } from '@freshet/policy';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ENGINE } from '../engine/engine.token.js';
import { Route } from '../http/access.js';
import { Tenant } from '../http/authenticate.js';
import { Describe } from '../http/describe.js';
import { durationUpTo, optional, text } from '../http/fields.js';
import { IdPipe } from '../http/id.pipe.js';
import { listOf, listQuery, readPage } from '../http/page.js';
import { invalidRequest, notFound, Problem } from '../http/problem.js';
import { documented, timedBody } from '../http/timed-body.pipe.js';
import { outcomeBody, unclearOutcome } from './outcome-body.js';
import { LONGEST_WAIT_MS, TaskWaits } from './task-waits.js';
import { loanBody, loanView, toLoan, type LoanAsked } from './token-loan.js';
import { executors, taskView, toTask, type TaskAnswer } from './task-view.js';

const tasksQuery = listQuery({
  connectionId: optional(text(256)),
  state: optional(z.enum(taskStates)),
  executor: optional(z.enum(executors)),
});

const taskQuery = z.strictObject({
  wait: optional(
    durationUpTo(LONGEST_WAIT_MS, 'PT1M', 'PT20S').meta({
      description: 'How long to hold on for its end, at most `PT1M`: then ask again.',
    }),
  ),
});

const taskId = new IdPipe('task');

/** Whoever asked has hung up: nobody is left to wait. */
const goneWith = ({ raw }: FastifyReply): AbortSignal => {
  const gone = new AbortController();
  raw.once('close', () => gone.abort());
  return gone.signal;
};

const answer = (result: TaskResult, operation: string): TaskAnswer => {
  if (result.kind === 'done') return toTask(result.task);
  if (result.kind === 'not-found') throw notFound('task');
  const { state, executor } = result.task;
  throw new Problem('operation-not-allowed', `A task of executor ${executor} that is ${state} cannot be ${operation}.`);
};

@Controller('v1/tasks')
export class TasksController {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(TaskWaits) private readonly waits: TaskWaits,
  ) {}

  @Get()
  @Describe({
    summary: 'Tasks, the newest first',
    answers: { 200: { description: 'A page.', schema: listOf(taskView) } },
  })
  async list(@Tenant() tenantId: TenantId, @Query({ schema: tasksQuery }) query: z.output<typeof tasksQuery>) {
    const { state, executor } = query;
    const filters = { connectionId: query.connectionId as ConnectionId | undefined, state, executor };
    const { rows, nextCursor } = await readPage(this.engine, { tenantId, list: 'tasks', query }, (page) =>
      this.engine.store.read('tasksPage', { ...page, ...filters }),
    );
    return { data: rows.map(toTask), nextCursor };
  }

  @Get(':id')
  @Describe({
    summary: 'One task',
    description: 'With `wait`, the answer comes once it has ended, or as it stands then.',
    answers: { 200: { description: 'It.', schema: taskView } },
  })
  async get(
    @Tenant() tenantId: TenantId,
    @Param('id', taskId) id: TaskId,
    @Query({ schema: taskQuery }) { wait }: z.output<typeof taskQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TaskAnswer> {
    const task =
      wait === undefined
        ? await this.engine.store.read('task', { tenantId, id })
        : await this.waits.whenEnded(tenantId, id, wait, goneWith(reply));
    if (task === null) throw notFound('task');
    return toTask(task);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Route({ access: 'refresh' })
  @Describe({
    summary: 'Cancel a queued task',
    description: 'One that runs may have been billed already.',
    answers: { 200: { description: 'Cancelled, its money released.', schema: taskView } },
    problems: ['operation-not-allowed'],
  })
  async cancel(@Tenant() tenantId: TenantId, @Param('id', taskId) id: TaskId): Promise<TaskAnswer> {
    return answer(await cancelTask(this.engine, tenantId, id), 'cancelled');
  }

  @Post(':id/outcome')
  @HttpCode(200)
  @Route({ access: 'refresh' })
  @Describe({
    summary: 'Report the outcome of a permit',
    description:
      'By a word (`outcome`), or by what the read was answered with (`httpStatus`, `code`), which the catalogue knows how to read. With both, the word stands and the rest says the details.',
    body: documented(outcomeBody),
    answers: { 200: { description: 'The task after it.', schema: taskView } },
    problems: ['operation-not-allowed'],
  })
  async report(
    @Tenant() tenantId: TenantId,
    @Param('id', taskId) id: TaskId,
    @Body(timedBody(outcomeBody)) report: Report,
  ): Promise<TaskAnswer> {
    const result = await reportOutcome(this.engine, tenantId, id, report);
    if (result.kind === 'unclear') throw invalidRequest(unclearOutcome);
    return answer(result, 'reported');
  }

  @Post(':id/token')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Route({ access: 'refresh' })
  @Describe({
    summary: 'Borrow the token of a permit',
    description:
      'Where this service keeps the tokens of the connection: the one that the caller reads with, renewed where it is over. It is for this permit and is not to be kept. 503 with `retryAt` while another caller’s request renews it, or the token service does not answer; 409 `not-refreshable` where only the customer helps.',
    bodyOptional: true,
    answers: { 200: { description: 'The token, and until when it lives where that is known.', schema: loanView } },
    problems: ['operation-not-allowed', 'not-refreshable', 'provider-closed'],
  })
  async lend(
    @Tenant() tenantId: TenantId,
    @Param('id', taskId) id: TaskId,
    @Body({ schema: loanBody }) { refused }: LoanAsked,
  ): Promise<z.infer<typeof loanView>> {
    return toLoan(await borrowToken(this.engine, tenantId, id, refused));
  }
}

@Module({ controllers: [TasksController], providers: [TaskWaits] })
export class TasksModule {}

import { Body, Controller, HttpCode, Inject, Module, Param, Post, Req, Res } from '@nestjs/common';
import type { ConnectionId, DecisionRecord, Task, TenantId } from '@freshet/domain';
import { previewRefresh, requestRefresh, type Engine, type RefreshResult } from '@freshet/flows';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { decisionView, toDecision } from '../decisions/decision-view.js';
import { ENGINE, NUDGE, type Nudge } from '../engine/engine.token.js';
import { Route } from '../http/access.js';
import { principalOf, Tenant } from '../http/authenticate.js';
import { Describe } from '../http/describe.js';
import { idFrom, IdPipe } from '../http/id.pipe.js';
import { notFound, Problem } from '../http/problem.js';
import { taskView, toTask } from '../tasks/task-view.js';
import { IDEMPOTENCY_HEADER, idempotencyOf } from './idempotency.js';
import { refreshBody, type RefreshAsked } from './refresh-body.js';
import { refusalOf } from './refusal.js';

const refreshView = z.object({ decision: decisionView, task: taskView.nullable() });
const previewView = z.object({ decision: decisionView });

interface RefreshRoute {
  readonly Params: { readonly id: string };
  readonly Headers: { readonly 'idempotency-key'?: string };
}

type Decided = Extract<RefreshResult, { kind: 'decided' }>;

const connectionId = new IdPipe('connection');

@Controller('v1/connections')
export class RefreshController {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(NUDGE) private readonly nudge: Nudge,
  ) {}

  @Post(':id/refresh')
  @HttpCode(200)
  @Route({ access: 'refresh' })
  @Describe({
    summary: 'Ask for fresh data',
    description: 'Forces a live pull, joins one, reuses what just arrived, waits for a background one, or refuses.',
    bodyOptional: true,
    headers: { [IDEMPOTENCY_HEADER]: 'Kept for 24 hours: the same key and body gives the same answer again.' },
    answers: {
      200: { description: 'Reuse or wait.', schema: refreshView },
      202: {
        description: 'Force or join.',
        schema: refreshView,
        headers: {
          Location: 'The task.',
          'Idempotency-Replayed': '`true` where it is the answer to an earlier request.',
        },
      },
    },
    problems: [
      'product-not-granted',
      'range-out-of-reach',
      'not-refreshable',
      'customer-required',
      'not-forceable',
      'idempotency-in-flight',
      'idempotency-mismatch',
      'rate-limited',
      'budget-exhausted',
      'provider-closed',
    ],
  })
  async refresh(
    // Whole, and not taken apart by decorators: each of those costs a promise, and this is the busiest route.
    @Req() request: FastifyRequest<RefreshRoute>,
    @Body({ schema: refreshBody }) asked: RefreshAsked,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof refreshView>> {
    const { tenantId } = principalOf(request);
    const id = idFrom('connection', request.params.id);
    const result = await requestRefresh(this.engine, {
      tenantId,
      connectionId: id,
      request: asked.request,
      presence: asked.presence,
      idempotency: idempotencyOf(request.headers['idempotency-key'], asked),
    });
    if (result.kind === 'not-found') throw notFound('connection');
    if (result.kind === 'mismatch') {
      throw new Problem('idempotency-mismatch', 'This key was used with another body for this connection.');
    }
    return this.answer(tenantId, result, reply);
  }

  @Post(':id/refresh/preview')
  @HttpCode(200)
  @Route({ access: 'refresh' })
  @Describe({
    summary: 'What a refresh would be answered now',
    description: 'Changes nothing. 200 whatever the verdict.',
    bodyOptional: true,
    answers: { 200: { description: 'The decision that would be made.', schema: previewView } },
  })
  async preview(
    @Tenant() tenantId: TenantId,
    @Param('id', connectionId) id: ConnectionId,
    @Body({ schema: refreshBody }) { request }: RefreshAsked,
  ): Promise<z.infer<typeof previewView>> {
    const result = await previewRefresh(this.engine, { tenantId, connectionId: id, request });
    if (result.kind === 'not-found') throw notFound('connection');
    return { decision: toDecision(result.record) };
  }

  private async answer(tenantId: TenantId, { record, task, replayed }: Decided, reply: FastifyReply) {
    if (replayed) void reply.header('idempotency-replayed', 'true');
    else
      this.engine.log.info('decided', {
        decisionId: record.id,
        connectionId: record.connectionId,
        verdict: record.verdict,
      });
    if (record.verdict === 'refuse') throw refusalOf(record);
    if (record.verdict === 'force' || record.verdict === 'join') {
      void reply.code(202).header('location', `/v1/tasks/${record.taskId}`);
    }
    if (record.verdict === 'force' && !replayed) this.nudge();
    const shown = task ?? (await this.taskOf(tenantId, record));
    return { decision: toDecision(record), task: shown === null ? null : toTask(shown) };
  }

  /** A decision that reuses what an earlier task brought shows that task. */
  private taskOf(tenantId: TenantId, { taskId }: DecisionRecord): Promise<Task | null> | null {
    return taskId === null ? null : this.engine.store.read('task', { tenantId, id: taskId });
  }
}

@Module({ controllers: [RefreshController] })
export class RefreshModule {}

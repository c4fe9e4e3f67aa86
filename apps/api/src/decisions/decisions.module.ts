import { Controller, Get, Inject, Module, Param, Query } from '@nestjs/common';
import { verdicts, type ConnectionId, type DecisionId, type TenantId } from '@freshet/domain';
import type { Engine } from '@freshet/flows';
import { z } from 'zod';
import { ENGINE } from '../engine/engine.token.js';
import { Tenant } from '../http/authenticate.js';
import { Describe } from '../http/describe.js';
import { instant, optional, text } from '../http/fields.js';
import { IdPipe } from '../http/id.pipe.js';
import { listOf, listQuery, readPage } from '../http/page.js';
import { notFound } from '../http/problem.js';
import { decisionView, toDecision } from './decision-view.js';

const decisionsQuery = listQuery({
  connectionId: optional(text(256)),
  verdict: optional(z.enum(verdicts)),
  from: optional(instant),
  to: optional(instant),
});

const decisionId = new IdPipe('decision');

@Controller('v1/decisions')
export class DecisionsController {
  constructor(@Inject(ENGINE) private readonly engine: Engine) {}

  @Get()
  @Describe({
    summary: 'Decisions, the newest first; refusals too',
    description: '`from` is the first instant that counts, `to` the first that does not.',
    answers: { 200: { description: 'A page.', schema: listOf(decisionView) } },
  })
  async list(@Tenant() tenantId: TenantId, @Query({ schema: decisionsQuery }) query: z.output<typeof decisionsQuery>) {
    const { verdict, from, to } = query;
    const filters = { connectionId: query.connectionId as ConnectionId | undefined, verdict, from, to };
    const { rows, nextCursor } = await readPage(this.engine, { tenantId, list: 'decisions', query }, (page) =>
      this.engine.store.read('decisionsPage', { ...page, ...filters }),
    );
    return { data: rows.map(toDecision), nextCursor };
  }

  @Get(':id')
  @Describe({ summary: 'One decision', answers: { 200: { description: 'It.', schema: decisionView } } })
  async get(@Tenant() tenantId: TenantId, @Param('id', decisionId) id: DecisionId) {
    const record = await this.engine.store.read('decision', { tenantId, id });
    if (record === null) throw notFound('decision');
    return toDecision(record);
  }
}

@Module({ controllers: [DecisionsController] })
export class DecisionsModule {}

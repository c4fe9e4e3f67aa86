import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import type { AuditId, TenantId } from '@freshet/domain';
import { repairFindings, type Engine, type RepairsAsked } from '@freshet/flows';
import { ENGINE } from '../engine/engine.token.js';
import { Asker, Tenant } from '../http/authenticate.js';
import { Describe } from '../http/describe.js';
import { IdPipe } from '../http/id.pipe.js';
import { readPage } from '../http/page.js';
import { notFound, Problem } from '../http/problem.js';
import {
  findingIds,
  repairedView,
  repairList,
  repairsBody,
  repairsQuery,
  showRepair,
  showRepaired,
  type RepairsBody,
  type RepairsQuery,
} from './repair-view.js';

const auditId = new IdPipe('audit');

const askedFor = ({ findings, check }: RepairsBody): RepairsAsked => {
  if (check) return { check };
  const ids = findingIds(findings ?? []);
  if (ids === undefined) throw notFound('finding');
  return { findings: ids };
};

@Controller('v1/audits/:id/repairs')
export class RepairsController {
  constructor(@Inject(ENGINE) private readonly engine: Engine) {}

  @Post()
  @HttpCode(200)
  @Describe({
    summary: 'Repair what an audit found, where that is safe',
    description:
      'Each is looked at anew first, and left alone where it is right by now. The ledger, decisions and histories are never touched, and providers are asked only what is free.',
    answers: { 200: { description: 'What became of each.', schema: repairedView } },
    problems: ['operation-not-allowed'],
  })
  async repair(
    @Tenant() tenantId: TenantId,
    @Asker() by: string,
    @Param('id', auditId) id: AuditId,
    @Body({ schema: repairsBody }) body: RepairsBody,
  ) {
    const result = await repairFindings(this.engine, tenantId, id, askedFor(body), by);
    if (result.kind === 'not-found') throw notFound(result.what);
    if (result.kind === 'running') {
      throw new Problem('operation-not-allowed', 'The audit is not over: repair what it found once it is.');
    }
    return { data: result.findings.map(showRepaired), more: result.more };
  }

  @Get()
  @Describe({
    summary: 'What was repaired of an audit, the newest first',
    answers: { 200: { description: 'A page of repairs.', schema: repairList } },
  })
  async list(
    @Tenant() tenantId: TenantId,
    @Param('id', auditId) id: AuditId,
    @Query({ schema: repairsQuery }) query: RepairsQuery,
  ) {
    if ((await this.engine.store.read('audit', { tenantId, id })) === null) throw notFound('audit');
    const { rows, nextCursor } = await readPage(this.engine, { tenantId, list: `repairs of ${id}`, query }, (page) =>
      this.engine.store.read('repairsPage', { ...page, auditId: id }),
    );
    return { data: rows.map(showRepair), nextCursor };
  }
}

import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res, StreamableFile } from '@nestjs/common';
import type { AuditId, AuditRun, TenantId } from '@freshet/domain';
import { requestAudit, type Engine } from '@freshet/flows';
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { ENGINE } from '../engine/engine.token.js';
import { Tenant } from '../http/authenticate.js';
import { Describe } from '../http/describe.js';
import { IdPipe } from '../http/id.pipe.js';
import { readPage } from '../http/page.js';
import { notFound } from '../http/problem.js';
import { showAudit, showAuditWithFigures, showFinding } from './audit-view.js';
import {
  auditList,
  auditRequest,
  auditsQuery,
  auditView,
  auditWithFiguresView,
  findingList,
  findingsQuery,
  reportQuery,
} from './audit.schemas.js';
import type {
  AuditsQuery,
  AuditView,
  AuditWithFiguresView,
  FindingsQuery,
  FindingView,
  ReportQuery,
} from './audit.schemas.js';
import type { Draw } from './report/charts/chart.js';
import { loadFigures } from './report/html-report.js';
import { reports } from './report/report.js';

interface List<View> {
  readonly data: readonly View[];
  readonly nextCursor: string | null;
}

/** Who draws the charts of reports. */
export const DRAW = Symbol('Draw');

const LINKS = { csv: '?format=csv', json: '?format=json' } as const;

const auditId = new IdPipe('audit');

/** The report holds what customers' banks and providers told: nothing in it may run or be fetched. */
const REPORT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

@Controller('v1/audits')
export class AuditController {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(DRAW) private readonly draw: Draw,
  ) {}

  /** Queued, not run: a worker takes it up within a second or so. */
  @Post()
  @HttpCode(202)
  @Describe({
    summary: 'Ask for an audit of everything',
    description: 'It is queued, and runs beside the others: one audit at a time. Read it again until it is `done`.',
    answers: { 202: { description: 'Queued.', schema: auditView, headers: { Location: 'Where the audit is read.' } } },
    bodyOptional: true,
  })
  async request(
    @Tenant() tenantId: TenantId,
    @Body({ schema: auditRequest }) _nothing: undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AuditView> {
    const run = await requestAudit(this.engine, tenantId, 'request');
    reply.header('location', `/v1/audits/${run.id}`);
    return showAudit(run);
  }

  @Get()
  @Describe({
    summary: 'Audits, the newest first',
    answers: { 200: { description: 'A page of them.', schema: auditList } },
  })
  async list(
    @Tenant() tenantId: TenantId,
    @Query({ schema: auditsQuery }) query: AuditsQuery,
  ): Promise<List<AuditView>> {
    const { rows, nextCursor } = await readPage(this.engine, { tenantId, list: 'audits', query }, (page) =>
      this.engine.store.read('auditsPage', page),
    );
    return { data: rows.map(showAudit), nextCursor };
  }

  @Get(':id')
  @Describe({
    summary: 'One audit, with what it counted, its figures, and what has changed since the one before',
    answers: { 200: { description: 'As far as it has got.', schema: auditWithFiguresView } },
  })
  async one(@Tenant() tenantId: TenantId, @Param('id', auditId) id: AuditId): Promise<AuditWithFiguresView> {
    const run = await this.find(tenantId, id);
    return showAuditWithFigures(run, await loadFigures(this.engine, run));
  }

  @Get(':id/findings')
  @Describe({
    summary: 'What an audit found, the newest first',
    answers: { 200: { description: 'A page of findings.', schema: findingList } },
  })
  async findings(
    @Tenant() tenantId: TenantId,
    @Param('id', auditId) id: AuditId,
    @Query({ schema: findingsQuery }) query: FindingsQuery,
  ): Promise<List<FindingView>> {
    const run = await this.find(tenantId, id);
    const { check, severity } = query;
    const { rows, nextCursor } = await readPage(this.engine, { tenantId, list: `findings of ${id}`, query }, (page) =>
      this.engine.store.read('findingsPage', { ...page, auditId: id, check, severity }),
    );
    return { data: rows.map((row) => showFinding(run, row)), nextCursor };
  }

  /** Written as it is read: a report of any length needs no more memory than a page of findings. */
  @Get(':id/report')
  @Describe({
    summary: 'The whole audit as one document',
    description:
      'A page that stands by itself and prints well; `format=csv` has every finding as a line, `format=json` the audit and its findings as the other routes show them, and those that are gone.',
    answers: { 200: { description: 'HTML, or CSV or JSON where that was asked for.', type: 'text/html' } },
  })
  async report(
    @Tenant() tenantId: TenantId,
    @Param('id', auditId) id: AuditId,
    @Query({ schema: reportQuery }) { format }: ReportQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const run = await this.find(tenantId, id);
    const { type, fileEnding, pieces } = reports[format];
    reply.headers({ 'content-security-policy': REPORT_POLICY, 'x-content-type-options': 'nosniff' });
    return new StreamableFile(
      Readable.from(pieces(this.engine, run, { draw: this.draw, links: LINKS }), { objectMode: false }),
      {
        type,
        ...(fileEnding === null ? {} : { disposition: `attachment; filename="freshet-audit-${id}.${fileEnding}"` }),
      },
    );
  }

  private async find(tenantId: TenantId, id: AuditId): Promise<AuditRun> {
    const run = await this.engine.store.read('audit', { tenantId, id });
    if (run === null) throw notFound('audit');
    return run;
  }
}

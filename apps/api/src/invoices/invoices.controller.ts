import { createHash } from 'node:crypto';
import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { Invoice, InvoiceId, TenantId } from '@freshet/domain';
import {
  compareInvoice,
  importInvoice,
  invoiceDifferences,
  removeInvoice,
  type Engine,
  type InvoiceImport,
} from '@freshet/flows';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ENGINE } from '../engine/engine.token.js';
import { Route } from '../http/access.js';
import { Tenant } from '../http/authenticate.js';
import { Describe } from '../http/describe.js';
import { IdPipe } from '../http/id.pipe.js';
import { readPage } from '../http/page.js';
import { unsupportedMediaType } from '../http/problem-of.js';
import { invalidRequest, notFound, Problem } from '../http/problem.js';
import { invoiceQuery, periodOf, USUAL_TOLERANCE_MS, type InvoiceQuery } from './invoice-query.js';
import {
  comparedInvoiceView,
  differenceList,
  invoiceList,
  invoicesQuery,
  invoiceView,
  showCompared,
  showDifference,
  showInvoice,
  type InvoicesQuery,
} from './invoice-view.js';
import { readInvoice } from './read-invoice.js';

const FILE_BYTES = 8 * 1024 * 1024;

const invoiceId = new IdPipe('invoice');

/** The file, where it came as one: other bodies are told what is wanted. */
const fileOf = ({ headers, body }: FastifyRequest): Buffer => {
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  const encoding = (headers['content-encoding'] ?? 'identity').toLowerCase();
  if (type !== 'text/csv' || encoding !== 'identity')
    throw unsupportedMediaType('UTF-8 CSV with Content-Type: text/csv');
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
};

@Controller('v1/invoices')
export class InvoicesController {
  private readonly importing = new Map<string, Promise<InvoiceImport>>();

  constructor(@Inject(ENGINE) private readonly engine: Engine) {}

  @Post()
  @Route({ access: 'manage', bodyBytes: FILE_BYTES, rawBody: true })
  @Describe({
    summary: "Import a provider's invoice, all or nothing",
    description:
      'A CSV file with a header and a line for each use. Columns are found by their usual names, or named in the query. A file that was imported before is answered with what it came to then: delete that first to read it otherwise.',
    body: z.string().meta({ description: 'CSV in UTF-8, at most 8 MiB.' }),
    bodyType: 'text/csv',
    answers: {
      201: { description: 'Imported.', schema: invoiceView, headers: { Location: 'Where it is compared.' } },
      200: { description: 'This very file was imported before.', schema: invoiceView },
    },
    problems: ['operation-not-allowed'],
  })
  async import(
    @Tenant() tenantId: TenantId,
    @Query({ schema: invoiceQuery }) query: InvoiceQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const file = fileOf(request);
    const period = periodOf(query);
    const hash = createHash('sha256').update(file).digest('hex');
    const known = await this.engine.store.read('invoiceByHash', { tenantId, hash });
    if (known?.state === 'ready') return this.answer(reply, known, 200);
    const { lines, leftOut, columns, namesBy } = await readInvoice(file, query, period);
    const { connector, provider = null, currency, tolerance: toleranceMs = USUAL_TOLERANCE_MS } = query;
    const terms = { connector, provider, currency, ...period, columns, namesBy, toleranceMs, hash, leftOut };
    const result = await this.alone(`${tenantId} ${hash}`, () => importInvoice(this.engine, tenantId, terms, lines));
    if (result.kind === 'lost') {
      throw new Problem('operation-not-allowed', 'The invoice was deleted while it was imported: import it again.');
    }
    if (result.kind === 'too-many') {
      const message = `Line ${result.line}: is one of more than ${result.most} for one connection or job: leave out, by \`products\`, what bills no refresh.`;
      throw invalidRequest([{ pointer: `/${result.line}`, message }]);
    }
    return this.answer(reply, result.invoice, result.kind === 'known' ? 200 : 201);
  }

  @Get()
  @Describe({
    summary: 'Invoices, the newest first',
    answers: { 200: { description: 'A page.', schema: invoiceList } },
  })
  async list(@Tenant() tenantId: TenantId, @Query({ schema: invoicesQuery }) query: InvoicesQuery) {
    const { rows, nextCursor } = await readPage(this.engine, { tenantId, list: 'invoices', query }, (page) =>
      this.engine.store.read('invoicesPage', page),
    );
    return { data: rows.map(showInvoice), nextCursor };
  }

  /** Compared when it is asked for, a few connections at a time: others are served in between. */
  @Get(':id')
  @Describe({
    summary: 'One invoice, held against the ledger as it is now',
    answers: { 200: { description: 'It, and what was counted.', schema: comparedInvoiceView } },
  })
  async one(@Tenant() tenantId: TenantId, @Param('id', invoiceId) id: InvoiceId) {
    const invoice = await this.find(tenantId, id);
    return showCompared(invoice, invoice.state === 'ready' ? await compareInvoice(this.engine, invoice) : null);
  }

  @Get(':id/differences')
  @Describe({
    summary: 'Where an invoice and the ledger differ, connection by connection',
    description:
      'First what its lines bill, then charges of its period that no line bills. Made from the ledger as it is at each page.',
    answers: { 200: { description: 'A page.', schema: differenceList } },
  })
  async differences(
    @Tenant() tenantId: TenantId,
    @Param('id', invoiceId) id: InvoiceId,
    @Query({ schema: invoicesQuery }) query: InvoicesQuery,
  ) {
    const invoice = await this.find(tenantId, id);
    const list = `differences of ${id}`;
    const { rows, nextCursor } = await readPage(this.engine, { tenantId, list, query }, (page) =>
      invoice.state === 'ready' ? invoiceDifferences(this.engine, invoice, page) : Promise.resolve([]),
    );
    return { data: rows.map((difference) => showDifference(invoice, difference)), nextCursor };
  }

  @Delete(':id')
  @HttpCode(204)
  @Describe({
    summary: 'Forget an invoice',
    description: 'Its file may be imported again then. What audits found by it stays in them.',
    answers: { 204: { description: 'Gone.' } },
  })
  async remove(@Tenant() tenantId: TenantId, @Param('id', invoiceId) id: InvoiceId): Promise<void> {
    if (!(await removeInvoice(this.engine, tenantId, id))) throw notFound('invoice');
  }

  /** The same file twice at once is imported by the first of the two, and known to the second. */
  private async alone(file: string, importing: () => Promise<InvoiceImport>): Promise<InvoiceImport> {
    for (let other = this.importing.get(file); other !== undefined; other = this.importing.get(file)) {
      await other.catch(() => undefined);
    }
    const own = importing();
    this.importing.set(file, own);
    try {
      return await own;
    } finally {
      this.importing.delete(file);
    }
  }

  private answer(reply: FastifyReply, invoice: Invoice, status: 200 | 201) {
    reply.status(status).header('location', `/v1/invoices/${invoice.id}`);
    return showInvoice(invoice);
  }

  private async find(tenantId: TenantId, id: InvoiceId): Promise<Invoice> {
    const invoice = await this.engine.store.read('invoice', { tenantId, id });
    if (invoice === null) throw notFound('invoice');
    return invoice;
  }
}

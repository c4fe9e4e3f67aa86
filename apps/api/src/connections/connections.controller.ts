import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { statuses, type ConnectionId, type TenantId } from '@freshet/domain';
import {
  addProducts,
  deleteConnection,
  describeConnection,
  describeConnections,
  explainConnection,
  importConnections,
  repairConnection,
  type Engine,
} from '@freshet/flows';
import { z } from 'zod';
import { ENGINE } from '../engine/engine.token.js';
import { Route } from '../http/access.js';
import { Tenant } from '../http/authenticate.js';
import { Describe } from '../http/describe.js';
import { fault } from '../http/faults.js';
import { optional, someProducts, text } from '../http/fields.js';
import { IdPipe } from '../http/id.pipe.js';
import { listOf, listQuery, readPage } from '../http/page.js';
import { invalidRequest, notFound } from '../http/problem.js';
import { documented, timedBody } from '../http/timed-body.pipe.js';
import { instantView, toInstantOrNull } from '../http/wire.js';
import { connectionView, importedView, statusChangeView, toConnection, toStatusChange } from './connection-view.js';
import { explanationView, toExplanation } from './explanation-view.js';
import { importBody, type ImportBody } from './import-body.js';
import { notDone } from './not-done.js';

const IMPORT_BYTES = 8 * 1024 * 1024;

const connectionsQuery = listQuery({
  customerId: optional(text(256)),
  provider: optional(text(64)),
  status: optional(z.enum(statuses)),
  duplicate: optional(z.enum(['active', 'inactive'])),
  stale: optional(z.literal('true')),
});
const historyQuery = listQuery({});
const productsBody = z.strictObject({ products: someProducts });
const linkView = z.object({ connectUrl: z.string(), expiresAt: instantView.nullable() }).meta({ id: 'Link' });

const connectionId = new IdPipe('connection');

@Controller('v1/connections')
export class ConnectionsController {
  constructor(@Inject(ENGINE) private readonly engine: Engine) {}

  @Post('import')
  @Route({ access: 'manage', bodyBytes: IMPORT_BYTES })
  @Describe({
    summary: 'Import connections, all or nothing',
    description: 'One that is known by (connector, externalId) is updated: absent fields stay as they are.',
    body: documented(importBody),
    answers: {
      201: { description: 'Imported, in the order given.', schema: z.object({ data: z.array(importedView) }) },
    },
  })
  async import(@Tenant() tenantId: TenantId, @Body(timedBody(importBody)) body: ImportBody) {
    const result = await importConnections(this.engine, tenantId, body.connections);
    if (result.kind === 'faulty') {
      throw invalidRequest(
        result.faults.map(({ index, field, message }) => fault(['connections', index, field], message)),
      );
    }
    const views = await describeConnections(
      this.engine,
      result.imported.map(({ connection }) => connection),
    );
    return {
      data: views.map((view, index) => ({ ...toConnection(view), imported: result.imported[index]?.imported })),
    };
  }

  @Get()
  @Describe({
    summary: 'Connections, the newest first',
    answers: { 200: { description: 'A page.', schema: listOf(connectionView) } },
  })
  async list(
    @Tenant() tenantId: TenantId,
    @Query({ schema: connectionsQuery }) query: z.output<typeof connectionsQuery>,
  ) {
    const { customerId, provider, status, duplicate, stale } = query;
    const staleAt = stale === undefined ? undefined : this.engine.clock.now();
    const filters = { customerId, provider, status, duplicate, staleAt };
    const { rows, nextCursor } = await readPage(this.engine, { tenantId, list: 'connections', query }, (page) =>
      this.engine.store.read('connectionsPage', { ...page, ...filters }),
    );
    return { data: (await describeConnections(this.engine, rows)).map(toConnection), nextCursor };
  }

  @Get(':id')
  @Describe({ summary: 'One connection', answers: { 200: { description: 'It.', schema: connectionView } } })
  async get(@Tenant() tenantId: TenantId, @Param('id', connectionId) id: ConnectionId) {
    return this.describe(tenantId, id);
  }

  @Get(':id/explain')
  @Describe({
    summary: 'Why it was or was not refreshed lately, what holds it back now, and what that costs',
    description:
      'In plain sentences, of one moment. Nothing is asked for and nothing is written; each sentence about now is what such a request would be answered.',
    answers: { 200: { description: 'Sentences, with the numbers behind them.', schema: explanationView } },
  })
  async explain(@Tenant() tenantId: TenantId, @Param('id', connectionId) id: ConnectionId) {
    const explained = await explainConnection(this.engine, tenantId, id);
    if (explained === null) throw notFound('connection');
    return toExplanation(explained);
  }

  @Get(':id/history')
  @Describe({
    summary: 'Its status changes, the newest first',
    answers: { 200: { description: 'A page.', schema: listOf(statusChangeView) } },
  })
  async history(
    @Tenant() tenantId: TenantId,
    @Param('id', connectionId) id: ConnectionId,
    @Query({ schema: historyQuery }) query: z.output<typeof historyQuery>,
  ) {
    if ((await this.engine.store.read('connection', { tenantId, id })) === null) throw notFound('connection');
    const { rows, nextCursor } = await readPage(this.engine, { tenantId, list: `history of ${id}`, query }, (page) =>
      this.engine.store.read('historyPage', { ...page, connectionId: id }),
    );
    return { data: rows.map(toStatusChange), nextCursor };
  }

  @Post(':id/repair')
  @HttpCode(202)
  @Describe({
    summary: 'A page where the customer mends the login',
    description: 'The status stays until they have.',
    answers: { 202: { description: 'Send the customer there.', schema: linkView } },
    problems: ['operation-not-allowed', 'rate-limited', 'provider-closed'],
  })
  async repair(
    @Tenant() tenantId: TenantId,
    @Param('id', connectionId) id: ConnectionId,
  ): Promise<z.infer<typeof linkView>> {
    const result = await repairConnection(this.engine, tenantId, id);
    if (result.kind !== 'link') throw notDone(result, 'repaired');
    return { connectUrl: result.link.connectUrl, expiresAt: toInstantOrNull(result.link.expiresAt) };
  }

  @Post(':id/products')
  @HttpCode(202)
  @Describe({
    summary: 'Add products',
    answers: { 202: { description: 'Taken by the provider; the connection as it is now.', schema: connectionView } },
    problems: ['operation-not-allowed', 'rate-limited', 'provider-closed'],
  })
  async addProducts(
    @Tenant() tenantId: TenantId,
    @Param('id', connectionId) id: ConnectionId,
    @Body({ schema: productsBody }) body: z.output<typeof productsBody>,
  ) {
    const result = await addProducts(this.engine, tenantId, id, body.products);
    if (result.kind !== 'done') throw notDone(result, 'given products');
    return this.describe(tenantId, id);
  }

  @Delete(':id')
  @HttpCode(204)
  @Describe({
    summary: 'Sever it at the provider, then here',
    description:
      'It stays readable as DELETED. Where the caller refreshes it (executor `caller`) and its connector is not configured, the access at the provider is for the caller to revoke, and it is deleted here.',
    answers: { 204: { description: 'Done.' } },
    problems: ['operation-not-allowed', 'rate-limited', 'provider-closed'],
  })
  async delete(@Tenant() tenantId: TenantId, @Param('id', connectionId) id: ConnectionId): Promise<void> {
    const result = await deleteConnection(this.engine, tenantId, id);
    if (result.kind !== 'done') throw notDone(result, 'deleted');
  }

  private async describe(tenantId: TenantId, id: ConnectionId) {
    const view = await describeConnection(this.engine, tenantId, id);
    if (view === null) throw notFound('connection');
    return toConnection(view);
  }
}

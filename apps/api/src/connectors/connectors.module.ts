import { Controller, Get, Inject, Module } from '@nestjs/common';
import { formatDuration, type TenantId } from '@freshet/domain';
import type { Engine } from '@freshet/flows';
import { z } from 'zod';
import { builtConnectors, capabilitiesWhenConfigured, type BuiltConnector } from '../engine/connector-rows.js';
import { ENGINE, SETTINGS } from '../engine/engine.token.js';
import type { Settings } from '../engine/settings.js';
import { shownWebhookUrl } from '../engine/webhook-url.js';
import { Tenant } from '../http/authenticate.js';
import { Describe } from '../http/describe.js';
import { listOf } from '../http/page.js';

const connectorView = z
  .object({
    connector: z.string(),
    on: z.boolean(),
    needs: z.array(z.string()).meta({ description: 'What has to be set for it to be on; empty where it is.' }),
    can: z
      .object({
        refresh: z.boolean(),
        repair: z.boolean(),
        addProducts: z.boolean(),
        delete: z.boolean(),
        imports: z.array(z.string()).meta({ description: 'Providers that it brings in by its own import.' }),
        tellsStatus: z.boolean(),
        showsRepair: z
          .boolean()
          .meta({ description: 'Whether a repair is seen without a webhook: its status is read after the link.' }),
        showsData: z
          .boolean()
          .meta({ description: 'Whether a free read shows that a background refresh came, where nobody tells of it.' }),
        webhooks: z.boolean(),
      })
      .nullable()
      .meta({ description: 'As it is set up; null while it is off.' }),
    webhookUrl: z.string().nullable().meta({
      description: 'Where the provider is to send them; a secret in it is named, not shown. Null: it sends none.',
    }),
    callTimeout: z.string(),
    atOnce: z.int().meta({ description: 'Tasks at work at one provider at a time, of all tenants.' }),
  })
  .meta({ id: 'Connector' });

/** Those whose providers send webhooks, set up for them or not. */
const takers: ReadonlySet<string> = new Set(
  capabilitiesWhenConfigured().flatMap(([name, { webhooks }]) => (webhooks ? [name] : [])),
);

type ConnectorAnswer = z.infer<typeof connectorView>;

const viewOf = (engine: Engine, { publicUrl }: Settings, tenantId: TenantId, name: BuiltConnector): ConnectorAnswer => {
  const on = engine.connectorsOf(tenantId).get(name);
  const { timeoutMs, atOnce } = engine.callsThrough(name);
  return {
    connector: name,
    on: on !== undefined,
    needs: on === undefined ? [...engine.connectorNeeds(tenantId, name)] : [],
    can: on === undefined ? null : { ...on.capabilities, imports: [...on.capabilities.imports] },
    webhookUrl: takers.has(name) ? shownWebhookUrl(publicUrl, tenantId, name) : null,
    callTimeout: formatDuration(timeoutMs),
    atOnce,
  };
};

@Controller('v1/connectors')
export class ConnectorsController {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Get()
  @Describe({
    summary: 'Every connector of this build: whether it is on, and what it would need',
    description: 'One without credentials is off: nothing is forced through it, and its refusals say what to set.',
    answers: { 200: { description: 'All of them, as they are for this tenant.', schema: listOf(connectorView) } },
  })
  list(@Tenant() tenantId: TenantId) {
    const data = builtConnectors.map((name) => viewOf(this.engine, this.settings, tenantId, name));
    return { data, nextCursor: null };
  }
}

@Module({ controllers: [ConnectorsController] })
export class ConnectorsModule {}

import { Controller, HttpCode, Inject, Module, Param, Post, Req } from '@nestjs/common';
import { DEFAULT_TENANT, type TenantId } from '@freshet/domain';
import { receiveWebhook, type Engine } from '@freshet/flows';
import type { RawWebhook } from '@freshet/ports';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ENGINE, NUDGE, type Nudge } from '../engine/engine.token.js';
import { Route } from '../http/access.js';
import { Describe } from '../http/describe.js';
import { notFound, Problem } from '../http/problem.js';

const receivedView = z.object({ received: z.literal(true) });

const description = {
  summary: 'What a provider sends',
  description: 'Verified over the raw bytes, stored, answered; read afterwards. A replay is answered like the first.',
  answers: { 200: { description: 'Stored.', schema: receivedView } },
  problems: ['unauthorized', 'not-found', 'payload-too-large'],
} as const;

const ofTenant = {
  ...description,
  summary: 'What a provider sends to a tenant with credentials of its own',
  description: `${description.description} A tenant for whom the connector is off is answered 404.`,
} as const;

const headersOf = ({ headers }: FastifyRequest): RawWebhook['headers'] =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );

const RECEIVES = Symbol('Receives');

/** Takes in what came to the address of one connector of one tenant. */
type Receives = (
  tenantId: TenantId,
  connector: string,
  secret: string | null,
  request: FastifyRequest,
) => Promise<z.infer<typeof receivedView>>;

const receives =
  (engine: Engine, nudge: Nudge): Receives =>
  async (tenantId, connector, secret, request) => {
    const result = await receiveWebhook(engine, tenantId, connector, {
      headers: headersOf(request),
      body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
      secret,
      receivedAt: engine.clock.now(),
    });
    if (result.kind === 'unknown-connector') throw notFound('connector that takes webhooks');
    if (result.kind === 'refused') {
      engine.log.warn('a webhook was refused', { tenantId, connector, why: result.why, requestId: request.id });
      throw new Problem('unauthorized', `The webhook is not genuine: ${result.why}.`);
    }
    if (!result.replay) nudge();
    return { received: true };
  };

/** The default tenant's. */
@Controller('webhooks')
export class WebhooksController {
  constructor(@Inject(RECEIVES) private readonly take: Receives) {}

  @Post(':connector')
  @HttpCode(200)
  @Route({ access: 'public', rawBody: true })
  @Describe(description)
  receive(@Param('connector') connector: string, @Req() request: FastifyRequest) {
    return this.take(DEFAULT_TENANT, connector, null, request);
  }

  /** For senders that sign nothing: the address itself is the secret. */
  @Post(':connector/:secret')
  @HttpCode(200)
  @Route({ access: 'public', rawBody: true })
  @Describe(description)
  receiveWithSecret(
    @Param('connector') connector: string,
    @Param('secret') secret: string,
    @Req() request: FastifyRequest,
  ) {
    return this.take(DEFAULT_TENANT, connector, secret, request);
  }
}

/** Any other tenant's: some providers sign with one key for all their clients, so the address names whose it is. */
@Controller('tenants/:tenant/webhooks')
export class TenantWebhooksController {
  constructor(@Inject(RECEIVES) private readonly take: Receives) {}

  @Post(':connector')
  @HttpCode(200)
  @Route({ access: 'public', rawBody: true })
  @Describe(ofTenant)
  receive(@Param('tenant') tenant: string, @Param('connector') connector: string, @Req() request: FastifyRequest) {
    return this.take(tenant as TenantId, connector, null, request);
  }

  @Post(':connector/:secret')
  @HttpCode(200)
  @Route({ access: 'public', rawBody: true })
  @Describe(ofTenant)
  receiveWithSecret(
    @Param('tenant') tenant: string,
    @Param('connector') connector: string,
    @Param('secret') secret: string,
    @Req() request: FastifyRequest,
  ) {
    return this.take(tenant as TenantId, connector, secret, request);
  }
}

@Module({
  controllers: [WebhooksController, TenantWebhooksController],
  providers: [{ provide: RECEIVES, useFactory: receives, inject: [ENGINE, NUDGE] }],
})
export class WebhooksModule {}

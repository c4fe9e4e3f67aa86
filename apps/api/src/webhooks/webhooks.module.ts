import { Controller, HttpCode, Inject, Module, Param, Post, Req } from '@nestjs/common';
import { DEFAULT_TENANT } from '@freshet/domain';
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

const headersOf = ({ headers }: FastifyRequest): RawWebhook['headers'] =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );

@Controller('webhooks')
export class WebhooksController {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(NUDGE) private readonly nudge: Nudge,
  ) {}

  @Post(':connector')
  @HttpCode(200)
  @Route({ access: 'public', rawBody: true })
  @Describe(description)
  receive(@Param('connector') connector: string, @Req() request: FastifyRequest) {
    return this.take(connector, null, request);
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
    return this.take(connector, secret, request);
  }

  private async take(
    connector: string,
    secret: string | null,
    request: FastifyRequest,
  ): Promise<z.infer<typeof receivedView>> {
    const result = await receiveWebhook(this.engine, DEFAULT_TENANT, connector, {
      headers: headersOf(request),
      body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
      secret,
      receivedAt: this.engine.clock.now(),
    });
    if (result.kind === 'unknown-connector') throw notFound('connector that takes webhooks');
    if (result.kind === 'refused') {
      this.engine.log.warn('a webhook was refused', { connector, why: result.why, requestId: request.id });
      throw new Problem('unauthorized', `The webhook is not genuine: ${result.why}.`);
    }
    if (!result.replay) this.nudge();
    return { received: true };
  }
}

@Module({ controllers: [WebhooksController] })
export class WebhooksModule {}

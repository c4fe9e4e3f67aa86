import { Controller, Get, Inject, Module, Res } from '@nestjs/common';
import { SECOND } from '@freshet/domain';
import type { Engine } from '@freshet/flows';
import type { FastifyReply } from 'fastify';
import { Gauge } from 'prom-client';
import { z } from 'zod';
import { ENGINE } from '../engine/engine.token.js';
import { Public } from '../http/access.js';
import { Describe } from '../http/describe.js';
import { Problem } from '../http/problem.js';
import { METRICS, type Metrics } from './metrics.js';

/** A queue that is longer than this is shown as this long: counting on would cost more than knowing is worth. */
const MAX_COUNTED = 1_000;

const health = z.object({ status: z.literal('ok') });

@Controller()
export class HealthController {
  private readonly waiting: Gauge<'kind'>;
  private readonly pullsBehind: Gauge;

  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(METRICS) private readonly metrics: Metrics,
  ) {
    this.waiting = new Gauge({
      name: 'freshet_queue_depth',
      help: `Tasks, webhooks and pulls of ours that are due and not taken up yet, counted up to ${MAX_COUNTED}`,
      labelNames: ['kind'] as const,
      registers: [metrics.registry],
    });
    this.pullsBehind = new Gauge({
      name: 'freshet_sweep_behind_seconds',
      help: 'For how long the longest due pull of ours has been due',
      registers: [metrics.registry],
    });
  }

  @Get('health/live')
  @Public()
  @Describe({ summary: 'Whether the process runs', answers: { 200: { description: 'It does.', schema: health } } })
  live(): z.infer<typeof health> {
    return { status: 'ok' };
  }

  @Get('health/ready')
  @Public()
  @Describe({
    summary: 'Whether it can serve (503 while it cannot)',
    answers: { 200: { description: 'It can.', schema: health } },
  })
  async ready(): Promise<z.infer<typeof health>> {
    try {
      await this.engine.store.read('setting', { id: 'readiness' });
    } catch {
      throw new Problem('unavailable', 'The store cannot be read.');
    }
    return { status: 'ok' };
  }

  @Get('metrics')
  @Public()
  @Describe({ summary: 'Figures for Prometheus', answers: { 200: { description: 'Text.', type: 'text/plain' } } })
  async figures(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { store, clock } = this.engine;
    const due = { now: clock.now(), limit: MAX_COUNTED };
    const tasks = await store.read('dueTasks', { ...due, realNow: clock.realNow() });
    const webhooks = await store.read('dueWebhooks', due);
    const pulls = await store.read('countDuePullPlans', { now: due.now, most: MAX_COUNTED });
    const [longest] = await store.read('duePullPlans', { now: due.now, limit: 1 });
    this.waiting.set({ kind: 'pull' }, pulls);
    this.pullsBehind.set(longest === undefined ? 0 : (due.now - longest.nextPullAt) / SECOND);
    this.waiting.set({ kind: 'task' }, tasks.length);
    this.waiting.set({ kind: 'webhook' }, webhooks.length);
    void reply.header('content-type', this.metrics.registry.contentType);
    return this.metrics.text();
  }
}

@Module({ controllers: [HealthController] })
export class HealthModule {}

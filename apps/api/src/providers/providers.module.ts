import { Body, Controller, Get, Inject, Module, Param, Patch } from '@nestjs/common';
import type { TenantId } from '@freshet/domain';
import { providerOverviews, setProviderPaused, type Engine } from '@freshet/flows';
import { z } from 'zod';
import { ENGINE } from '../engine/engine.token.js';
import { Tenant } from '../http/authenticate.js';
import { Describe } from '../http/describe.js';
import { listOf } from '../http/page.js';
import { notFound } from '../http/problem.js';
import { providerView, toProvider, type ProviderAnswer } from './provider-view.js';

const pausedBody = z.strictObject({ paused: z.boolean() });

@Controller('v1/providers')
export class ProvidersController {
  constructor(@Inject(ENGINE) private readonly engine: Engine) {}

  @Get()
  @Describe({
    summary: 'Every provider: its policy in force, what keeps it shut, what it cost',
    description: 'Days and months are those of UTC.',
    answers: { 200: { description: 'All that the catalogue knows.', schema: listOf(providerView) } },
  })
  async list(@Tenant() tenantId: TenantId) {
    return { data: (await providerOverviews(this.engine, tenantId)).map(toProvider), nextCursor: null };
  }

  @Patch(':provider')
  @Describe({
    summary: 'Pause or resume a provider',
    description: 'While it is paused nothing is forced, and nothing is lost.',
    answers: { 200: { description: 'The provider after it.', schema: providerView } },
  })
  async pause(
    @Tenant() tenantId: TenantId,
    @Param('provider') provider: string,
    @Body({ schema: pausedBody }) { paused }: z.output<typeof pausedBody>,
  ): Promise<ProviderAnswer> {
    if (!this.engine.policies.providers.includes(provider)) throw notFound('provider');
    await setProviderPaused(this.engine, tenantId, provider, paused);
    const overview = (await providerOverviews(this.engine, tenantId)).find((one) => one.provider === provider);
    if (overview === undefined) throw notFound('provider');
    return toProvider(overview);
  }
}

@Module({ controllers: [ProvidersController] })
export class ProvidersModule {}

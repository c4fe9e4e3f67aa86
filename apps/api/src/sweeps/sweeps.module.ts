import { Controller, Get, Inject, Module, Query } from '@nestjs/common';
import type { TenantId } from '@freshet/domain';
import { previewSweep, sweepOverview, type Engine } from '@freshet/flows';
import type { z } from 'zod';
import { ENGINE } from '../engine/engine.token.js';
import { Tenant } from '../http/authenticate.js';
import { Describe } from '../http/describe.js';
import { listQuery } from '../http/page.js';
import { previewView, sweepView, toPreview, toSweep, type PreviewAnswer, type SweepAnswer } from './sweep-view.js';

const previewQuery = listQuery({}).omit({ cursor: true });

@Controller('v1/sweeps')
export class SweepsController {
  constructor(@Inject(ENGINE) private readonly engine: Engine) {}

  @Get()
  @Describe({
    summary: 'Pulls of connections that nobody else refreshes: the plan in force, and how far they are behind',
    description: 'Planned every six hours and after a change of the policy, for a day.',
    answers: { 200: { description: 'How they stand.', schema: sweepView } },
  })
  async show(@Tenant() tenantId: TenantId): Promise<SweepAnswer> {
    return toSweep(await sweepOverview(this.engine, tenantId), this.engine.clock.now());
  }

  @Get('preview')
  @Describe({
    summary: 'What a plan that was made now would call, cost and bring',
    description: 'Nothing is called and nothing is changed. It looks at 20000 connections at most, and says so.',
    answers: { 200: { description: 'The next day.', schema: previewView } },
  })
  async preview(
    @Tenant() tenantId: TenantId,
    @Query({ schema: previewQuery }) { limit }: z.output<typeof previewQuery>,
  ): Promise<PreviewAnswer> {
    return toPreview(await previewSweep(this.engine, tenantId), limit);
  }
}

@Module({ controllers: [SweepsController] })
export class SweepsModule {}

import { Controller, Get, Inject, Module } from '@nestjs/common';
import type { TenantId } from '@freshet/domain';
import { budgetOverviews, type Engine } from '@freshet/flows';
import { ENGINE } from '../engine/engine.token.js';
import { Tenant } from '../http/authenticate.js';
import { Describe } from '../http/describe.js';
import { listOf } from '../http/page.js';
import { budgetView, toBudget } from './budget-view.js';

@Controller('v1/budgets')
export class BudgetsController {
  constructor(@Inject(ENGINE) private readonly engine: Engine) {}

  @Get()
  @Describe({
    summary: 'Budgets in their present period',
    answers: { 200: { description: 'All of them; none unless some are configured.', schema: listOf(budgetView) } },
  })
  async list(@Tenant() tenantId: TenantId) {
    return { data: (await budgetOverviews(this.engine, tenantId)).map(toBudget), nextCursor: null };
  }
}

@Module({ controllers: [BudgetsController] })
export class PolicyModule {}

import { Module, type DynamicModule } from '@nestjs/common';
import { AuditController, DRAW } from './audit.controller.js';
import { RepairsController } from './repairs.controller.js';
import type { Draw } from './report/charts/chart.js';

@Module({})
export class AuditModule {}

/** Asking for an audit, reading what it found, and repairing that; the engine comes from the application around it. */
export const auditModule = (draw: Draw): DynamicModule => ({
  module: AuditModule,
  controllers: [AuditController, RepairsController],
  providers: [{ provide: DRAW, useValue: draw }],
});

import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';
import { RepairsController } from './repairs.controller.js';

/** Asking for an audit, reading what it found, and repairing that; the engine comes from the application around it. */
@Module({ controllers: [AuditController, RepairsController] })
export class AuditModule {}

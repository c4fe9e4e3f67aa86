import { Module } from '@nestjs/common';
import { AuditController } from './audit.controller.js';

/** Asking for an audit and reading what it found; the engine comes from the application around it. */
@Module({ controllers: [AuditController] })
export class AuditModule {}

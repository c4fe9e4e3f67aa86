import { Module } from '@nestjs/common';
import { InvoicesController } from './invoices.controller.js';

/** What providers billed, held against the ledger; the engine comes from the application around it. */
@Module({ controllers: [InvoicesController] })
export class InvoicesModule {}

import 'reflect-metadata';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Engine } from '@freshet/flows';
import { AuditModule } from '../../src/audit/audit.module.js';
import { ENGINE } from '../../src/engine/engine.token.js';
import { ProblemFilter } from '../../src/http/problem.filter.js';
import { createAdapter, prepareServer } from '../../src/http/server.js';
import { RequestValidationPipe } from '../../src/http/validation.pipe.js';

@Global()
@Module({})
class Around {}

export const createAuditApp = async (engine: Engine): Promise<NestFastifyApplication> => {
  const filter = new ProblemFilter(engine);
  const adapter = createAdapter(filter);
  prepareServer(adapter.getInstance(), engine);
  const around: DynamicModule = {
    module: Around,
    imports: [AuditModule],
    providers: [{ provide: ENGINE, useValue: engine }],
    exports: [ENGINE],
  };
  const app = await NestFactory.create<NestFastifyApplication>(around, adapter, {
    logger: ['error', 'warn'],
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalPipes(new RequestValidationPipe());
  app.useGlobalFilters(filter);
  return app;
};

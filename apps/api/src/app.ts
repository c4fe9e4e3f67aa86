import 'reflect-metadata';
import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Engine } from '@freshet/flows';
import { ENGINE, NUDGE, SETTINGS, type Nudge } from './engine/engine.token.js';
import type { Settings } from './engine/settings.js';
import { ConnectorsModule } from './connectors/connectors.module.js';
import { ConnectionsModule } from './connections/connections.module.js';
import { DecisionsModule } from './decisions/decisions.module.js';
import { createMetrics, METRICS, type Metrics } from './health/metrics.js';
import { HealthModule } from './health/health.module.js';
import { OpenApiModule } from './http/openapi/openapi.module.js';
import { ProblemFilter } from './http/problem.filter.js';
import { createAdapter, prepareServer } from './http/server.js';
import { RequestValidationPipe } from './http/validation.pipe.js';
import { PolicyModule } from './policy/policy.module.js';
import { ProblemsModule } from './problems/problems.module.js';
import { ProvidersModule } from './providers/providers.module.js';
import { RefreshModule } from './refresh/refresh.module.js';
import { SweepsModule } from './sweeps/sweeps.module.js';
import { TasksModule } from './tasks/tasks.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

export interface AppParts {
  readonly engine: Engine;
  readonly settings: Settings;
  readonly nudge: Nudge;
  /** Modules beside those of the contract's core: they may inject ENGINE, SETTINGS, NUDGE and METRICS. */
  readonly extraModules?: readonly (Type | DynamicModule)[];
  /** Where the caller counts too (the workers' turns); else the service counts what comes in over HTTP. */
  readonly metrics?: Metrics;
}

const featureModules = [
  ConnectionsModule,
  RefreshModule,
  DecisionsModule,
  TasksModule,
  ProvidersModule,
  SweepsModule,
  ConnectorsModule,
  PolicyModule,
  WebhooksModule,
  HealthModule,
  ProblemsModule,
  OpenApiModule,
];

@Global()
@Module({})
export class AppModule {
  static of({ engine, settings, nudge, extraModules = [] }: AppParts, metrics: Metrics): DynamicModule {
    const parts = [
      { provide: ENGINE, useValue: engine },
      { provide: SETTINGS, useValue: settings },
      { provide: NUDGE, useValue: nudge },
      { provide: METRICS, useValue: metrics },
    ];
    return {
      module: AppModule,
      imports: [...featureModules, ...extraModules],
      providers: parts,
      exports: parts.map(({ provide }) => provide),
    };
  }
}

/** The service over HTTP, ready to listen. The parts are made, and closed, by the caller. */
export const createApp = async (parts: AppParts): Promise<NestFastifyApplication> => {
  const metrics = parts.metrics ?? createMetrics();
  const engine =
    parts.metrics === undefined ? { ...parts.engine, store: metrics.watch(parts.engine.store) } : parts.engine;
  const filter = new ProblemFilter(engine);
  const adapter = createAdapter(filter, parts.settings.http);
  const server = adapter.getInstance();
  await prepareServer(server, engine, parts.settings.http);
  metrics.timeRequests(server);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.of({ ...parts, engine }, metrics), adapter, {
    // What goes wrong is told by whoever started us, and by our own log.
    logger: false,
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalPipes(new RequestValidationPipe());
  app.useGlobalFilters(filter);
  return app;
};

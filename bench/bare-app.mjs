// What NestJS on Fastify does without us: one route with the same body validation, an answer of the same kind, no store.
import 'reflect-metadata';
import { Body, Controller, HttpCode, Module, Param, Post, StandardSchemaValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { refreshBody } from '../apps/api/dist/refresh/refresh-body.js';

class BareController {
  refresh(id, body) {
    return { decision: { connectionId: id, verdict: 'force', mode: body.mode, products: body.products }, task: null };
  }
}
const descriptor = Object.getOwnPropertyDescriptor(BareController.prototype, 'refresh');
Controller('v1/connections')(BareController);
Post(':id/refresh')(BareController.prototype, 'refresh', descriptor);
HttpCode(202)(BareController.prototype, 'refresh', descriptor);
Param('id')(BareController.prototype, 'refresh', 0);
Body({ schema: refreshBody })(BareController.prototype, 'refresh', 1);

class BareModule {}
Module({ controllers: [BareController] })(BareModule);

export const createBareApp = async () => {
  const app = await NestFactory.create(BareModule, new FastifyAdapter(), { logger: false });
  // Without the pipe Nest 12 would not validate at all.
  app.useGlobalPipes(new StandardSchemaValidationPipe());
  await app.init();
  return app;
};

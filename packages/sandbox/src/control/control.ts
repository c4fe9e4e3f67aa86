import type { FastifyInstance } from 'fastify';

import { connectionKey } from '../books/books.js';
import { isWebhookBase, trimmed } from '../settings.js';
import { Fields, type FieldError } from '../wire/fields.js';
import type { World } from '../world.js';
import { readFault } from './fault-body.js';
import { readRegistrations, register } from './registration.js';
import { isoOrNull, isRefused, query, refuse, unknownConnection } from './requests.js';
import { billView, callView, connectionView, deliveryView, faultView } from './views.js';

/** How tests and the service steer the emulator, and read its half of the ledger. */
export function serveControl(app: FastifyInstance, world: World): void {
  app.addHook('onRequest', async () => world.schedule.catchUp());
  app.addHook('onResponse', async (request, reply) => {
    world.settings.log(`${world.clock.iso()} ${request.method} ${request.url} ${reply.statusCode} control`);
  });
  app.get('/health', () => {
    const webhookBaseUrl = world.outbox.baseUrl;
    return { sandbox: true, books: world.books.file, now: world.clock.iso(), webhookBaseUrl };
  });
  serveClock(app, world);
  serveConnections(app, world);
  serveFaults(app, world);
  serveLedger(app, world);
  serveWebhooks(app, world);
  serveBank(app, world);
}

function serveClock(app: FastifyInstance, world: World): void {
  const view = () => ({ now: world.clock.iso(), offsetMs: world.clock.offsetMs });
  app.get('/clock', view);
  app.put('/clock', async (request, reply) => {
    const fields = new Fields(request.body);
    fields.need('offsetMs');
    const offsetMs = fields.wholeNumber('offsetMs', 0);
    if (offsetMs !== null && offsetMs < world.clock.offsetMs) {
      fields.fail('offsetMs', `must not be less than ${world.clock.offsetMs}: time does not go back`);
    }
    if (isRefused(fields) || offsetMs === null) return refuse(reply, fields.errors);
    await world.schedule.advanceTo(offsetMs);
    return view();
  });
}

function serveConnections(app: FastifyInstance, world: World): void {
  app.put('/connections', (request, reply) => {
    const errors: FieldError[] = [];
    const registrations = readRegistrations(request.body, errors);
    if (errors.length > 0) return refuse(reply, errors);
    const registered = world.books.turn(() => register(world, registrations));
    return reply.send({
      data: registered.map(({ connection, how }) => ({ ...connectionView(connection), registered: how })),
    });
  });
  app.get('/connections', (request) => {
    const { externalId } = query(request);
    const { connections } = world.books;
    const found = externalId === undefined ? connections.all() : connections.find('externalId', externalId);
    return { data: found.map(connectionView) };
  });
}

function serveFaults(app: FastifyInstance, world: World): void {
  app.post('/faults', (request, reply) => {
    const fields = new Fields(request.body);
    const fault = readFault(fields);
    if (fault === null) return refuse(reply, fields.errors);
    return reply.code(201).send(faultView(world.books.turn(() => world.faults.add(fault))));
  });
  app.get('/faults', () => ({ data: world.books.faults.all().map(faultView) }));
  app.delete('/faults', (_request, reply) => {
    world.books.turn(() => world.books.faults.clear());
    return reply.code(204).send();
  });
}

function serveLedger(app: FastifyInstance, world: World): void {
  app.get('/calls', (request) => {
    const { externalId, operation } = query(request);
    const asked = world.books.calls
      .all()
      .filter((call) => externalId === undefined || call.externalIds.includes(externalId))
      .filter((call) => operation === undefined || call.operation === operation);
    return { data: asked.map((call) => callView(call, externalId)) };
  });
  app.delete('/calls', (_request, reply) => {
    world.books.turn(() => world.books.calls.clear());
    return reply.code(204).send();
  });
  app.get('/bills', (request) => {
    const { externalId } = query(request);
    const asked = world.books.bills.all().filter((bill) => externalId === undefined || bill.externalId === externalId);
    return { data: asked.map(billView) };
  });
  app.delete('/bills', (_request, reply) => {
    world.books.turn(() => world.books.bills.clear());
    return reply.code(204).send();
  });
}

function serveWebhooks(app: FastifyInstance, world: World): void {
  const view = () => ({
    baseUrl: world.outbox.baseUrl,
    data: world.books.deliveries.all().map((delivery) => deliveryView(world, delivery)),
  });
  app.get('/webhooks', view);
  app.put('/webhooks', (request, reply) => {
    const fields = new Fields(request.body);
    const baseUrl = fields.needText('baseUrl');
    if (baseUrl !== '' && !isWebhookBase(baseUrl)) fields.fail('baseUrl', 'must be an http(s) address');
    if (isRefused(fields)) return refuse(reply, fields.errors);
    world.outbox.baseUrl = trimmed(baseUrl);
    return reply.send(view());
  });
}

function serveBank(app: FastifyInstance, world: World): void {
  app.post('/data', (request, reply) => {
    const fields = new Fields(request.body);
    const provider = fields.needText('provider');
    const externalId = fields.needText('externalId');
    fields.need('transactions');
    const transactions = fields.wholeNumber('transactions', 1);
    if (isRefused(fields) || transactions === null) return refuse(reply, fields.errors);
    const isMeant = (name: string) => name.toUpperCase() === provider.toUpperCase();
    const connection = world.books.connections.find('externalId', externalId).find((known) => isMeant(known.provider));
    if (connection === undefined) return unknownConnection(reply, provider, externalId);
    const waitingTransactions = connection.waitingTransactions + transactions;
    const key = connectionKey(connection.connector, externalId);
    world.books.turn(() => world.books.connections.put(key, { ...connection, waitingTransactions }));
    return reply.send({ provider: connection.provider, externalId, waitingTransactions });
  });
  app.put('/maintenance', (request, reply) => {
    const fields = new Fields(request.body);
    const provider = fields.needText('provider');
    const isOn = fields.flag('active') ?? true;
    const start = fields.time('start') ?? world.clock.now();
    const end = fields.time('end');
    if (isRefused(fields)) return refuse(reply, fields.errors);
    world.books.turn(() => {
      if (isOn) world.books.maintenance.put(provider, { provider, start, end });
      else world.books.maintenance.remove(provider);
    });
    return reply.send({ provider, active: isOn, start: isoOrNull(start), end: isoOrNull(end) });
  });
}

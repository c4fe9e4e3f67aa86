import { connectionKey } from '../books/books.js';
import { newConnection } from '../books/new-connection.js';
import type { Connection } from '../books/records.js';
import { PRODUCTS } from '../meld/rules.js';
import { Fields, type FieldError } from '../wire/fields.js';
import type { World } from '../world.js';

const MOST_AT_ONCE = 1000;

export interface Registration {
  readonly connector: string;
  readonly provider: string;
  readonly externalId: string;
  /** Only what was named. */
  readonly named: Partial<Connection>;
  /** Whether the provider tells a changed status, as if it had happened there. */
  readonly notify: boolean;
}

export interface Registered {
  readonly connection: Connection;
  readonly how: 'created' | 'updated';
}

/** One object, or a list of up to a thousand. */
export function readRegistrations(body: unknown, errors: FieldError[]): Registration[] {
  const isList = typeof body === 'object' && body !== null && 'connections' in body;
  if (!isList) return [readRegistration(body, errors, '')];
  const fields = new Fields(body, errors);
  const list = fields.list('connections') ?? [];
  fields.refuseOthers();
  if (list.length === 0 || list.length > MOST_AT_ONCE)
    fields.fail('connections', `must hold 1 to ${MOST_AT_ONCE} connections`);
  return list.map((item, place) => readRegistration(item, errors, `connections[${place}]`));
}

/** All of them are written before duplicates are settled: who is maintained depends on all. */
export function register(world: World, registrations: readonly Registration[]): Registered[] {
  const registered = registrations.map((registration) => store(world, registration));
  for (const { connection } of registered) {
    world.emulations.get(connection.connector)?.adopt?.(current(world, connection));
  }
  return registered.map(({ connection, how }) => ({ connection: current(world, connection), how }));
}

function current(world: World, connection: Connection): Connection {
  return world.books.connections.need(connectionKey(connection.connector, connection.externalId));
}

function readRegistration(value: unknown, errors: FieldError[], path: string): Registration {
  const fields = new Fields(value, errors, path);
  const connector = fields.needText('connector');
  const provider = fields.needText('provider');
  const externalId = fields.needText('externalId');
  const status = fields.text('status');
  const statusReason = fields.text('statusReason');
  const candidates = {
    providerConnectionId: fields.text('providerConnectionId'),
    customerId: fields.text('customerId'),
    institutionId: fields.text('institutionId'),
    products: fields.texts('products'),
    optionalProducts: fields.texts('optionalProducts'),
    status,
    // A reason belongs to the status that it came with.
    statusReason: status === null ? statusReason : undefined,
    createdAt: fields.time('connectedAt'),
    lastSuccessAt: fields.time('lastSuccessAt'),
    consentExpiresAt: fields.time('consentExpiresAt'),
    credentials: fields.textMap('credentials'),
  };
  const notify = fields.flag('notify') ?? false;
  fields.ignore('loginFingerprint', 'historicalLoaded');
  fields.refuseOthers();
  const told = Object.entries(candidates).filter(([, candidate]) => candidate !== null && candidate !== undefined);
  const named: Partial<Connection> = Object.fromEntries(told);
  return { connector, provider, externalId, named: status === null ? named : { ...named, statusReason }, notify };
}

function store(world: World, registration: Registration): Registered {
  const { connector, provider, externalId, named, notify } = registration;
  const key = connectionKey(connector, externalId);
  const before = world.books.connections.get(key);
  if (before === undefined) {
    const createdAt = world.clock.now();
    const fresh = newConnection({ connector, provider, externalId, createdAt, products: PRODUCTS, ...named });
    return { connection: world.books.connections.put(key, fresh), how: 'created' };
  }
  const updated = { ...before, provider, ...named };
  if (!notify) return { connection: world.books.connections.put(key, revocationKept(world, updated)), how: 'updated' };
  // Everything but the status first: the status changes as it would by itself, and is told.
  const { status, statusReason } = before;
  const connection = world.books.connections.put(key, { ...updated, status, statusReason });
  announce(world, connection, updated.status, updated.statusReason);
  return { connection, how: 'updated' };
}

function announce(world: World, connection: Connection, status: string, statusReason: string | null): void {
  const announcing = world.emulations.get(connection.connector)?.announce;
  if (announcing !== undefined) return announcing(connection, status, statusReason);
  const key = connectionKey(connection.connector, connection.externalId);
  world.books.connections.put(key, { ...connection, status, statusReason });
}

/** A consent that is not authorised any more has a time at which it ended. */
function revocationKept(world: World, connection: Connection): Connection {
  if (connection.status === 'ACTIVE') return { ...connection, revokedAt: null, revokeReason: null };
  return connection.revokedAt === null && connection.status === 'RECONNECT_REQUIRED'
    ? { ...connection, revokedAt: world.clock.now(), revokeReason: 'provider_revoked' }
    : connection;
}

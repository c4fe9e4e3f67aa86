import { providerConnectionKey } from '../books/books.js';
import type { Connection } from '../books/records.js';
import type { World } from '../world.js';
import { changeStatus, keep, type Telling } from './events.js';
import { INACTIVE_DUPLICATE, isInactiveDuplicate, isTerminal, NEVER_DUPLICATES } from './rules.js';

/**
 * The connections over one provider connection, itself included: most recently aggregated first, then most recently
 * connected, then first registered.
 */
export function twinsOf(world: World, connection: Connection): Connection[] {
  if (NEVER_DUPLICATES.includes(connection.provider)) return [connection];
  return sharers(world, connection)
    .filter((twin) => !isTerminal(twin) && twin.status !== 'IN_PROGRESS')
    .sort((a, b) => aggregatedAt(b) - aggregatedAt(a) || b.createdAt - a.createdAt);
}

/** Connecting is what a connection starts with. */
function aggregatedAt(connection: Connection): number {
  return connection.lastSuccessAt ?? connection.createdAt;
}

/** The same with those that ended: the provider still counts what it pulled for them. */
export function sharers(world: World, connection: Connection): Connection[] {
  const key = providerConnectionKey(connection);
  return key === null ? [connection] : world.books.connections.find('providerConnection', key);
}

/** Null where it has no duplicates, or none of them is maintained. */
export function maintainedTwin(world: World, connection: Connection): Connection | null {
  const twins = twinsOf(world, connection);
  if (twins.length < 2) return null;
  return twins.find((twin) => !isInactiveDuplicate(twin)) ?? null;
}

/**
 * Makes it the maintained one. It takes the status that the maintained one had, be it a broken one; a group without
 * one, which only a registration can make, gives ACTIVE.
 */
export function promote(world: World, connection: Connection, telling: Telling): Connection {
  if (!isInactiveDuplicate(connection)) return connection;
  const before = maintainedTwin(world, connection);
  if (before !== null) changeStatus(world, before, 'PARTIALLY_ACTIVE', INACTIVE_DUPLICATE, telling);
  return changeStatus(world, connection, before?.status ?? 'ACTIVE', before?.statusReason ?? null, telling);
}

/** A link that just became usable outranks its twins: the most recently connected is maintained. */
export function demoteOthers(world: World, connection: Connection, telling: Telling): void {
  for (const twin of twinsOf(world, connection)) {
    if (twin.externalId === connection.externalId || isInactiveDuplicate(twin)) continue;
    changeStatus(world, twin, 'PARTIALLY_ACTIVE', INACTIVE_DUPLICATE, telling);
  }
}

/** The maintained one is gone; the most recently aggregated of the rest takes its place and its last status. */
export function promoteNext(world: World, deleted: Connection, telling: Telling): void {
  if (isInactiveDuplicate(deleted)) return;
  const next = twinsOf(world, deleted).find((twin) => isInactiveDuplicate(twin));
  if (next !== undefined) changeStatus(world, next, deleted.status, deleted.statusReason, telling);
}

/** Registrations may claim several maintained ones; the most recently aggregated is right. Nobody is told. */
export function settleClaims(world: World, connection: Connection): void {
  const [, ...others] = twinsOf(world, connection).filter((twin) => !isInactiveDuplicate(twin));
  for (const other of others) keep(world, { ...other, status: 'PARTIALLY_ACTIVE', statusReason: INACTIVE_DUPLICATE });
}

import { connectionKey } from '../books/books.js';
import type { Connection, MeldJob, PullOutcome } from '../books/records.js';
import type { WebhookFault } from '../faults.js';
import { derivedNumber, newMeldId, pullDurationMs } from '../identifiers.js';
import type { World } from '../world.js';
import { maintainedTwin, sharers } from './duplicates.js';
import { changeStatus, keep, tellAggregated, type Telling } from './events.js';
import { healsBySuccess, isInactiveDuplicate, isRefreshable, isTerminal, pullLimits } from './rules.js';

const PULL_DUE = 'meld-pull';
const BACKGROUND_DUE = 'meld-background';
const DAY_MS = 24 * 60 * 60_000;
/** A connection that was just registered is not pulled at once, whatever its time of day is. */
const FIRST_BACKGROUND_AFTER_MS = 60 * 60_000;

export interface PullStart {
  readonly products: readonly string[];
  readonly outcome: PullOutcome;
  readonly webhooks: WebhookFault | null;
  readonly at: number;
}

export function handlePulls(world: World): void {
  world.schedule.on(PULL_DUE, (jobId, at) => finishPull(world, jobId, at));
  world.schedule.on(BACKGROUND_DUE, (key, at) => backgroundPull(world, key, at));
}

/** Answers the connection as it stands then; it ends one to two seconds later. */
export function startPull(world: World, connection: Connection, start: PullStart): Connection {
  const started = keep(world, { ...connection, pulls: connection.pulls + 1 });
  const id = newMeldId();
  const dueAt = start.at + pullDurationMs(connection.externalId, started.pulls);
  const { products, outcome, webhooks } = start;
  const key = connectionKey(connection.connector, connection.externalId);
  world.books.meldJobs.put(id, { id, connectionKey: key, products, dueAt, outcome, webhooks });
  world.schedule.plan(PULL_DUE, id, dueAt);
  return started;
}

/** The newest moment that the provider's pause counts from, over all that share the provider connection. */
export function lastCountedAt(world: World, connection: Connection): number | null {
  const moments = sharers(world, connection).flatMap((sharer) => [sharer.lastForcedAt, sharer.lastSuccessAt]);
  const known = moments.filter((moment) => moment !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** The next time of day at which the provider looks by itself. */
export function planBackground(world: World, connection: Connection, after: number): void {
  const timeOfDayMs = derivedNumber(`${connection.externalId} background`, DAY_MS);
  const days = Math.ceil((after - timeOfDayMs) / DAY_MS);
  const key = connectionKey(connection.connector, connection.externalId);
  world.schedule.plan(BACKGROUND_DUE, key, days * DAY_MS + timeOfDayMs);
}

export function watchBackground(world: World, connection: Connection): void {
  if (!world.settings.backgroundPulls) return;
  const key = connectionKey(connection.connector, connection.externalId);
  if (isTerminal(connection) || world.schedule.isPlanned(BACKGROUND_DUE, key)) return;
  planBackground(world, connection, world.clock.now() + FIRST_BACKGROUND_AFTER_MS);
}

function finishPull(world: World, jobId: string, at: number): void {
  const job = world.books.meldJobs.need(jobId);
  world.books.meldJobs.remove(jobId);
  const connection = world.books.connections.need(job.connectionKey);
  // Broken or ended while it ran: it brings nothing.
  if (!isRefreshable(connection)) return;
  const telling = { at, fault: job.webhooks };
  if (job.outcome === 'login-required') {
    changeStatus(world, statusBearer(world, connection), 'RECONNECT_REQUIRED', 'LOGIN_REQUIRED', telling);
  } else if (job.outcome !== 'nothing') {
    bringData(world, connection, job, telling);
  }
}

function bringData(world: World, connection: Connection, job: MeldJob, telling: Telling): void {
  const isPartial = job.outcome === 'partial';
  const transactions = job.products.includes('TRANSACTIONS') && !isPartial;
  if (transactions) takeWaiting(world, connection);
  const updated = stamp(world, connection, telling.at);
  const bearer = statusBearer(world, updated);
  if (isPartial) changeStatus(world, bearer, 'PARTIALLY_ACTIVE', 'PARTIAL_AGGREGATION_SUCCESS', telling);
  else heal(world, bearer, telling);
  tellAggregated(world, updated, telling, transactions);
}

/** What happens to the provider connection shows on the maintained twin, which may have changed during the pull. */
function statusBearer(world: World, connection: Connection): Connection {
  return isInactiveDuplicate(connection) ? (maintainedTwin(world, connection) ?? connection) : connection;
}

/** Free, unasked, and silent unless there was something new. */
function backgroundPull(world: World, key: string, at: number): void {
  const connection = world.books.connections.get(key);
  if (connection === undefined || isTerminal(connection)) return;
  planBackground(world, connection, at + 1);
  if (!isRefreshable(connection) || isTwinOfMaintained(world, connection)) return;
  const last = lastSuccessOf(world, connection);
  if (last !== null && at - last < pullLimits(connection.provider).backgroundPauseMs) return;
  const telling = { at, fault: null };
  const found = connection.products.includes('TRANSACTIONS') && takeWaiting(world, connection) > 0;
  const updated = stamp(world, connection, at);
  heal(world, updated, telling);
  if (found) tellAggregated(world, updated, telling, true);
}

function isTwinOfMaintained(world: World, connection: Connection): boolean {
  return isInactiveDuplicate(connection) && maintainedTwin(world, connection) !== null;
}

function lastSuccessOf(world: World, connection: Connection): number | null {
  const stamps = sharers(world, connection).map((sharer) => sharer.lastSuccessAt ?? 0);
  return Math.max(...stamps) || null;
}

function heal(world: World, connection: Connection, telling: Telling): void {
  if (healsBySuccess(connection)) changeStatus(world, connection, 'ACTIVE', null, telling);
}

/** What waits at the bank waits for all that share the provider connection. */
function takeWaiting(world: World, connection: Connection): number {
  let taken = 0;
  for (const sharer of sharers(world, connection)) {
    taken += sharer.waitingTransactions;
    if (sharer.waitingTransactions > 0) keep(world, { ...sharer, waitingTransactions: 0 });
  }
  return taken;
}

function stamp(world: World, connection: Connection, at: number): Connection {
  const key = connectionKey(connection.connector, connection.externalId);
  // Read anew: what waited has just been taken from it.
  return keep(world, { ...world.books.connections.need(key), lastSuccessAt: at });
}

import { randomUUID } from 'node:crypto';

import { connectionKey } from '../books/books.js';
import type { Connection, PlaidJob } from '../books/records.js';
import { derivedNumber, pullDurationMs } from '../identifiers.js';
import type { World } from '../world.js';
import { changeStatus, tellNews, type News, type Telling } from './events.js';
import { isGone, ITEM_PRODUCTS, itemErrorOf, itemOf, keep, keepItem, productsBy, type ItemProduct } from './items.js';

const PULL_DUE = 'plaid-pull';
const BACKGROUND_DUE = 'plaid-background';
const DAY_MS = 24 * 60 * 60_000;
/** "One to four times a day", by institution (specification). */
const MOST_A_DAY = 4;
/** An Item that was just registered is not pulled at once, whatever its hours are. */
const FIRST_BACKGROUND_AFTER_MS = 60 * 60_000;

export type PullStart = Pick<PlaidJob, 'product' | 'outcome' | 'webhooks'> & { readonly at: number };

export function handlePulls(world: World): void {
  world.schedule.on(PULL_DUE, (jobId, at) => finishPull(world, jobId, at));
  world.schedule.on(BACKGROUND_DUE, (key, at) => backgroundPull(world, key, at));
}

/** It ends one to two seconds later. */
export function startPull(world: World, connection: Connection, { at, ...start }: PullStart): void {
  const started = keep(world, { ...connection, pulls: connection.pulls + 1 });
  const id = randomUUID();
  world.books.plaidJobs.put(id, { id, connectionKey: connectionKey('plaid', connection.externalId), ...start });
  world.schedule.plan(PULL_DUE, id, at + pullDurationMs(connection.externalId, started.pulls));
}

/** All that an Item has is pulled: after update mode, and when it is made. Nobody asked for it, and it costs nothing. */
export function pullAll(world: World, connection: Connection, at: number): void {
  for (const product of ITEM_PRODUCTS) {
    if (productsBy(connection, product).length === 0) continue;
    const current = world.books.connections.need(connectionKey('plaid', connection.externalId));
    startPull(world, current, { product, outcome: 'success', webhooks: null, at });
  }
}

export function watchBackground(world: World, connection: Connection): void {
  const key = connectionKey('plaid', connection.externalId);
  if (isGone(connection) || world.schedule.isPlanned(BACKGROUND_DUE, key)) return;
  planBackground(world, connection, world.clock.now() + FIRST_BACKGROUND_AFTER_MS);
}

function planBackground(world: World, { externalId, institutionId }: Connection, after: number): void {
  const everyMs = DAY_MS / (1 + derivedNumber(`${institutionId} background`, MOST_A_DAY));
  const offsetMs = derivedNumber(`${externalId} background`, everyMs);
  const turns = Math.ceil((after - offsetMs) / everyMs);
  world.schedule.plan(BACKGROUND_DUE, connectionKey('plaid', externalId), turns * everyMs + offsetMs);
}

function finishPull(world: World, jobId: string, at: number): void {
  const job = world.books.plaidJobs.need(jobId);
  world.books.plaidJobs.remove(jobId);
  const connection = world.books.connections.need(job.connectionKey);
  if (isGone(connection) || job.outcome === 'nothing') return;
  const telling = { at, fault: job.webhooks };
  if (job.outcome === 'success' && itemErrorOf(connection) === null) {
    tellNews(world, ...bring(world, connection, job.product, at), telling);
    return;
  }
  fail(world, connection, job.product, at);
  if (job.outcome === 'login-required')
    changeStatus(world, connection, 'RECONNECT_REQUIRED', 'LOGIN_REQUIRED', telling);
}

/** Free, unasked, and silent unless there was something new. One that needs its customer has none. */
function backgroundPull(world: World, key: string, at: number): void {
  const connection = world.books.connections.get(key);
  if (connection === undefined || isGone(connection)) return;
  planBackground(world, connection, at + 1);
  if (connection.statusReason === 'INTERACTIVE_REFRESH') return;
  const telling: Telling = { at, fault: null };
  for (const product of ITEM_PRODUCTS) {
    const current = world.books.connections.need(key);
    if (productsBy(current, product).length === 0) continue;
    if (itemErrorOf(current) === null) tellNews(world, ...bring(world, current, product, at), telling);
    else fail(world, current, product, at);
  }
}

/** What waits at the bank are transactions; where an Item has none, changes of its holdings. */
function bring(world: World, connection: Connection, product: ItemProduct, at: number): [Connection, News] {
  const takes = product === 'transactions' || productsBy(connection, 'transactions').length === 0;
  const found = takes ? connection.waitingTransactions : 0;
  const waitingTransactions = connection.waitingTransactions - found;
  const brought = keep(world, { ...connection, waitingTransactions, lastSuccessAt: at });
  const item = itemOf(world, brought);
  keepItem(world, { ...item, [product]: { ...item[product], successAt: at } });
  const isInvestments = product === 'investments';
  return [brought, { transactions: isInvestments ? 0 : found, holdings: isInvestments ? found : 0 }];
}

function fail(world: World, connection: Connection, product: ItemProduct, at: number): void {
  const item = itemOf(world, connection);
  keepItem(world, { ...item, [product]: { ...item[product], failedAt: at } });
}

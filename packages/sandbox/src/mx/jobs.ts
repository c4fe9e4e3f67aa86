import { randomUUID } from 'node:crypto';

import type { MxJob } from '../books/records.js';
import { derivedNumber, pullDurationMs } from '../identifiers.js';
import type { World } from '../world.js';
import { tellBrought, type Telling } from './events.js';
import { changeStatus, keep, mxKey, type Found } from './members.js';
import { asksAgain, BACKGROUND_EVERY_MS, BACKGROUND_PAUSE_MS, isPulledByItself, QUESTION_LIFE_MS } from './rules.js';

const JOB_DUE = 'mx-job';
const BACKGROUND_DUE = 'mx-background';
/** A member that was just registered is not pulled at once, whatever its time of day is. */
const FIRST_BACKGROUND_AFTER_MS = 60 * 60_000;
const DATED: readonly string[] = ['TRANSACTIONS', 'INVESTMENT_TRANSACTIONS'];

export type JobStart = Pick<MxJob, 'kind' | 'products' | 'outcome' | 'webhooks'> & { readonly at: number };

export function handleJobs(world: World): void {
  world.schedule.on(JOB_DUE, (key, at) => endJob(world, key, at));
  world.schedule.on(BACKGROUND_DUE, (key, at) => pullInBackground(world, key, at));
}

export function startJob(world: World, found: Found, { at, ...start }: JobStart): Found {
  const { connection, member } = found;
  const pulls = connection.pulls + 1;
  const dueAt = at + pullDurationMs(connection.externalId, pulls);
  const outcome = start.outcome === 'success' && asksAgain(member.connectionStatus) ? 'question' : start.outcome;
  const id = `JOB-${randomUUID()}`;
  const job: MxJob = { id, ...start, outcome, dueAt };
  world.schedule.plan(JOB_DUE, mxKey(connection.externalId), dueAt);
  return keep(world, {
    connection: { ...connection, pulls },
    member: { ...member, job, aggregatedAt: at, mostRecentJob: id },
  });
}

/** The customer has answered the bank: the job goes on. */
export function resumeJob(world: World, found: Found, job: MxJob, at: number): Found {
  const { connection } = found;
  const dueAt = at + pullDurationMs(connection.externalId, connection.pulls);
  world.schedule.plan(JOB_DUE, mxKey(connection.externalId), dueAt);
  const going = keep(world, { ...found, member: { ...found.member, job: { ...job, outcome: 'success', dueAt } } });
  return changeStatus(world, going, 'RESUMED', { at, fault: job.webhooks });
}

function current(world: World, key: string): Found | null {
  const connection = world.books.connections.get(key);
  const member = world.books.mxMembers.get(key);
  if (connection === undefined || member === undefined || connection.status === 'DELETED') return null;
  return { connection, member };
}

function endJob(world: World, key: string, at: number): void {
  const found = current(world, key);
  const job = found?.member.job ?? null;
  if (found === null || job === null) return;
  const telling = { at, fault: job.webhooks };
  if (job.outcome === 'question') return ask(world, found, job, telling);
  const ended = keep(world, { ...found, member: { ...found.member, job: null } });
  if (job.outcome === 'login-required') changeStatus(world, ended, 'DENIED', telling);
  else if (job.outcome === 'unanswered') changeStatus(world, ended, 'EXPIRED', telling);
  else bring(world, ended, job, telling);
}

/** The job waits, and MX calls it running all the while. */
function ask(world: World, found: Found, job: MxJob, telling: Telling): void {
  const dueAt = telling.at + QUESTION_LIFE_MS;
  world.schedule.plan(JOB_DUE, mxKey(found.connection.externalId), dueAt);
  const waiting = { ...found.member, job: { ...job, outcome: 'unanswered' as const, dueAt } };
  // Asked again, it is told again.
  const asked = keep(world, { ...found, member: { ...waiting, connectionStatus: null } });
  changeStatus(world, asked, 'CHALLENGED', telling);
}

function bring(world: World, found: Found, job: MxJob, telling: Telling): void {
  const { connection, member } = found;
  const isDated = job.outcome === 'success' && job.products.some((product) => DATED.includes(product));
  const created = isDated ? connection.waitingTransactions : 0;
  const brought = keep(world, {
    connection: {
      ...connection,
      lastSuccessAt: telling.at,
      waitingTransactions: isDated ? 0 : connection.waitingTransactions,
    },
    member: {
      ...member,
      processed: { accounts: true, numbers: job.products.includes('IDENTIFIERS'), transactions: isDated },
    },
  });
  const healthy = changeStatus(world, brought, 'CONNECTED', telling);
  tellBrought(world, healthy, { kind: job.kind, isBackground: false, created }, telling);
}

/** The next time of day at which MX looks by itself. */
function planBackground(world: World, externalId: string, after: number): void {
  const timeOfDayMs = derivedNumber(`${externalId} mx background`, BACKGROUND_EVERY_MS);
  const days = Math.ceil((after - timeOfDayMs) / BACKGROUND_EVERY_MS);
  world.schedule.plan(BACKGROUND_DUE, mxKey(externalId), days * BACKGROUND_EVERY_MS + timeOfDayMs);
}

export function watchBackground(world: World, externalId: string): void {
  if (world.schedule.isPlanned(BACKGROUND_DUE, mxKey(externalId))) return;
  planBackground(world, externalId, world.clock.now() + FIRST_BACKGROUND_AFTER_MS);
}

/** Free, unasked, and silent unless there was something new. */
function pullInBackground(world: World, key: string, at: number): void {
  const found = current(world, key);
  if (found === null) return;
  const { connection, member } = found;
  planBackground(world, connection.externalId, at + 1);
  if (!isPulledByItself(member.connectionStatus) || member.backgroundIsDisabled || member.job !== null) return;
  if (member.aggregatedAt !== null && at - member.aggregatedAt < BACKGROUND_PAUSE_MS) return;
  const created = connection.waitingTransactions;
  const pulled = keep(world, {
    connection: { ...connection, lastSuccessAt: at, waitingTransactions: 0 },
    member: {
      ...member,
      aggregatedAt: at,
      mostRecentJob: `JOB-${randomUUID()}`,
      processed: { accounts: true, numbers: false, transactions: true },
    },
  });
  const telling = { at, fault: null };
  const healthy = changeStatus(world, pulled, 'CONNECTED', telling);
  if (created > 0) tellBrought(world, healthy, { kind: 'AGGREGATION', isBackground: true, created }, telling);
}

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DAY } from '@freshet/domain';
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildService, freePort, startEmulator, type Place, type Running } from '../crash/processes.js';
import {
  consentsEndingIn,
  idOf,
  isBeyondByHistory,
  isOurOwnWord,
  isPlantedSilence,
  isTrulyLate,
  notBetween,
  readBooks,
  stillOpen,
  unaskedIn,
  wastedIn,
  wasStarved,
  type Books,
  type FoundThing,
  type Unasked,
} from './books.js';
import { faultNames, planted, POLICY } from './rows.js';
import { DAYS, MonthWalk, type Month } from './walk.js';

/** Seeds to walk, from MONTH_SEED on: `MONTH_SEEDS=5 npm run month -w @freshet/api` for a longer look. */
const firstSeed = Number(process.env.MONTH_SEED ?? 20_261_121);
const seeds = Array.from({ length: Number(process.env.MONTH_SEEDS ?? 1) }, (_, index) => firstSeed + index);
/** Two minutes on a machine that does nothing else. */
const TIMEOUT_MS = 1_800_000;

/** What customers, providers and whoever asks for refreshes do: found too, and accounted for one by one. */
const ofTheWorld = ['wasted-pulls', 'billed-twins', 'late-connections', 'consents-ending'];

beforeAll(buildService, TIMEOUT_MS);

describe.each(seeds)(`${DAYS} days of seed %i, with faults on`, (seed) => {
  let place: Place;
  let emulator: Running | undefined;
  let walk: MonthWalk;
  let month: Month;
  let books: Books;
  let wasted: readonly string[];
  let unasked: readonly Unasked[];

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'freshet-month-'));
    const policyFile = join(folder, 'policy.yaml');
    writeFileSync(policyFile, JSON.stringify(POLICY));
    const [port, sandboxPort] = [await freePort(), await freePort()];
    place = { folder, port, sandboxPort, policyFile, apiKey: 'month-test-key-0123456789' };
    emulator = await startEmulator(place);
    walk = new MonthWalk(place, seed);
    try {
      month = await walk.run();
      books = await readBooks(place);
    } catch (error) {
      throw new Error(`MONTH_SEED=${seed}: ${String(error)}\n${walk.running()?.output().slice(-10_000) ?? ''}`, {
        cause: error,
      });
    }
    const database = new Database(join(folder, 'freshet.db'), { readonly: true });
    wasted = wastedIn(database, books.auditedAt - 30 * DAY);
    unasked = unaskedIn(database);
    database.close();
  }, TIMEOUT_MS);

  afterAll(async () => {
    await walk?.running()?.kill();
    await emulator?.kill();
    if (place) rmSync(place.folder, { recursive: true, force: true });
  });

  const foundBy = (check: string) => books.findings.filter((found) => found.check === check);

  test('was a month in which everything happened: otherwise nothing below means anything', () => {
    expect(month.interrupted).toBe(true);
    for (const fault of faultNames) expect(month.did[`fault ${fault}`]).toBeGreaterThan(0);
    for (const done of ['import', 'refresh', 'cancel', 'read', 'told', 'repaired 200', 'pause', 'delete 204']) {
      expect({ done, times: month.did[done] ?? 0 }).not.toEqual({ done, times: 0 });
    }
    for (const charge of ['charged', 'released', 'uncertain']) {
      expect(books.tasks.filter((task) => task.charge === charge).length).toBeGreaterThan(0);
    }
    expect(books.nights.length).toBeGreaterThanOrEqual(DAYS - 1);
  });

  test('leaves no refresh without an end', () => {
    expect({ seed, open: stillOpen(books) }).toEqual({ seed, open: [] });
  });

  test('was billed, connection by connection, between what is charged and what is uncertain as well', () => {
    expect({ seed, wrong: notBetween(books) }).toEqual({ seed, wrong: [] });
  });

  test('has a clean audit at its end, and had one every night', () => {
    const all = [...books.nights.flatMap(({ findings }) => findings), ...books.findings];
    const isAccountedFor = (found: FoundThing): boolean =>
      ofTheWorld.includes(found.check) ||
      isPlantedSilence(books, found) ||
      isBeyondByHistory(unasked, found) ||
      isOurOwnWord(found);
    const ours = all.filter((found) => !isAccountedFor(found));
    expect({ seed, ours }).toEqual({ seed, ours: [] });
    const undone = books.nights.map(({ audit }) => audit).filter(({ state }) => state !== 'done');
    expect(undone.filter((audit) => !wasStarved(audit))).toEqual([]);
    expect(books.nights.length - undone.length).toBeGreaterThan(DAYS / 2);
  });

  test('shows the planted twins that Plaid bills apart, and no others', () => {
    const named = foundBy('billed-twins').map(({ evidence }) =>
      (evidence.connections as readonly { readonly externalId: string }[])
        .map(({ externalId }) => externalId)
        .toSorted(),
    );
    expect(named).toEqual([planted.billedTwins]);
  });

  test('shows the refreshes that were paid for nothing, and no others', () => {
    const told = foundBy('wasted-pulls').map(({ connectionId, severity, summary }) => {
      expect(severity).not.toBe('critical');
      return `${connectionId ?? ''} ${/30 days (.*), (?:for|at)/.exec(summary)?.[1] ?? summary}`;
    });
    expect({ seed, told: told.toSorted() }).toEqual({ seed, told: wasted });
  });

  test('finds the connection whose provider fell silent, and calls nobody late whose provider is not', () => {
    const silent = idOf(books, planted.silent);
    const own = books.connections.find(({ id }) => id === silent);
    const isFound = books.findings.some((found) => isPlantedSilence(books, found));
    expect({ seed, found: isFound || own?.status === 'RECONNECT_REQUIRED' }).toEqual({ seed, found: true });
    const others = foundBy('late-connections').filter((found) => !isPlantedSilence(books, found));
    const missed = others.filter((found) => !isTrulyLate(books, found));
    expect({ seed, missed }).toEqual({ seed, missed: [] });
  });

  test('counts every consent that ends within four weeks, and none that ended unnoticed', () => {
    const findings = foundBy('consents-ending');
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
    const named = findings.flatMap(({ evidence }) =>
      (evidence.first as readonly { readonly id: string }[]).map(({ id }) => id),
    );
    expect({ seed, named: named.toSorted() }).toEqual({ seed, named: consentsEndingIn(books).toSorted() });
    const expiring = books.connections.find(({ externalId }) => externalId === planted.expiring);
    expect(named.includes(expiring?.id ?? '')).toBe(expiring?.operations.refresh);
  });

  test('brought connects to their end, whether anybody told of it or not', () => {
    const statusOf = (externalId: string) => books.connections.find((one) => one.externalId === externalId)?.status;
    expect([statusOf(planted.abandoned), statusOf(planted.untold)]).toEqual([
      'EXPIRED',
      expect.not.stringMatching(/IN_PROGRESS|EXPIRED/),
    ]);
  });
});

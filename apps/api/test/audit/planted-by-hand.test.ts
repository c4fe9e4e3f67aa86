import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { AuditRun, Finding } from '@freshet/domain';
import { auditChecks, requestAudit, runAudit } from '@freshet/flows';
import { force, LIVED_IN, livedIn, rigsOver, TENANT, type Rig } from '@freshet/flows/contract';
import { openSqliteStore } from '@freshet/persistence';
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeOf, plantedFaults, SHOWN, type Expected, type Place } from './planted.js';

/** Files that an engine has lived in, and faults put there by SQL, past everything that would have kept them out. */
const folder = mkdtempSync(join(tmpdir(), 'freshet-planted-'));
let file: string;
let rig: Rig;
let place: Place;

const newRig = rigsOver(() => openSqliteStore({ file }));

beforeEach(async () => {
  file = join(mkdtempSync(join(folder, 'file-')), 'freshet.db');
  rig = newRig({ ...LIVED_IN, meld: { ...LIVED_IN.meld, ...SHOWN } });
  const lived = await livedIn(rig);
  place = await placeOf(rig, lived, await force(rig, lived.plaid.id));
});

afterAll(() => rmSync(folder, { recursive: true }));

const byHand = (statements: readonly string[]): void => {
  const database = new Database(file);
  for (const statement of statements) database.exec(statement);
  database.close();
};

const audited = async (): Promise<{ readonly run: AuditRun; readonly findings: readonly Finding[] }> => {
  const { id } = await requestAudit(rig.engine, TENANT, 'request');
  const run = (await runAudit(rig.engine, TENANT, id, { pageSize: 2 })) as AuditRun;
  const page = { tenantId: TENANT, auditId: id, before: null, limit: 500 };
  return { run, findings: (await rig.store.read('findingsPage', page)).toReversed() };
};

const isSame = (found: Finding, { check, severity, connectionId, money, says }: Expected): boolean =>
  found.check === check &&
  found.severity === severity &&
  found.connectionId === connectionId &&
  found.money?.micros === money?.micros &&
  found.money?.currency === money?.currency &&
  says.test(found.summary);

test('what the engine itself wrote has no findings, though every check had something to look at', async () => {
  const { run, findings } = await audited();
  expect(findings).toEqual([]);
  expect(run).toMatchObject({ state: 'done', error: null });
  const looked = Object.entries(run.examined).filter(([, count]) => count > 0);
  expect(looked.map(([check]) => check).toSorted()).toEqual(auditChecks.map(({ name }) => name).toSorted());
});

test('every check has a fault planted for it', () => {
  const rows = new Set(plantedFaults.map(({ check }) => check));
  expect([...rows].toSorted()).toEqual(auditChecks.map(({ name }) => name).toSorted());
});

describe.each(plantedFaults)('$check finds $fault', ({ check, sql, finds }) => {
  test('by that name, with whom and what it is about; no other check has a word to say', async () => {
    byHand(sql(place));
    const { findings } = await audited();
    const expected = finds(place);
    expect(expected.map((each) => each.check)).toContain(check);
    const told = findings.filter((found) => !expected.some((each) => isSame(found, each)));
    const untold = expected.filter((each) => !findings.some((found) => isSame(found, each)));
    expect({ told, untold, count: findings.length }).toEqual({ told: [], untold: [], count: expected.length });
  });
});

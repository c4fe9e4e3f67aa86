import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { AuditId, Finding } from '@freshet/domain';
import { repairFindings, requestAudit, runAudit } from '@freshet/flows';
import { force, LIVED_IN, livedIn, rigsOver, TENANT, type LivedIn, type Rig } from '@freshet/flows/contract';
import { openSqliteStore } from '@freshet/persistence';
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files that an engine has lived in, faults put there past it, and the repairs of what the audit found. */
const folder = mkdtempSync(join(tmpdir(), 'freshet-repaired-'));
let file: string;
let rig: Rig;
let lived: LivedIn;

const newRig = rigsOver(() => openSqliteStore({ file }));

beforeEach(async () => {
  file = join(mkdtempSync(join(folder, 'file-')), 'freshet.db');
  rig = newRig(LIVED_IN);
  lived = await livedIn(rig);
});

afterAll(() => rmSync(folder, { recursive: true }));

const byHand = (...statements: readonly string[]): void => {
  const database = new Database(file);
  for (const statement of statements) database.exec(statement);
  database.close();
};

const audited = async (): Promise<{ readonly id: AuditId; readonly findings: readonly Finding[] }> => {
  const { id } = await requestAudit(rig.engine, TENANT, 'request');
  await runAudit(rig.engine, TENANT, id, { pageSize: 2 });
  return {
    id,
    findings: await rig.store.read('findingsPage', { tenantId: TENANT, auditId: id, before: null, limit: 500 }),
  };
};

/** Repairs all of it, by check; what became of each finding. */
const repaired = async (id: AuditId, checks: readonly string[]) => {
  const results: string[] = [];
  for (const check of checks) {
    const result = await repairFindings(rig.engine, TENANT, id, { check }, 'key_1');
    if (result.kind !== 'done') throw new Error(result.kind);
    results.push(...result.findings.map((each) => each.result));
  }
  return results;
};

const twins = `select group_key from connections where customer_id = 'customer-4' limit 1`;

interface Fault {
  readonly what: string;
  readonly check: string;
  readonly statements: () => readonly string[];
}

const faults: readonly Fault[] = [
  {
    what: 'two active twins, where the index that forbids them is gone',
    check: 'duplicate-groups',
    statements: () => [
      'drop index connections_one_active',
      `update connections set active = 1 where group_key = (${twins})`,
    ],
  },
  {
    what: 'a group without an active one',
    check: 'duplicate-groups',
    statements: () => [`update connections set active = 0 where id = '${lived.quiet.id}'`],
  },
  {
    what: 'counters of budgets that were changed',
    check: 'budgets',
    statements: () => ['update budget_counters set charged_micros = charged_micros + 10000, uncertain_micros = 7'],
  },
  {
    what: 'a consent that ended unnoticed',
    check: 'consents-ending',
    statements: () => [
      `update connections set consent_expires_at = ${rig.clock.now() - 60_000} where id = '${lived.quiet.id}'`,
    ],
  },
];

describe('a fault put there by hand is found, repaired, and not there any more', () => {
  test.each(faults)('$what', async ({ check, statements }) => {
    byHand(...statements());
    const { id, findings } = await audited();
    expect(new Set(findings.map((finding) => finding.check))).toEqual(new Set([check]));
    const results = await repaired(id, [check]);
    expect(results).toHaveLength(findings.length);
    expect(results).toContain('repaired');
    expect((await audited()).findings).toEqual([]);
    const repairs = await rig.store.read('repairsPage', { tenantId: TENANT, auditId: id, before: null, limit: 50 });
    expect(repairs.length).toBe(results.filter((result) => result === 'repaired').length);
    for (const { before, after } of repairs)
      expect(Object.keys(after)).toEqual(expect.arrayContaining(Object.keys(before)));
  });

  test('a refresh that nobody looks at any more', async () => {
    const task = await force(rig, lived.quiet.id);
    byHand(`update tasks set due_at = null where id = '${task.id}'`);
    const { id, findings } = await audited();
    expect(findings).toMatchObject([{ check: 'stuck-tasks', money: task.cost }]);
    expect(await repaired(id, ['stuck-tasks'])).toEqual(['repaired']);
    expect((await audited()).findings).toEqual([]);
    const forced = rig.meld.callsOf('refresh').length;
    expect(await rig.store.read('task', { tenantId: TENANT, id: task.id })).toMatchObject({
      state: 'cancelled',
      charge: 'released',
    });
    expect(rig.meld.callsOf('refresh')).toHaveLength(forced);
  });

  test('a status that was changed behind the engine is not explained by a repair: its history stays as it is', async () => {
    byHand(`update connections set status = 'RECONNECT_REQUIRED' where id = '${lived.quiet.id}'`);
    const { id, findings } = await audited();
    const [finding] = findings as readonly [Finding];
    const result = await repairFindings(rig.engine, TENANT, id, { findings: [finding.id] }, 'key_1');
    expect(result).toMatchObject({
      kind: 'done',
      findings: [{ result: 'not-repairable', why: 'A history is never rewritten.' }],
    });
  });
});

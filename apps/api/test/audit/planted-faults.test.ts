import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { insert } from '@freshet/domain';
import type { AuditRun, Finding } from '@freshet/domain';
import { requestAudit, requestNightlyAudits, runAudit, type Engine } from '@freshet/flows';
import {
  auditingEngine,
  connectionRow,
  entryRow,
  imported,
  openTaskRow,
  plant,
  risingIds,
  taskRow,
  TENANT,
} from '@freshet/flows/contract';
import { openSqliteStore, type SqliteStore } from '@freshet/persistence';
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ids = risingIds();
const uuid = ids.next;

/** An audit over a real file, with faults put there past Freshet. */
let folder: string;
let store: SqliteStore;
let engine: Engine;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-audit-'));
  store = openSqliteStore({ file: join(folder, 'freshet.db') });
  engine = auditingEngine(store, { ids });
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const byHand = (...statements: readonly string[]): void => {
  const database = new Database(store.file);
  for (const statement of statements) database.exec(statement);
  database.close();
};

const audited = async (
  pageSize: number,
): Promise<{ readonly run: AuditRun; readonly findings: readonly Finding[] }> => {
  const { id } = await requestAudit(engine, TENANT, 'request');
  const run = (await runAudit(engine, TENANT, id, { pageSize })) as AuditRun;
  const findings = await store.read('findingsPage', { tenantId: TENANT, auditId: id, before: null, limit: 500 });
  return { run, findings: [...findings].reverse() };
};

/** Three groups of twins, and three refreshes of which one is open: all as it should be. */
const sound = async () => {
  const twins = ['a', 'b', 'c'].map((groupKey) => [
    connectionRow(uuid(), { groupKey }),
    connectionRow(uuid(), { groupKey, active: false, status: 'PARTIALLY_ACTIVE', statusReason: 'INACTIVE_DUPLICATE' }),
  ]);
  const ended = [taskRow(uuid()), taskRow(uuid(), { state: 'failed', charge: 'uncertain' })] as const;
  const open = openTaskRow(uuid());
  const entries = [
    ...ended.flatMap((task) => [entryRow(uuid(), task), entryRow(uuid(), task, { kind: task.charge })]),
    entryRow(uuid(), open),
  ];
  await plant(
    store,
    ...twins.flat().flatMap(imported),
    ...[...ended, open].map((row) => insert('task', row)),
    ...entries.map((row) => insert('ledgerEntry', row)),
  );
  return { twins, ended, open, entries };
};

test('a sound file has no findings', async () => {
  await sound();
  const { run, findings } = await audited(2);
  expect(findings).toEqual([]);
  expect(run).toMatchObject({
    state: 'done',
    money: [],
    examined: {
      'duplicate-groups': 3,
      'status-histories': 6,
      'stuck-tasks': 1,
      'ledger-against-tasks': 3,
      'entries-without-task': 5,
      'ledger-against-invoices': 0,
      'decisions-reproduce': 0,
      'wasted-pulls': 6,
      'broken-windows': 0,
      budgets: 0,
      'billed-twins': 6,
      'late-connections': 6,
      'consents-ending': 6,
      drift: 0,
    },
  });
});

describe.each([1, 2, 200])('with %i rows a page', (pageSize) => {
  test('two active twins are found where somebody has dropped the index that forbids them', async () => {
    const { twins } = await sound();
    byHand('drop index connections_one_active', `update connections set active = 1 where group_key = 'b'`);
    const { findings } = await audited(pageSize);
    expect(findings).toMatchObject([
      {
        check: 'duplicate-groups',
        severity: 'critical',
        evidence: { groupKey: 'b', activeConnectionIds: twins[1]?.map(({ id }) => id) },
      },
    ]);
  });

  test('a group without an active one is found', async () => {
    await sound();
    byHand(`update connections set active = 0 where group_key in ('a', 'c')`);
    const { run, findings } = await audited(pageSize);
    expect(findings.map(({ evidence }) => evidence.groupKey)).toEqual(['a', 'c']);
    expect(run.counts).toEqual({ 'duplicate-groups/critical': 2 });
  });

  test('a task that waits for ever is found', async () => {
    const { open } = await sound();
    byHand(`update tasks set state = 'running', due_at = null where id = '${open.id}'`);
    const { run, findings } = await audited(pageSize);
    expect(findings).toMatchObject([{ check: 'stuck-tasks', severity: 'critical', evidence: { taskId: open.id } }]);
    expect(run.money).toEqual([{ micros: 120_000, currency: 'USD' }]);
  });

  test('a ledger that was written over is found, with what is missing', async () => {
    const { ended } = await sound();
    byHand(
      `update ledger_entries set micros = 20000 where kind = 'charged'`,
      `update tasks set charge = 'reserved' where id = '${ended[1].id}'`,
    );
    const { run, findings } = await audited(pageSize);
    expect(findings).toMatchObject([
      { check: 'ledger-against-tasks', severity: 'critical', money: { micros: 100_000, currency: 'USD' } },
      { check: 'ledger-against-tasks', severity: 'critical', money: { micros: 120_000, currency: 'USD' } },
      { check: 'hash-chains', severity: 'critical', money: null },
    ]);
    expect(run.money).toEqual([{ micros: 220_000, currency: 'USD' }]);
  });

  test('money whose task was deleted is found once', async () => {
    const { ended } = await sound();
    byHand(`delete from tasks where id = '${ended[0].id}'`);
    const { findings } = await audited(pageSize);
    expect(findings).toMatchObject([
      { check: 'entries-without-task', money: { micros: 120_000 }, evidence: { taskId: ended[0].id, entryCount: 2 } },
    ]);
  });
});

test('the nightly audit is asked for once a date, also after a restart', async () => {
  await sound();
  expect(await requestNightlyAudits(engine)).toHaveLength(1);
  await store.close();
  store = openSqliteStore({ file: join(folder, 'freshet.db') });
  engine = auditingEngine(store, { ids });
  expect(await requestNightlyAudits(engine)).toEqual([]);
  expect(await store.read('auditsPage', { tenantId: TENANT, before: null, limit: 10 })).toHaveLength(1);
});

import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { AuditRun, Finding } from '@freshet/domain';
import { requestAudit, runAudit } from '@freshet/flows';
import { LIVED_IN, livedIn, rigsOver, TENANT, type LivedIn, type Rig } from '@freshet/flows/contract';
import { openSqliteStore } from '@freshet/persistence';
import Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files that an engine has lived in, and faults put there past it. */
const folder = mkdtempSync(join(tmpdir(), 'freshet-planted-'));
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

const audited = async (): Promise<{ readonly run: AuditRun; readonly findings: readonly Finding[] }> => {
  const { id } = await requestAudit(rig.engine, TENANT, 'request');
  const run = (await runAudit(rig.engine, TENANT, id, { pageSize: 2 })) as AuditRun;
  const page = { tenantId: TENANT, auditId: id, before: null, limit: 500 };
  return { run, findings: (await rig.store.read('findingsPage', page)).toReversed() };
};

test('what the engine itself wrote has no findings', async () => {
  const { run, findings } = await audited();
  expect(findings).toEqual([]);
  expect(run).toMatchObject({ state: 'done', error: null });
});

describe('a status history', () => {
  test('whose connection was changed by hand is found', async () => {
    byHand(`update connections set status = 'RECONNECT_REQUIRED' where id = '${lived.quiet.id}'`);
    expect((await audited()).findings).toMatchObject([
      { check: 'status-histories', severity: 'critical', connectionId: lived.quiet.id, money: null },
    ]);
  });

  test('of which a change is gone, or was written over, is found', async () => {
    byHand(
      `delete from status_changes where connection_id = '${lived.quiet.id}'`,
      `update status_changes set event = 'repaired' where event = 'provider_named'`,
    );
    const { findings } = await audited();
    expect(findings.map(({ severity, connectionId }) => [severity, connectionId])).toEqual([
      ['warning', lived.busy.id],
      ['critical', lived.quiet.id],
    ]);
  });
});

describe('decisions', () => {
  test('are found where their policy was lost', async () => {
    byHand('delete from policy_archives');
    const { findings } = await audited();
    expect(findings).toMatchObject([{ check: 'decisions-reproduce', severity: 'warning' }]);
  });

  test('are found where their reasons or their cost were written over', async () => {
    byHand(
      `update decisions set decision = json_set(decision, '$.cost.micros', 20000) where verdict = 'force'
        and connection_id = '${lived.busy.id}'`,
      `update decisions set decision = json_remove(decision, '$.reasons[0]') where connection_id = '${lived.quiet.id}'`,
    );
    const { findings } = await audited();
    expect(findings.map(({ check, severity }) => [check, severity])).toEqual([
      ['decisions-reproduce', 'critical'],
      ['decisions-reproduce', 'warning'],
      ['hash-chains', 'critical'],
      ['hash-chains', 'critical'],
    ]);
    expect(findings[0]).toMatchObject({ evidence: { count: 2 }, money: { currency: 'USD' } });
    expect(findings[1]).toMatchObject({ connectionId: lived.quiet.id });
  });
});

describe('money spent on nothing', () => {
  test('is found where a charged pull brought nothing new', async () => {
    byHand(`update tasks set new_data = 0 where connection_id = '${lived.busy.id}'`);
    const { findings } = await audited();
    expect(findings).toMatchObject([
      { check: 'wasted-pulls', connectionId: lived.busy.id, evidence: { count: 2 }, money: { currency: 'USD' } },
    ]);
  });

  test('is found where a free pull came minutes later', async () => {
    byHand(
      `update pulls set origin = 'background', group_key = (select group_key from connections where id = '${lived.busy.id}'),
        at = (select max(at) + 60000 from pulls where task_id = '${lived.tasks[0]?.id}')
        where connection_id = '${lived.quiet.id}' and origin = 'import'`,
    );
    const { findings } = await audited();
    expect(findings).toMatchObject([
      { check: 'wasted-pulls', connectionId: lived.busy.id, evidence: { pulls: [{ taskId: lived.tasks[0]?.id }] } },
    ]);
  });
});

test('a pull that a limit forbade is found, with what was before it and what it cost', async () => {
  const [first, second] = lived.tasks;
  byHand(
    `update pulls set sent_at = (select at + 3600000 from pulls where id = '${first?.pullId}') where id = '${second?.pullId}'`,
  );
  const { findings } = await audited();
  expect(findings).toMatchObject([
    {
      check: 'broken-windows',
      severity: 'critical',
      connectionId: lived.busy.id,
      money: second?.cost,
      evidence: { limit: 'mx-cooldown', pulls: [{ pullId: second?.pullId, beforePullIds: [first?.pullId] }] },
    },
  ]);
});

describe('a budget', () => {
  test('whose counter was changed by hand is found, with the difference', async () => {
    byHand(`update budget_counters set charged_micros = charged_micros - 10000 where provider = 'MX'`);
    expect((await audited()).findings).toMatchObject([
      {
        check: 'budgets',
        severity: 'critical',
        money: { micros: 10_000, currency: 'USD' },
        evidence: { budget: 'mx-day' },
      },
    ]);
  });

  test('that holds money for a refresh that has ended is found in each of its budgets', async () => {
    byHand(
      `delete from ledger_entries where kind = 'charged' and task_id = '${lived.tasks[0]?.id}'`,
      `update budget_counters set charged_micros = charged_micros - ${lived.tasks[0]?.cost?.micros},
        reserved_micros = reserved_micros + ${lived.tasks[0]?.cost?.micros}`,
    );
    const { findings } = await audited();
    expect(findings.map(({ check, money }) => [check, money?.micros])).toEqual([
      ['ledger-against-tasks', lived.tasks[0]?.cost?.micros],
      ['hash-chains', undefined],
      ['budgets', lived.tasks[0]?.cost?.micros],
      ['budgets', lived.tasks[0]?.cost?.micros],
    ]);
  });
});

test('a second link to one login is found, with what the first has cost', async () => {
  byHand(
    `update connections set provider = 'PLAID', customer_id = 'customer-3', last_success_at = 9e14
      where id = '${lived.quiet.id}'`,
  );
  const { findings } = await audited();
  expect(findings).toMatchObject([
    { check: 'billed-twins', severity: 'warning', connectionId: lived.quiet.id, money: lived.tasks[2]?.cost },
  ]);
});

test('connections that no data comes to are found', async () => {
  const monthAgo = rig.clock.now() - 30 * 24 * 3_600_000;
  byHand(
    `update connections set last_success_at = ${monthAgo} where id = '${lived.quiet.id}'`,
    `update connections set last_success_at = null, connected_at = ${monthAgo} where id = '${lived.plaid.id}'`,
  );
  const { findings } = await audited();
  expect(findings.map(({ check, severity, connectionId }) => [check, severity, connectionId])).toEqual([
    ['late-connections', 'critical', lived.quiet.id],
    ['late-connections', 'critical', lived.plaid.id],
  ]);
});

test('consents that end, and one that has ended unnoticed, are found', async () => {
  const day = 24 * 3_600_000;
  byHand(
    `update connections set consent_expires_at = ${rig.clock.now() + day} where id = '${lived.busy.id}'`,
    `update connections set consent_expires_at = ${rig.clock.now() - day} where id = '${lived.quiet.id}'`,
  );
  const { findings } = await audited();
  expect(findings.map(({ check, severity, connectionId }) => [check, severity, connectionId])).toEqual([
    ['consents-ending', 'warning', lived.quiet.id],
    ['consents-ending', 'info', lived.busy.id],
  ]);
});

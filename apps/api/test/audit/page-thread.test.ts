import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DAY } from '@freshet/domain';
import type { AuditRun, Finding } from '@freshet/domain';
import { requestAudit, runAudit, type Engine } from '@freshet/flows';
import { auditingEngine, connectionRow, imported, NOW, plant, risingIds, TENANT } from '@freshet/flows/contract';
import { openSqliteStore, type SqliteStore } from '@freshet/persistence';
import { buildPolicyBook } from '@freshet/policy';
import type { Ids, Loader, Store } from '@freshet/ports';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createPageThread, type PageThread } from '../../src/audit/page-thread.js';

const ENTRY = new URL('../../src/engine/audit-thread.ts', import.meta.url);
const HOOKS = new URL('../../../../packages/persistence/test/typescript-imports.mjs', import.meta.url);
/** The thread is a bare Node: it reads the workspace's sources as the tests do. */
const execArgv = ['--conditions=source', '--import', HOOKS.href];
const DEADLINE_MS = 30_000;
const policies = buildPolicyBook({ hash: () => 'test' }).archive;
jest.setTimeout(60_000);

let folder: string;
let store: SqliteStore;
let thread: PageThread;
/** One for all engines over the file: their ids must not meet. */
let ids: Ids;
/** The reads that turns of the owner's connection made. */
let ownersReads: string[];

function* overheard<Facts>(loader: Loader<Facts>): Loader<Facts> {
  let step = loader.next();
  while (!step.done) {
    ownersReads.push(step.value.read);
    step = loader.next(yield step.value);
  }
  return step.value;
}

const engineOver = (): Engine => {
  const turn: Store['turn'] = (load, decide) => store.turn(() => overheard(load()), decide);
  return auditingEngine({ turn, read: store.read, close: store.close }, { ids });
};

beforeEach(async () => {
  ownersReads = [];
  ids = risingIds();
  folder = mkdtempSync(join(tmpdir(), 'freshet-thread-'));
  store = openSqliteStore({ file: join(folder, 'freshet.db') });
  const groups = ['a', 'b', 'c', 'd', 'e'].map((groupKey) => connectionRow(groupKey, { groupKey, active: false }));
  await plant(store, ...groups.flatMap(imported));
  thread = createPageThread({ file: store.file, policies, entry: ENTRY, deadlineMs: DEADLINE_MS, execArgv });
});

afterEach(async () => {
  await thread.end();
  await store.close();
  rmSync(folder, { recursive: true });
});

const audited = async (
  by: PageThread,
): Promise<{ readonly run: AuditRun | undefined; readonly findings: readonly Finding[] }> => {
  const { id } = await requestAudit(engineOver(), TENANT, 'request');
  const run = await runAudit(engineOver(), TENANT, id, { pageSize: 2, pages: by.pages });
  const findings = await store.read('findingsPage', { tenantId: TENANT, auditId: id, before: null, limit: 500 });
  return { run, findings: [...findings].reverse() };
};

/** A thread that runs this instead. */
const running = (source: string, deadlineMs = DEADLINE_MS): PageThread => {
  const entry = join(folder, 'entry.mjs');
  writeFileSync(entry, `import { parentPort } from 'node:worker_threads';\n${source}`);
  return createPageThread({ file: store.file, policies, entry: pathToFileURL(entry), deadlineMs });
};

test('what a thread reads beside the owner is found, written by the owner, which reads none of it', async () => {
  const { run, findings } = await audited(thread);
  expect(run).toMatchObject({ state: 'done', counts: { 'duplicate-groups/critical': 5 } });
  expect(findings.map(({ evidence }) => evidence.groupKey)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect([...new Set(ownersReads)].sort()).toEqual(['audit', 'auditFigures', 'doneAuditBefore', 'setting']);
});

test('it sees what the owner wrote after it was opened', async () => {
  await audited(thread);
  await plant(store, ...imported(connectionRow('f', { groupKey: 'f', active: false })));
  expect((await audited(thread)).findings).toHaveLength(6);
});

test('it judges by the policies that it was given', async () => {
  const place = { tenantId: TENANT, now: NOW + 2 * DAY, after: '', limit: 9 };
  await plant(store, ...imported(connectionRow('g')));
  expect(await thread.pages('late-connections', place)).toMatchObject({ found: [{ severity: 'info' }] });
  const rule = { match: { provider: 'MX' }, set: { background: { staleAfter: 'P3D' } } };
  const patient = buildPolicyBook({ hash: () => 'test', policyFile: { version: 1, overrides: [rule] } });
  const other = createPageThread({
    file: store.file,
    policies: patient.archive,
    entry: ENTRY,
    deadlineMs: DEADLINE_MS,
    execArgv,
  });
  expect(await other.pages('late-connections', place)).toMatchObject({ found: [] });
  await other.end();
});

test('it writes nothing', async () => {
  const place = { tenantId: TENANT, now: NOW, after: '', limit: 9 };
  expect(await thread.pages('duplicate-groups', place)).toMatchObject({ examined: 5, last: null });
  await expect(thread.pages('no such check', place)).rejects.toThrow('there is no check no such check');
});

describe('a thread that', () => {
  test.each([
    ['ends', `parentPort.on('message', () => process.exit(3));`, 'ended with code 3'],
    ['throws', `parentPort.on('message', () => { throw new Error('a bug'); });`, 'a bug'],
    ['cannot be started', `import './is-not-there.mjs';`, 'is-not-there'],
    ['ends at once', `process.exit(4);`, 'ended with code 4'],
  ])('%s fails the audit, which says why; the next one has a thread of its own', async (_what, source, why) => {
    const { run } = await audited(running(source));
    expect(run).toMatchObject({ state: 'failed', error: expect.stringContaining(why) });
    expect((await audited(thread)).run).toMatchObject({ state: 'done' });
  });

  test('is late is replaced: its answer is never taken for that to the next page', async () => {
    const once = join(folder, 'once');
    const late = running(
      `import { existsSync, writeFileSync } from 'node:fs';
      let asked = 0;
      parentPort.on('message', () => {
        asked += 1;
        if (existsSync('${once}')) parentPort.postMessage({ page: { examined: asked, last: null, found: [], figures: { sums: {}, budgets: null } } });
        else writeFileSync('${once}', '');
      });`,
      500,
    );
    const place = { tenantId: TENANT, now: NOW, after: '', limit: 9 };
    await expect(late.pages('duplicate-groups', place)).rejects.toThrow('took longer than 500 ms');
    expect(await late.pages('duplicate-groups', place)).toMatchObject({ examined: 1 });
    await late.end();
  });

  test('never answers is given up at its deadline', async () => {
    const { run } = await audited(running(`parentPort.on('message', () => undefined);`, 20));
    expect(run).toMatchObject({ state: 'failed', error: 'Error: a page of duplicate-groups took longer than 20 ms' });
  });
});

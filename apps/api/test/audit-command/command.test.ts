import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DAY, insert, put, type TenantId } from '@freshet/domain';
import { connectionRow, imported, NOW, plant, risingIds } from '@freshet/flows/contract';
import { openSqliteStore } from '@freshet/persistence';
import Database from 'better-sqlite3';
import { parse } from 'csv-parse/sync';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { liveAMonth } from '../audit/a-month.js';
import { readMarkup } from '../audit/read-markup.js';
import { buildService, freePort, serviceAt, startEmulator, startService, type Place } from '../crash/processes.js';

/* The command as a person runs it: a process of its own, over real files. */

const root = resolve(import.meta.dirname, '../../../..');
const NAMES = ['findings.csv', 'report.html', 'report.json'];
jest.setTimeout(240_000);

let folder: string;
const uuid = risingIds().next;

beforeAll(() => {
  buildService();
  folder = mkdtempSync(join(tmpdir(), 'freshet-audit-command-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const audit = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'apps/api/dist/audit-command/main.js'), ...args],
    { cwd: folder, encoding: 'utf8' },
  );
  return { status, stdout, stderr };
};

const inFolder = (name: string): string => join(folder, name);
const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
const jsonIn = (out: string) => JSON.parse(readFileSync(join(out, 'report.json'), 'utf8'));

type Tenants = readonly TenantId[];

/** A file at the time of the rows, as a sandbox whose clock was moved leaves it. */
const fileOf = async (
  name: string,
  fill: (store: ReturnType<typeof openSqliteStore>) => Promise<void>,
): Promise<string> => {
  const file = inFolder(name);
  const store = openSqliteStore({ file });
  await plant(store, put('setting', { id: 'clock-offset-ms', value: String(NOW - Date.now()) }));
  await fill(store);
  await store.close();
  return file;
};

const clean = (name: string, tenants: Tenants = ['ten_default' as TenantId]): Promise<string> =>
  fileOf(name, async (store) => {
    const rows = tenants.map((tenantId) =>
      connectionRow(uuid(), { tenantId, lastSuccessAt: NOW, lastBackgroundAt: NOW }),
    );
    await plant(store, ...rows.flatMap(imported));
  });

describe('an audit by the command', () => {
  test('of a file without faults ends with 0, and leaves three whole reports and nothing else', async () => {
    const file = await clean('clean.db');
    const out = join(folder, 'not', 'there', 'yet');
    const { status, stdout, stderr } = audit('--database', file, '--out', out);
    expect({ status, stdout, stderr }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('0 findings: 0 critical'),
    });
    expect(stderr).toContain('late-connections: 1 looked at, 0 found');
    expect(readdirSync(out).toSorted()).toEqual(NAMES);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('Everything that was looked at is in order.');
  });

  test('of one with critical findings ends with 1; its reports agree, and the file is as it was', async () => {
    const file = await fileOf('month.db', liveAMonth);
    const before = hashOf(file);
    const out = inFolder('month');
    const { status, stdout } = audit('--database', file, '--out', out);
    expect(status).toBe(1);
    expect(hashOf(file)).toBe(before);
    const report = jsonIn(out);
    expect(report.audit).toMatchObject({ state: 'done', trigger: 'request' });
    expect(report.audit.since).toMatchObject({ gone: 2 });
    expect(stdout).toContain(`Since the audit of 2026-05-19: ${report.audit.since.new} new, 2 gone,`);
    expect(report.gone).toHaveLength(2);
    const lines: readonly Record<string, string>[] = parse(readFileSync(join(out, 'findings.csv'), 'utf8'), {
      columns: true,
    });
    expect(lines.map(({ finding_id: id }) => id)).toEqual(report.findings.map(({ id }: { id: string }) => id));
    expect(lines.filter(({ is_new: fresh }) => fresh === 'yes')).toHaveLength(report.audit.since.new);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    const elements = readMarkup(page);
    expect(elements.filter(({ name }) => name === 'article')).toHaveLength(lines.length);
    expect(elements.filter(({ name }) => name === 'svg').length).toBeGreaterThan(0);
    const links = elements.flatMap(({ name, attributes }) =>
      name === 'a' && !attributes.href?.startsWith('#') ? [attributes.href] : [],
    );
    for (const link of links) expect(NAMES).toContain(link);
  });

  test('replaces the reports of an earlier one', async () => {
    const file = await clean('again.db');
    const out = inFolder('again');
    mkdirSync(out);
    writeFileSync(join(out, 'report.json'), 'of last year');
    expect(audit('--database', file, '--out', out).status).toBe(0);
    expect(jsonIn(out).audit.findings).toBe(0);
  });

  test('judges by the policy that it is given', async () => {
    const file = await fileOf('late.db', async (store) => {
      await plant(
        store,
        ...imported(connectionRow(uuid(), { connectedAt: NOW - 9 * DAY, lastSuccessAt: NOW - 3 * DAY })),
      );
    });
    expect(audit('--database', file, '--out', inFolder('late')).stdout).toContain('1 finding: 0 critical, 1 warning');
    const policy = inFolder('patient.yaml');
    writeFileSync(
      policy,
      'version: 1\noverrides:\n  - match: { provider: MX }\n    set: { background: { staleAfter: P9D } }\n',
    );
    const patient = audit('--database', file, '--out', inFolder('patient'), '--policy', policy);
    expect(patient).toMatchObject({ status: 0, stdout: expect.stringContaining('0 findings') });
    expect(patient.stdout).toContain(`by the policy of ${policy}`);
  });

  test('is of one tenant, who is named where there are several', async () => {
    const file = await clean('tenants.db', ['ten_a', 'ten_b'] as unknown as Tenants);
    const out = inFolder('tenants');
    expect(audit('--database', file, '--out', out)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('ten_a, ten_b'),
    });
    expect(audit('--database', file, '--out', out, '--tenant', 'ten_c')).toMatchObject({ status: 2 });
    expect(audit('--database', file, '--out', out, '--tenant', 'ten_b')).toMatchObject({ status: 0 });
    expect(jsonIn(out).audit.figures.connections).toMatchObject([{ all: 1 }]);
  });
});

describe('what cannot be audited is said in words, ends with 2, and leaves nothing', () => {
  const refused = (said: RegExp, ...args: readonly string[]): void => {
    const { status, stdout, stderr } = audit(...args);
    expect({ status, stdout, stderr }).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(said) });
    expect(stderr).not.toMatch(/\n\s+at /);
  };
  const out = () => inFolder('never');

  test('without what is needed, or with what is not known', () => {
    refused(/--database and --out are needed/);
    refused(/--database and --out are needed/, '--out', out());
    refused(/Unknown option '--databse'/, '--databse', 'x');
    refused(/Unexpected argument/, 'x', '--database', 'x', '--out', out());
    expect(existsSync(out())).toBe(false);
  });

  test('a file that is not there, is no database, or is not ours', () => {
    refused(/does not exist/, '--database', inFolder('none.db'), '--out', out());
    const diary = inFolder('diary.db');
    writeFileSync(diary, 'Dear diary. '.repeat(500));
    refused(/is not a SQLite database/, '--database', diary, '--out', out());
    const empty = inFolder('empty.db');
    writeFileSync(empty, '');
    refused(/is not a database of this service/, '--database', empty, '--out', out());
    const theirs = inFolder('theirs.db');
    new Database(theirs).exec('create table theirs (a)').close();
    refused(/is not a database of this service/, '--database', theirs, '--out', out());
    refused(/is not a file/, '--database', folder, '--out', out());
    expect(existsSync(out())).toBe(false);
  });

  test('a file of an older or a newer version', async () => {
    const file = await clean('versions.db');
    const change = (statement: string): string => {
      const copy = inFolder(`version-${statement.length}.db`);
      copyFileSync(file, copy);
      new Database(copy).exec(statement).close();
      return copy;
    };
    refused(/older version/, '--database', change('update __drizzle_migrations set created_at = 1'), '--out', out());
    refused(
      /newer version/,
      '--database',
      change('update __drizzle_migrations set created_at = 99999999999999'),
      '--out',
      out(),
    );
  });

  test('a folder that cannot be made, or a policy that cannot be read', async () => {
    const file = await clean('fine.db');
    const taken = inFolder('taken');
    writeFileSync(taken, 'a file');
    refused(/^--out must be a folder that can be written: (EEXIST|ENOTDIR)/, '--database', file, '--out', taken);
    refused(/--policy/, '--database', file, '--out', out(), '--policy', inFolder('none.yaml'));
    const odd = inFolder('odd.yaml');
    writeFileSync(odd, 'version: 1\nbudgets: 7\n');
    refused(/The policy cannot be used/, '--database', file, '--out', out(), '--policy', odd);
    expect(readdirSync(out())).toEqual([]);
  });

  test('--help says how, and is no fault', () => {
    const { status, stdout } = audit('--help');
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('--database FILE') });
  });
});

interface Counts {
  readonly byCheck: Readonly<Record<string, unknown>>;
}

test('while the service runs on the file, the command reads what it reads, and takes nothing from it', async () => {
  const place: Place = {
    folder: inFolder('service'),
    port: await freePort(),
    sandboxPort: await freePort(),
    policyFile: '',
    apiKey: 'a-key-for-this-test-alone-0123456789',
  };
  mkdirSync(place.folder);
  const emulator = await startEmulator(place);
  const service = await startService(place);
  try {
    const call = serviceAt(place);
    const database = join(place.folder, 'freshet.db');
    const { status, stdout, stderr } = audit('--database', database, '--out', inFolder('beside'));
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('duplicate-groups: ') });
    expect(stdout).toContain('Written: ');
    const asked = await call<{ readonly id: string; readonly state: string }>('POST', '/v1/audits');
    expect(asked.status).toBe(202);
    let own = await call<{ readonly state: string; readonly counts: Counts; readonly since: unknown }>(
      'GET',
      `/v1/audits/${asked.body.id}`,
    );
    while (own.body.state !== 'done') own = await call('GET', `/v1/audits/${asked.body.id}`);
    expect(own.body.since).toBeNull();
    const beside = jsonIn(inFolder('beside')).audit;
    // The service can ask providers, too.
    const { drift, ...byCheck } = own.body.counts.byCheck;
    expect(drift).toBeDefined();
    expect(byCheck).toEqual(beside.counts.byCheck);
    expect(beside.notAsked).toContain('drift');
    const report = await fetch(`http://127.0.0.1:${place.port}/v1/audits/${asked.body.id}/report`, {
      headers: { authorization: `Bearer ${place.apiKey}` },
    });
    const drawn = readMarkup(await report.text()).filter(({ name }) => name === 'svg');
    expect(drawn.length).toBeGreaterThan(0);
    expect(service.output()).not.toContain('could not be drawn');
  } finally {
    await service.kill();
    await emulator.kill();
  }
});

test('a store that a test has open is no hindrance, nor are findings in any number', async () => {
  const store = openSqliteStore({ file: inFolder('open.db') });
  const rows = Array.from({ length: 3000 }, () => connectionRow(uuid(), { active: false }));
  await plant(store, put('setting', { id: 'clock-offset-ms', value: String(NOW - Date.now()) }));
  for (let from = 0; from < rows.length; from += 500) {
    await plant(store, ...rows.slice(from, from + 500).map((row) => insert('connection', row)));
  }
  const out = inFolder('many');
  expect(audit('--database', store.file, '--out', out).status).toBe(1);
  await store.close();
  expect(jsonIn(out).findings).toHaveLength(6000);
});

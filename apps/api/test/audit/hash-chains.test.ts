import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  chainText,
  DAY,
  idOf,
  insert,
  keptValues,
  remove,
  sha256,
  type ChainName,
  type DecisionRecord,
  type TenantId,
} from '@freshet/domain';
import {
  defaultRetention,
  pagesOver,
  prune,
  requestAudit,
  runAudit,
  type AuditPages,
  type Found,
} from '@freshet/flows';
import { auditingEngine, connectionRow, entryRow, plant, risingIds, taskRow, TENANT } from '@freshet/flows/contract';
import { openSqliteStore, type SqliteStore } from '@freshet/persistence';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Chains over a real file, tampered with past Freshet: everything that is changed is put back after each test. */
const folder = mkdtempSync(join(tmpdir(), 'freshet-chains-'));
const NOW = 1_790_000_000_000;
const ROWS = 5;
const CONNECTIONS = 3;
const OTHER = 'ten_other' as TenantId;
const tables = { decision: 'decisions', ledgerEntry: 'ledger_entries' } as const;
const chains = ['decision', 'ledgerEntry'] as const satisfies readonly ChainName[];

let store: SqliteStore;
let database: Database.Database;
let pages: AuditPages;
const ids = risingIds();
const connections = Array.from({ length: CONNECTIONS }, () => connectionRow(ids.next(), { groupKey: ids.next() }));

const decisionOf = (connection: (typeof connections)[number], number: number): DecisionRecord => ({
  id: idOf('decision', ids.next()),
  tenantId: TENANT,
  connectionId: connection.id,
  verdict: 'wait',
  taskId: null,
  policyVersion: 'v1',
  decision: { verdict: 'wait', reasons: [{ gate: 'fresh', code: 'FRESH_ENOUGH', data: { number } }] } as never,
  request: { mode: 'auto', products: null, maxAgeMs: 5, from: null, to: null, attended: true },
  facts: { now: NOW + number, words: 'äöü \u0000 €' },
  decidedAt: NOW + number,
});

beforeAll(async () => {
  store = openSqliteStore({ file: join(folder, 'freshet.db') });
  database = new Database(store.file);
  database.pragma('synchronous = off');
  const engine = auditingEngine(store, { ids });
  pages = pagesOver(store, engine.policies);
  for (let number = 0; number < ROWS; number += 1) {
    for (const connection of connections) {
      const task = taskRow(ids.next(), { connectionId: connection.id });
      await plant(
        store,
        insert('decision', decisionOf(connection, number)),
        insert('ledgerEntry', entryRow(ids.next(), task)),
      );
    }
  }
  // The oldest of each chain of the first connection were pruned.
  for (const chain of chains) {
    const [first] = rowsOf(chain, 0);
    await plant(store, remove(chain, first?.id as never));
  }
});

afterAll(async () => {
  database.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

interface Row {
  readonly id: string;
  readonly sequence: number;
  readonly link: string;
  readonly previous: string;
}

const rowsOf = (chain: ChainName, connection: number): readonly Row[] =>
  database
    .prepare(`select * from ${tables[chain]} where connection_id = ? order by sequence`)
    .all(connections[connection]?.id) as readonly Row[];

const audited = async (
  tenantId = TENANT,
  limit = 4,
  behindPage: (number: number) => Promise<void> = async () => undefined,
): Promise<readonly Found[]> => {
  const found: Found[] = [];
  for (let [after, number] = ['', 1]; ; number += 1) {
    const page = await pages('hash-chains', { tenantId, now: NOW, after, limit });
    await behindPage(number);
    found.push(...page.found);
    if (page.last === null) return found;
    after = page.last;
  }
};

interface Fault {
  readonly kind: string;
  readonly id: string | null;
  readonly from: number | null;
  readonly until: number | null;
}
const faultsIn = (found: readonly Found[]): readonly Fault[] =>
  found.flatMap(({ evidence }) =>
    (evidence.faults as readonly Fault[]).map(({ kind, id, from, until }) => ({ kind, id, from, until })),
  );

const everyTable = ['decisions', 'ledger_entries', 'chain_heads', 'chain_checkpoints'] as const;

/** Runs it with everything put back afterwards. */
const tampered = async <Result>(tamper: () => void, then: () => Promise<Result>): Promise<Result> => {
  for (const table of everyTable) database.exec(`create temp table kept_${table} as select * from ${table}`);
  try {
    tamper();
    return await then();
  } finally {
    for (const table of everyTable) {
      database.exec(`delete from ${table}; insert into ${table} select * from kept_${table}; drop table kept_${table}`);
    }
  }
};
const run = (text: string, ...values: readonly unknown[]): void => void database.prepare(text).run(...values);

/** The faults of the one finding that there is, about that connection. */
const faultsAfter = (tamper: () => void, connection = 1, limit = 4): Promise<readonly Fault[]> =>
  tampered(tamper, async () => {
    const found = await audited(TENANT, limit);
    expect(found.map(({ severity, connectionId }) => [severity, connectionId])).toEqual([
      ['critical', connections[connection]?.id],
    ]);
    return faultsIn(found);
  });

beforeEach(async () => {
  expect(await audited()).toEqual([]);
});

describe.each(chains)('of %s', (chain) => {
  const table = tables[chain];
  const timeColumn = chain === 'decision' ? 'decided_at' : 'at';
  const row = (number: number, connection = 1): Row =>
    rowsOf(chain, connection).find(({ sequence }) => sequence === number) as Row;
  const only = (kind: string, id: string | null, from: number | null, until = from) => [{ kind, id, from, until }];

  test.each([1, 2, 3, 100])('a row that was changed is named, with %i rows a page', async (limit) => {
    const { id } = row(3);
    const change = () => run(`update ${table} set ${timeColumn} = ${timeColumn} + 1 where id = ?`, id);
    expect(await faultsAfter(change, 1, limit)).toEqual(only('changed', id, 3));
  });

  test.each([1, 2, 3, 100])('rows that were removed are a gap, with %i rows a page', async (limit) => {
    const gone = () => run(`delete from ${table} where id in (?, ?)`, row(2).id, row(3).id);
    expect(await faultsAfter(gone, 1, limit)).toEqual(only('missing', null, 2, 3));
  });

  test('the oldest row is missed where no checkpoint stands for it', async () => {
    expect(await faultsAfter(() => run(`delete from ${table} where id = ?`, row(1).id))).toEqual(
      only('missing', null, 1),
    );
    expect(await faultsAfter(() => run(`delete from ${table} where id = ?`, row(2, 0).id), 0)).toEqual(
      only('missing', null, 2),
    );
  });

  test.each([1, 2, 4])('rows that are pruned between two pages are no fault, with %i rows a page', async (limit) => {
    const all = rowsOf(chain, 1).map(({ id }) => remove(chain, id as never));
    for (let count = 1; count <= ROWS; count += 1) {
      for (let behind = 1; behind <= Math.ceil((2 * CONNECTIONS * ROWS) / limit); behind += 1) {
        const prunes = async (number: number): Promise<void> => {
          if (number === behind) await plant(store, ...all.slice(0, count));
        };
        const found = await tampered(
          () => undefined,
          () => audited(TENANT, limit, prunes),
        );
        expect([count, behind, faultsIn(found)]).toEqual([count, behind, []]);
      }
    }
  });

  test('the newest row is missed, because the head knows of it', async () => {
    expect(await faultsAfter(() => run(`delete from ${table} where id = ?`, row(ROWS).id))).toEqual(
      only('missing', null, ROWS),
    );
  });

  test('all rows are missed', async () => {
    const all = () => run(`delete from ${table} where connection_id = ?`, connections[1]?.id);
    expect(await faultsAfter(all)).toEqual(only('missing', null, 1, ROWS));
  });

  test('a row that was doubled is named, by its copy', async () => {
    const { id } = row(2);
    const copy = idOf(chain === 'decision' ? 'decision' : 'ledger', ids.next());
    const double = () => {
      database.exec(`create temp table copied as select * from ${table} where id = '${id}'`);
      run(`update copied set id = ?`, copy);
      database.exec(`insert into ${table} select * from copied; drop table copied`);
    };
    expect(await faultsAfter(double)).toEqual(only('changed', copy, 2));
  });

  test('two rows that were swapped are both named', async () => {
    const [a, b] = [row(2), row(4)];
    const swap = () => {
      run(
        `update ${table} set sequence = ?, previous = ?, link = ? where id = ?`,
        b.sequence,
        b.previous,
        b.link,
        a.id,
      );
      run(
        `update ${table} set sequence = ?, previous = ?, link = ? where id = ?`,
        a.sequence,
        a.previous,
        a.link,
        b.id,
      );
    };
    const faults = await faultsAfter(swap);
    expect(faults.filter(({ kind }) => kind === 'changed').map(({ id }) => id)).toEqual([a.id, b.id]);
  });

  test('a row that was moved to another connection is named there, and missed here', async () => {
    const { id } = row(3);
    const move = () => run(`update ${table} set connection_id = ? where id = ?`, connections[2]?.id, id);
    const found = await tampered(move, () => audited());
    expect(faultsIn(found)).toEqual([...only('missing', null, 3), ...only('changed', id, 3)]);
  });

  test('a head that was changed, put back or removed is named', async () => {
    const { id } = connections[1] as (typeof connections)[number];
    const [number, link] =
      chain === 'decision' ? ['decision_sequence', 'decision_link'] : ['ledger_entry_sequence', 'ledger_entry_link'];
    const set = (text: string) => () => run(`update chain_heads set ${text} where id = ?`, id);
    expect(await faultsAfter(set(`${link} = 'x'`))).toEqual(only('head', row(ROWS).id, ROWS));
    expect(await faultsAfter(set(`${number} = 4, ${link} = '${row(4).link}'`))).toEqual(only('head', null, 4));
    expect(await faultsAfter(set(`${number} = 6`))).toEqual(only('missing', null, 6));
    const gone = await tampered(
      () => run(`delete from chain_heads where id = ?`, id),
      () => audited(),
    );
    expect(faultsIn(gone)).toEqual([...only('head', null, null), ...only('head', null, null)]);
  });

  test('a checkpoint that was changed, removed or made up is named', async () => {
    const key = `${connections[0]?.id} ${chain}`;
    const set = (text: string) => () => run(`update chain_checkpoints set ${text} where id = ?`, key);
    const kinds = (faults: readonly Fault[]) => [...new Set(faults.map(({ kind }) => kind))].sort();
    expect(kinds(await faultsAfter(set(`made_at = made_at + 1`), 0))).toEqual(['checkpoint']);
    expect(kinds(await faultsAfter(set(`link = 'x'`), 0))).toEqual(['checkpoint']);
    expect(kinds(await faultsAfter(set(`seal = 'x'`), 0))).toEqual(['checkpoint']);
    expect(kinds(await faultsAfter(set(`sequence = 0`), 0))).toEqual(['checkpoint', 'missing']);
    const gone = () => run(`delete from chain_checkpoints where id = ?`, key);
    expect(await faultsAfter(gone, 0)).toEqual(only('missing', null, 1));
    // Rows that are removed with a checkpoint that nobody sealed.
    const pruned = () => {
      run(`delete from ${table} where id = ?`, row(2, 0).id);
      run(`update chain_checkpoints set sequence = 2, link = ? where id = ?`, row(3, 0).previous, key);
    };
    expect(kinds(await faultsAfter(pruned, 0))).toEqual(['checkpoint']);
  });

  test('any one change of any column of any row is found, and the row is named', async () => {
    const columns = (
      database.pragma(`table_info(${table})`) as readonly { name: string; type: string; notnull: number }[]
    ).map(({ name, type, notnull }) => ({ name, type: type.toLowerCase(), notnull }));
    const all = connections.flatMap((_, connection) => rowsOf(chain, connection));
    const change = fc.record({
      row: fc.constantFrom(...all),
      column: fc.constantFrom(...columns),
      text: fc.oneof(fc.string({ unit: 'binary' }), fc.constant('{}')),
      number: fc.oneof(fc.integer(), fc.integer({ min: 0, max: ROWS + 2 })),
      nothing: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ row: { id }, column, text, number, nothing }) => {
        const before = (database.prepare(`select * from ${table} where id = ?`).get(id) as Record<string, unknown>)[
          column.name
        ];
        const value =
          nothing && column.notnull === 0 && column.name !== 'id' ? null : column.type === 'integer' ? number : text;
        // What a database keeps of half a character is not what was given.
        fc.pre(value !== before && (typeof value !== 'string' || Buffer.from(value).toString() === value));
        const named = column.name === 'id' ? value : id;
        const tamper = () => run(`update ${table} set ${column.name} = ? where id = ?`, value, id);
        const found = await tampered(tamper, async () =>
          column.name === 'tenant_id' ? [...(await audited()), ...(await audited(value as TenantId))] : audited(),
        );
        expect(faultsIn(found)).toContainEqual(expect.objectContaining({ kind: 'changed', id: named }));
        expect(found.every(({ severity }) => severity === 'critical')).toBe(true);
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});

test('a row that was written anew is not pruned: it is the evidence', async () => {
  const [, , third] = rowsOf('decision', 1);
  const [, , number] = Array.from({ length: ROWS }, (_, index) => index);
  const forge = () => {
    const kept = database.prepare('select * from decisions where id = ?').get(third?.id) as Record<string, string>;
    const row = decisionOf(connections[1] as (typeof connections)[number], number ?? 0);
    const forged = { ...row, id: third?.id as DecisionRecord['id'], verdict: 'force', decidedAt: NOW } as const;
    const link = sha256(chainText('decision', keptValues('decision', forged), third?.sequence, third?.previous));
    run(
      'update decisions set verdict = ?, decided_at = ?, decision = ?, request = ?, facts = ?, link = ? where id = ?',
      ...[forged.verdict, NOW, JSON.stringify(forged.decision), JSON.stringify(forged.request)],
      ...[JSON.stringify(forged.facts), link, kept.id],
    );
  };
  await tampered(forge, async () => {
    const asIs = await audited();
    expect(faultsIn(asIs)).toEqual([expect.objectContaining({ kind: 'replaced', id: third?.id })]);
    const clock = { now: () => NOW + 1000 * DAY, realNow: () => NOW };
    await prune(auditingEngine(store, { ids, clock }), defaultRetention);
    expect(rowsOf('decision', 0)).toEqual([]);
    expect(rowsOf('decision', 1).map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
    expect(faultsIn(await audited())).toEqual(faultsIn(asIs));
  });
});

test('rows of another tenant are none of ours', async () => {
  expect(await audited(OTHER)).toEqual([]);
});

test('an audit tells one digest over all heads, which changes with any of them', async () => {
  const engine = auditingEngine(store, { ids });
  const digest = async (): Promise<string | undefined> => {
    const { id } = await requestAudit(engine, TENANT, 'request');
    const done = await runAudit(engine, TENANT, id, { pageSize: 2 });
    return Object.values(done?.digests ?? {})[0];
  };
  const first = await digest();
  expect(first).toMatch(/^[\w-]{43}$/);
  expect(await digest()).toBe(first);
  const other = await tampered(() => run(`update chain_heads set ledger_entry_link = 'x'`), digest);
  expect(other).not.toBe(first);
});

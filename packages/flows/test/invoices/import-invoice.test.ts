import { describe, expect, test } from '@jest/globals';
import { DAY, insert, type Invoice } from '@freshet/domain';
import type { Store } from '@freshet/ports';
import { NOW, plant } from '../../src/contract/audit-rows.js';
import { TENANT } from '../../src/contract/rig.js';
import {
  compareInvoice,
  importInvoice,
  pagesOver,
  removeInvoice,
  type BilledLine,
  type Engine,
} from '../../src/index.js';
import { testEngine } from '../audit/test-engine.js';

const terms = (hash: string) =>
  ({
    ...{ connector: 'meld', provider: null, currency: 'USD', from: NOW - 30 * DAY, until: NOW, timeZone: 'UTC' },
    columns: { time: 'time', amount: 'amount', connection: 'externalId', job: null, product: null, currency: null },
    ...({ namesBy: 'externalId', toleranceMs: 0, hash, leftOut: 0 } as const),
  }) as const;

const linesOf = (count: number): readonly BilledLine[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ line: index + 2, at: NOW - DAY, until: NOW - DAY, connection: `ext-${index}`, job: null, product: null },
    ...{ products: [], micros: 120_000 },
  }));

/** Does something else before the turn of that number. */
const interrupting = (store: Store, number: number, other: () => Promise<unknown>): Store => {
  let turns = 0;
  return {
    read: (name, params) => store.read(name, params),
    close: () => store.close(),
    turn: async (load, decide) => {
      turns += 1;
      if (turns === number) await other();
      return store.turn(load, decide);
    },
  };
};

const imported = async (engine: Engine, hash: string, count: number): Promise<Invoice> => {
  const result = await importInvoice(engine, TENANT, terms(hash), linesOf(count));
  if (result.kind !== 'imported') throw new Error(result.kind);
  return result.invoice;
};

describe('an invoice', () => {
  test('that was left half way, and is read otherwise then, has the lines of its last reading alone', async () => {
    const { engine, store } = testEngine();
    const dying = interrupting(store, 3, () => Promise.reject(new Error('the process ends')));
    await expect(imported({ ...engine, store: dying }, 'a', 150)).rejects.toThrow('the process ends');
    expect(store.rows('invoiceLine')).toHaveLength(100);
    const { id } = await imported(engine, 'a', 1);
    expect(store.rows('invoice')).toMatchObject([{ id, state: 'ready', lineCount: 1 }]);
    expect(store.rows('invoiceLine')).toMatchObject([{ invoiceId: id, line: 2 }]);
  });

  test('that is deleted while its lines are written leaves none', async () => {
    const { engine, store } = testEngine();
    const deleting = interrupting(store, 3, async () => {
      const [invoice] = store.rows('invoice') as [Invoice];
      await removeInvoice(engine, TENANT, invoice.id);
    });
    const result = await importInvoice({ ...engine, store: deleting }, TENANT, terms('a'), linesOf(250));
    expect(result).toEqual({ kind: 'lost' });
    expect([store.rows('invoice'), store.rows('invoiceLine')]).toEqual([[], []]);
  });

  test('that is deleted while it is compared says nothing', async () => {
    const { engine, store } = testEngine();
    const invoice = await imported(engine, 'a', 25);
    expect(await compareInvoice(engine, invoice)).toMatchObject({ lines: 25, differences: 25 });
    const deleting = interrupting(store, 2, () => removeInvoice(engine, TENANT, invoice.id));
    expect(await compareInvoice({ ...engine, store: deleting }, invoice)).toBeNull();
  });

  test.each(['removed', 'removing'])('that is %s while the audit is at it leaves the next one whole', async (how) => {
    const { engine, store } = testEngine();
    const first = await imported(engine, 'a', 4);
    await imported(engine, 'b', 3);
    const pages = pagesOver(store, engine.policies);
    const page = (after: string, limit: number) =>
      pages('ledger-against-invoices', { tenantId: TENANT, now: NOW, after, limit });
    const begun = await page('', 2);
    await (how === 'removed'
      ? removeInvoice(engine, TENANT, first.id)
      : plant(store, { do: 'update', record: 'invoice', id: first.id, set: { state: 'removing' } }));
    expect(await page(begun.last ?? '', 99)).toMatchObject({ examined: 3, last: null });
  });
});

test('an invoice that nobody has finished is not compared', async () => {
  const { engine, store } = testEngine();
  const invoice = await imported(engine, 'a', 2);
  await plant(
    store,
    insert('invoice', { ...invoice, id: `${invoice.id}x` as Invoice['id'], hash: 'b', state: 'importing' }),
  );
  const pages = pagesOver(store, engine.policies);
  const place = { tenantId: TENANT, now: NOW, after: '', limit: 99 };
  expect((await pages('ledger-against-invoices', place)).examined).toBe(2);
});

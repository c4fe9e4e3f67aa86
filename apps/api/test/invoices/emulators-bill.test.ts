import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { formatAmount, formatInstant, HOUR, MINUTE, type Connection, type Task } from '@freshet/domain';
import { compareInvoice, importInvoice, invoiceDifferences, requestAudit, runAudit } from '@freshet/flows';
import { createMemoryStore } from '@freshet/ports/memory';
import { createHash } from 'node:crypto';
import { invoiceQuery, periodOf, USUAL_TOLERANCE_MS } from '../../src/invoices/invoice-query.js';
import { readInvoice } from '../../src/invoices/read-invoice.js';
import { startEngine, TENANT, type RunningEngine } from '../connectors/contract/engine.js';
import { connectorRows, type ConnectorRow } from '../connectors/contract/rows.js';
import { MORNING, startWorld, type Bill, type World } from '../connectors/contract/world.js';

jest.setTimeout(120_000);

/** The emulator's own bill of each connector, written as an invoice, is what the ledger has: but for what is planted. */
const rows = connectorRows.filter(
  ({ connector }, index) => connectorRows.findIndex((other) => other.connector === connector) === index,
);
const OF_EACH = 4;

let world: World;
let rig: RunningEngine;
const linked = new Map<ConnectorRow, Connection[]>();
let tasks: readonly Task[];
let bills: readonly Bill[];

beforeAll(async () => {
  world = await startWorld({ backgroundPulls: false });
  rig = startEngine(world, { store: createMemoryStore(), connectors: rows.map((row) => world.connector(row)) });
  for (const [place, row] of rows.entries()) {
    const connections: Connection[] = [];
    for (let n = 0; n < OF_EACH; n += 1) {
      connections.push(await rig.link(row, row.connection(place * OF_EACH + n + 1, 0)));
    }
    linked.set(row, connections);
  }
  // Twice each, far enough apart for every cooldown; one reply of each connector is lost.
  for (let round = 0; round < 2; round += 1) {
    for (const [row, connections] of linked) {
      for (const [n, { id, externalId }] of connections.entries()) {
        if (round === 1 && n === 0) await world.fault({ provider: row.provider, externalId, fault: 'lost-reply' });
        await rig.ask(row, id);
      }
    }
    await rig.walk(40 * MINUTE);
    await rig.walk(27 * HOUR);
  }
  tasks = await rig.store.read('tasksPage', { tenantId: TENANT, limit: 500, before: null });
  bills = await world.bills();
});
afterAll(() => world.close());

/** The emulator has no prices: a bill costs what the refresh of that moment was held at, once. */
const amountsOf = (connections: readonly Connection[], own: readonly Bill[]): readonly string[] => {
  const priced = new Set<string>();
  return own.map(({ externalId, at }) => {
    const connection = connections.find((each) => each.externalId === externalId);
    const [task] = tasks
      .filter(
        ({ connectionId, startedAt }) => connectionId === connection?.id && Math.abs((startedAt ?? 0) - at) < MINUTE,
      )
      .filter(({ id }) => !priced.has(id));
    if (task !== undefined) priced.add(task.id);
    return formatAmount(task?.cost?.micros ?? 0);
  });
};

const imported = async (row: ConnectorRow, csv: string) => {
  const file = Buffer.from(csv);
  const { currency = 'USD' } = tasks.find(({ connector }) => connector === row.connector)?.cost ?? {};
  const query = invoiceQuery.parse({
    ...{
      connector: row.connector,
      currency,
      from: formatInstant(MORNING - HOUR),
      to: formatInstant(MORNING + 100 * HOUR),
    },
  });
  const period = periodOf(query);
  const { lines, leftOut, columns, namesBy } = await readInvoice(file, query, period);
  const hash = createHash('sha256').update(file).digest('hex');
  const terms = {
    connector: row.connector,
    provider: null,
    currency,
    ...period,
    columns,
    namesBy,
    toleranceMs: USUAL_TOLERANCE_MS,
    hash,
    leftOut,
  };
  const result = await importInvoice(rig.engine, TENANT, terms, lines);
  if (result.kind !== 'imported') throw new Error(result.kind);
  return result.invoice;
};

test('a bill was sent for what was forced', () => {
  expect(rows.length).toBeGreaterThan(2);
  expect(bills.length).toBeGreaterThan(rows.length * OF_EACH);
});

test.each(rows.map((row) => [row.title, row] as const))('%s', async (_title, row) => {
  const connections = linked.get(row) ?? [];
  const own = bills.filter(({ externalId }) => connections.some((each) => each.externalId === externalId));
  const amounts = amountsOf(connections, own);
  const lineOf = ({ externalId, at }: Bill, amount: string): string => `${formatInstant(at)},${externalId},${amount}`;
  const lines = own
    .map((bill, index) => lineOf(bill, amounts[index] as string))
    .filter((line) => !line.endsWith(',0.000000'));
  const header = 'time,external_id,amount';
  const whole = await imported(row, [header, ...lines].join('\n'));
  const sound = await compareInvoice(rig.engine, whole);
  const surely = await invoiceDifferences(rig.engine, whole, { before: null, limit: 100 });
  expect(surely.filter(({ kind }) => !kind.startsWith('uncertain'))).toEqual([]);
  expect(sound?.matched).toBe(lines.length);

  // One line more, one less, and one at another price.
  const [first, second, ...rest] = lines as [string, string, ...string[]];
  const [time, externalId] = first.split(',') as [string, string];
  const later = formatInstant(Date.parse(time) + 3 * HOUR);
  const planted = [`${time},${externalId},7.77`, ...rest, `${later},${externalId},0.500000`];
  const faulty = await imported(row, [header, ...planted].join('\n'));
  const found = await invoiceDifferences(rig.engine, faulty, { before: null, limit: 100 });
  const told = found.map(({ kind, lines: of }) => `${kind} ${of.join(' ')}`.trim());
  const uncertain = tasks.some(
    ({ charge, connectionId, startedAt }) =>
      charge === 'uncertain' &&
      connections.some(({ id }) => id === connectionId) &&
      Math.abs((startedAt ?? 0) - Date.parse(second.split(',')[0] ?? '')) < MINUTE,
  );
  expect(told).toEqual(
    expect.arrayContaining([
      'other-amount 2',
      `unknown ${planted.length + 1}`,
      uncertain ? 'uncertain-not-billed' : 'not-billed',
    ]),
  );
  expect(told.filter((each) => !each.startsWith('uncertain'))).toHaveLength(uncertain ? 2 : 3);
});

test('the audit finds the same in all of them', async () => {
  const { id } = await requestAudit(rig.engine, TENANT, 'request');
  await runAudit(rig.engine, TENANT, id, { pageSize: 3 });
  const page = { tenantId: TENANT, auditId: id, check: 'ledger-against-invoices', before: null, limit: 500 };
  const findings = await rig.store.read('findingsPage', page);
  const surely = findings.filter(({ evidence }) => !String(evidence.difference).startsWith('uncertain'));
  expect(surely.length).toBeGreaterThanOrEqual(2 * rows.length);
  expect(new Set(surely.map(({ evidence }) => evidence.invoiceId)).size).toBe(rows.length);
});

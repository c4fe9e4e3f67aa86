import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { idOf, insert, MINUTE, type Connection, type Effect, type Task } from '@freshet/domain';
import { requestAudit, runAudit } from '@freshet/flows';
import { connectionRow, entryRow, imported, plant, pullRow, risingIds, taskRow } from '@freshet/flows/contract';
import { InvoicesModule } from '../../src/invoices/invoices.module.js';
import { keys, NOW, startRig, TENANT, type Rig, type Sent } from '../http/rig.js';

const ids = risingIds();
const at = (minutes: number): string => new Date(NOW + minutes * MINUTE).toISOString();
const TERMS = 'connector=meld&currency=USD&from=2026-11-01&to=2026-12-01';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ extraModules: [InvoicesModule] });
});
afterAll(() => rig.close());

const upload = (csv: string | Uint8Array, query = TERMS, sent: Sent = {}) =>
  rig.call('POST', `/v1/invoices?${query}`, {
    raw: csv,
    ...sent,
    headers: { 'content-type': 'text/csv', ...sent.headers },
  });

/** A charged refresh of a connection, sent so many minutes after NOW. */
const charged = (connection: Connection, minutes: number, over: Partial<Task> = {}): readonly Effect[] => {
  const uuid = ids.next();
  const sentAt = NOW + minutes * MINUTE;
  const task = taskRow(uuid, { connectionId: connection.id, queuedAt: sentAt - 1000, endedAt: sentAt + 5000, ...over });
  const settled = entryRow(ids.next(), task, { kind: task.charge, at: sentAt + 5000 });
  return [
    insert('task', task),
    insert(
      'pull',
      pullRow(uuid, {
        connectionId: connection.id,
        taskId: task.id,
        origin: 'forced',
        at: sentAt + 5000,
        sentAt,
        endedAt: sentAt + 5000,
        state: task.charge === 'released' ? 'refused' : 'succeeded',
      }),
    ),
    insert('ledgerEntry', entryRow(ids.next(), task, { at: sentAt - 1000 })),
    insert('ledgerEntry', settled),
  ];
};

const connectionOf = (externalId: string, over: Partial<Connection> = {}): Connection =>
  connectionRow(ids.next(), { externalId, ...over });

describe('a file that cannot be an invoice', () => {
  const good = 'time,externalId,amount\n';
  const row = (over: Partial<Record<'time' | 'id' | 'amount', string>> = {}): string =>
    `${over.time ?? '2026-11-21T09:30:00Z'},${over.id ?? 'ext-1'},${over.amount ?? '0.12'}\n`;

  test.each([
    ['is empty', '', 'The file is empty.'],
    [
      'has two columns that may be that of the amount',
      'time,externalId,amount,Amount\n2026-11-21,ext-1,1,2\n',
      'amountColumn: is required, because several columns',
    ],
    ['has more columns than any invoice', `${'a,'.repeat(500)}b\n`, 'has more than 500 columns'],
    ['is one line without an end', ','.repeat(8 * 1024 * 1024), 'is longer than any line of an invoice'],
    ['has a header alone', good, 'The file has no line that counts.'],
    ['has no column for the time or the amount', 'when,who,how much\n1,2,3\n', 'timeColumn: is required'],
    ['has a line with a cell too many', `${good}${row()}a,b,c,d\n`, 'Line 3 has more or fewer cells than the header.'],
    [
      'never closes a quotation mark',
      `${good}"2026-11-21,ext,1\n`,
      'Line 2 opens a quotation mark that is never closed.',
    ],
    [
      'has a bad amount on line 734',
      good + row().repeat(732) + row({ amount: '0.12.0' }),
      'Line 734, column "amount": must be an amount',
    ],
    [
      'has an amount with a sign of money',
      good + row({ amount: '$0.12' }),
      'Line 2, column "amount": must be an amount',
    ],
    ['has a formula for an amount', good + row({ amount: '=1+1' }), 'Line 2, column "amount": must be an amount'],
    [
      'has more decimals than there are',
      good + row({ amount: '0.1234567' }),
      'Line 2, column "amount": must be an amount',
    ],
    ['has a credit', good + row({ amount: '-0.12' }), 'Line 2, column "amount": must not be negative'],
    ['has no time', good + row({ time: '' }), 'Line 2, column "time": must be a time'],
    ['has a time that means two things', good + row({ time: '11/10/2026' }), 'Line 2, column "time": must be a time'],
    ['has a day that is none', good + row({ time: '2026-11-31' }), 'Line 2, column "time": must be a time'],
    [
      'has a time outside of its period',
      good + row({ time: '2026-12-01T00:00:00Z' }),
      'Line 2, column "time": must lie in the period',
    ],
    [
      'has another currency',
      `time,externalId,amount,currency\n2026-11-21,ext-1,0.12,EUR\n`,
      'Line 2, column "currency": must be USD',
    ],
    [
      'has a control character for an id',
      good + row({ id: 'a\u0007b' }),
      'Line 2, column "externalId": must have at most 256',
    ],
  ])('and %s is refused as a whole', async (_what, csv, message) => {
    const { status, body } = await upload(csv);
    expect(status).toBe(400);
    expect(body.errors[0].message).toContain(message);
    expect((await rig.get('/v1/invoices')).body.data).toEqual([]);
  });

  test('is told each faulty line, and nothing of what it holds', async () => {
    const { body, text } = await upload(
      good + row({ amount: 'GB33BUKB20201555555555' }) + row() + row({ time: '4929123412341234' }),
    );
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/2/amount', '/4/time']);
    expect(text).not.toMatch(/GB33|4929/);
  });

  test('is refused where it is too large, no CSV, or no UTF-8', async () => {
    expect((await upload(new Uint8Array(9 * 1024 * 1024).fill(65))).status).toBe(413);
    expect((await rig.post(`/v1/invoices?${TERMS}`, { a: 1 })).status).toBe(415);
    expect((await upload(good, TERMS, { headers: { 'content-encoding': 'gzip' } })).status).toBe(415);
    expect((await upload(new Uint8Array([0xff, 0xfe, 0x41]))).body.errors[0].message).toContain('UTF-8');
  });

  test('and a query that does not fit are told apart', async () => {
    for (const [query, pointer] of [
      ['currency=USD&from=2026-11-01&to=2026-12-01', '/connector'],
      [TERMS.replace('2026-12-01', '2026-11-01'), '/to'],
      [TERMS.replace('from=2026-11-01', 'from=November'), '/from'],
      [`${TERMS}&timeZone=Mars/Olympus`, '/timeZone'],
      [`${TERMS}&tolerance=P3D`, '/tolerance'],
      [`${TERMS}&products=refresh:NOTHING`, '/products'],
      [`${TERMS}&products=refresh`, '/productColumn'],
      [`${TERMS}&amountColumn=price`, '/amountColumn'],
    ] as const) {
      const { status, body } = await upload(good + row(), query);
      expect([query, status, body.errors[0].pointer]).toEqual([query, 400, pointer]);
    }
  });

  test('needs a key that may manage', async () => {
    expect((await upload(good + row(), TERMS, { key: keys.reader })).status).toBe(403);
  });
});

describe('an invoice', () => {
  let id: string;
  let one: Connection;
  let two: Connection;
  const csv = (): string =>
    [
      'Time;Connection ID;Amount;Type;Job ID',
      `${at(0)};inv-one;0.12;refresh;`,
      `${at(70)};inv-one;0.15;refresh;`,
      `${at(130)};inv-one;0.12;refresh;`,
      `${at(200)};"=HYPERLINK(""x"")";0.12;refresh;`,
      `2026-11-21 04:30:00;inv-two;0.12;refresh;`,
      `${at(600)};;0.12;refresh;job-of-two`,
      `${at(0)};inv-one;99.00;monthly fee;`,
      '',
    ].join('\r\n');

  beforeAll(async () => {
    one = connectionOf('inv-one');
    two = connectionOf('inv-two');
    await plant(
      rig.engine.store,
      ...[one, two].flatMap(imported),
      ...charged(one, 1),
      ...charged(one, 70),
      // Refused, but billed.
      ...charged(one, 130, { charge: 'released', state: 'failed' }),
      // Charged, but not billed.
      ...charged(one, 300),
      // Nobody knew: billed, and not billed.
      ...charged(two, 0, { charge: 'uncertain', state: 'failed' }),
      ...charged(two, 400, { charge: 'uncertain', state: 'failed' }),
      ...charged(two, 600, { providerTaskId: 'job-of-two' }),
    );
    const answer = await upload(`\uFEFF${csv()}`, `${TERMS}&timeZone=America/New_York&products=refresh`);
    expect(answer.status).toBe(201);
    id = answer.body.id;
    expect(answer.headers.get('location')).toBe(`/v1/invoices/${id}`);
    expect(answer.body).toMatchObject({
      ...{ state: 'ready', lines: 6, leftOut: 1, total: { amount: '0.750000', currency: 'USD' } },
      ...{ from: '2026-11-01T04:00:00.000Z', to: '2026-12-01T05:00:00.000Z' },
      columns: {
        time: 'Time',
        amount: 'Amount',
        connection: 'Connection ID',
        job: 'Job ID',
        product: 'Type',
        currency: null,
      },
    });
  });

  test('is the same one where its file comes again', async () => {
    const again = await upload(`\uFEFF${csv()}`, TERMS);
    expect([again.status, again.body.id]).toEqual([200, id]);
    expect((await rig.get('/v1/invoices')).body.data).toHaveLength(1);
  });

  test('is compared with the ledger', async () => {
    const { body } = await rig.get(`/v1/invoices/${id}`);
    const money = (amount: string) => ({ amount, currency: 'USD' });
    expect(body.comparison).toEqual({
      matched: 5,
      differences: 6,
      money: money('0.630000'),
      byKind: {
        unknown: { count: 1, money: money('0.120000') },
        'not-owed': { count: 1, money: money('0.120000') },
        'other-amount': { count: 1, money: money('0.030000') },
        'not-billed': { count: 1, money: money('0.120000') },
        'uncertain-billed': { count: 1, money: money('0.120000') },
        'uncertain-not-billed': { count: 1, money: money('0.120000') },
      },
    });
  });

  test('has its differences line by line, whatever the pages', async () => {
    const all = (await rig.get(`/v1/invoices/${id}/differences`)).body.data as readonly Record<string, unknown>[];
    expect(all.map(({ kind, connectionId, lines }) => [kind, connectionId, lines])).toEqual([
      ['unknown', null, [5]],
      ['other-amount', one.id, [3]],
      ['not-owed', one.id, [4]],
      ['not-billed', one.id, []],
      ['uncertain-billed', two.id, [6]],
      ['uncertain-not-billed', two.id, []],
    ]);
    const paged: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const from: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await rig.get(`/v1/invoices/${id}/differences?limit=2${from}`);
      paged.push(...body.data);
      cursor = body.nextCursor;
    }
    expect(paged).toEqual(all);
  });

  test('is asked about by the audit', async () => {
    const { id: auditId } = await requestAudit(rig.engine, TENANT, 'request');
    await runAudit(rig.engine, TENANT, auditId, { pageSize: 1 });
    const page = { tenantId: TENANT, auditId, check: 'ledger-against-invoices', before: null, limit: 50 };
    const findings = (await rig.engine.store.read('findingsPage', page)).toReversed();
    expect(
      findings.map(({ severity, connectionId, evidence }) => [severity, connectionId, evidence.difference]),
    ).toEqual([
      ['critical', null, 'unknown'],
      ['critical', one.id, 'other-amount'],
      ['critical', one.id, 'not-owed'],
      ['warning', one.id, 'not-billed'],
      ['warning', two.id, 'uncertain-billed'],
      ['info', two.id, 'uncertain-not-billed'],
    ]);
  });

  test('is nobody else’s, and gone once it is deleted', async () => {
    expect((await rig.get(`/v1/invoices/${id}`, { key: keys.other })).status).toBe(404);
    expect((await rig.call('DELETE', `/v1/invoices/${id}`, { key: keys.other })).status).toBe(404);
    expect((await rig.call('DELETE', `/v1/invoices/${id}`)).status).toBe(204);
    expect((await rig.call('DELETE', `/v1/invoices/${id}`)).status).toBe(404);
    expect((await rig.get(`/v1/invoices/${id}/differences`)).status).toBe(404);
    expect((await upload(`\uFEFF${csv()}`)).status).toBe(201);
  });

  test('of a month of lines is taken in whole, and more of one connection than can be compared is refused', async () => {
    const many = Array.from({ length: 3_000 }, (_, n) => `${at(n)},many-${n},0.01`).join('\n');
    const answer = await upload(`time,connection,amount\n${many}`);
    expect([answer.status, answer.body.lines]).toEqual([201, 3_000]);
    const same = Array.from({ length: 1_001 }, (_, n) => `${at(n)},one,0.01`).join('\n');
    expect((await upload(`time,connection,amount\n${same}`)).body.errors[0].message).toContain('Line 1002');
  });
});

test('ids of a kind that is none are not found', async () => {
  expect((await rig.get(`/v1/invoices/${idOf('audit', ids.next())}`)).status).toBe(404);
});

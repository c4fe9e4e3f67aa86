import { describe, expect, test } from '@jest/globals';
import { idOf, insert } from '@freshet/domain';
import type { AuditRun, Finding } from '@freshet/domain';
import { auditingEngine, findingRow, plant, risingIds, runRow } from '@freshet/flows/contract';
import { createMemoryStore } from '@freshet/ports/memory';
import { csvReport } from '../../src/audit/report/csv-report.js';
import { htmlReport, MOST_SHOWN, plainMoney } from '../../src/audit/report/html-report.js';
import { jsonReport } from '../../src/audit/report/json-report.js';
import { html } from '../../src/audit/report/markup.js';

const uuid = risingIds().next;

type Write = typeof htmlReport;

const written = async (write: Write, run: AuditRun, findings: readonly Finding[]): Promise<string> => {
  const store = createMemoryStore();
  await plant(store, insert('audit', run), ...findings.map((finding) => insert('finding', finding)));
  let text = '';
  for await (const piece of write(auditingEngine(store), run)) text += piece;
  return text;
};

const HOSTILE = `<script>alert(1)</script>"'&`;
const dollars = (micros: number) => ({ micros, currency: 'USD' });

describe('the HTML report', () => {
  test('escapes every value, wherever it comes from', async () => {
    const run = runRow(uuid(), {
      state: 'failed',
      error: HOSTILE,
      examined: { [HOSTILE]: 1 },
      counts: { [`${HOSTILE}/critical`]: 1 },
      money: [{ micros: 1_000_000, currency: HOSTILE }],
    });
    const finding = findingRow(uuid(), run, {
      check: HOSTILE,
      summary: HOSTILE,
      action: HOSTILE,
      connectionId: HOSTILE as Finding['connectionId'],
      evidence: {
        [HOSTILE]: HOSTILE,
        money: { amount: HOSTILE, currency: HOSTILE },
        list: [HOSTILE],
        rows: [{ [HOSTILE]: HOSTILE }],
        deep: { [HOSTILE]: [HOSTILE] },
      },
    });
    const text = await written(htmlReport, run, [finding]);
    expect(text).not.toContain('<script');
    expect(text.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(12);
    expect(text).not.toMatch(/(id|href)="[^"]*[<>][^"]*"/);
  });

  test('markup is made of escaped values only', () => {
    expect(html`<b title="${HOSTILE}">${[html`<i>${1}</i>`, html`${null}`]}</b>`.text).toBe(
      '<b title="&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"><i>1</i></b>',
    );
  });

  test('asks for nothing from elsewhere', async () => {
    const text = await written(htmlReport, runRow(uuid()), []);
    expect(text).not.toMatch(/\b(src|srcset|action)=|@import|url\(|https?:|<(script|link|img|iframe)/);
    for (const [, target] of text.matchAll(/href="([^"]*)"/g)) expect(target).toMatch(/^[#?]/);
  });

  test('says what was looked at, what is wrong, what it costs and what to do', async () => {
    const run = runRow(uuid(), {
      counts: { 'duplicate-groups/critical': 1, 'duplicate-groups/warning': 1 },
      money: [dollars(120_000)],
      examined: { 'duplicate-groups': 1234, 'stuck-tasks': 1 },
    });
    const findings = [
      findingRow(uuid(), run, { severity: 'warning', summary: 'a small thing' }),
      findingRow(uuid(), run, {
        money: dollars(120_000),
        connectionId: idOf('connection', uuid()),
        evidence: { groupKey: 'group-1', ids: [] },
      }),
    ];
    const text = await written(htmlReport, run, findings);
    for (const said of [
      '<b>2 findings.</b> 1 of them is critical',
      '1,234',
      'Has each provider connection exactly one active connection here',
      'Two connections are active.',
      'Delete one.',
      '0.12 USD',
      'At stake here: 0.12 USD',
      findings[1]?.connectionId,
      'Group key',
      'Yes: 1 row looked at, nothing found.',
    ]) {
      expect(text).toContain(said);
    }
    expect(text.indexOf('Two connections are active')).toBeLessThan(text.indexOf('A small thing'));
  });

  test('of a store without a fault says so', async () => {
    const text = await written(htmlReport, runRow(uuid()), []);
    expect(text).toContain('Everything that was looked at is in order.');
    expect(text.match(/nothing found\./g)).toHaveLength(2);
  });

  test.each([
    ['queued', 'This audit is queued'],
    ['running', 'This audit is running'],
    ['failed', 'failed before it had seen everything: no space left'],
  ] as const)('of an audit that is %s does not look complete', async (state, said) => {
    const text = await written(
      htmlReport,
      runRow(uuid(), { state, endedAt: null, error: state === 'failed' ? 'no space left' : null }),
      [],
    );
    expect(text).toContain(said);
    expect(text).not.toContain('in order');
    expect(text).toContain('Nothing found so far.');
  });

  test('shows so many of a check, and says where the rest is', async () => {
    const count = MOST_SHOWN + 3;
    const run = runRow(uuid(), { counts: { 'duplicate-groups/critical': count } });
    const findings = Array.from({ length: count }, () => findingRow(uuid(), run, { money: dollars(1_000_000) }));
    const text = await written(htmlReport, run, findings);
    expect(text.match(/<article/g)).toHaveLength(MOST_SHOWN);
    expect(text.replace(/\s+/g, ' ')).toContain('3 more of this check are not shown here');
    expect(text).not.toContain('At stake here');
  });

  test.each([
    [120_000, '0.12 USD'],
    [1_250_000_000, '1,250.00 USD'],
    [1_234_567_890_123, '1,234,567.890123 USD'],
    [100, '0.0001 USD'],
  ])('writes %i micros as %s', (micros, text) => {
    expect(plainMoney(dollars(micros))).toBe(text);
  });
});

describe('the CSV report', () => {
  const run = runRow(uuid(), { counts: { 'duplicate-groups/critical': 450 } });

  test('has every finding, over as many pages as it takes', async () => {
    const findings = Array.from({ length: 450 }, () => findingRow(uuid(), run));
    const lines = (await written(csvReport, run, findings)).split('\r\n');
    expect(lines[0]).toBe(
      'audit_id,finding_id,check,severity,connection_id,summary,action,amount,currency,evidence,found_at',
    );
    expect(lines.at(-1)).toBe('');
    expect(lines.slice(1, -1).map((line) => line.split(',')[1])).toEqual(findings.map(({ id }) => id).reverse());
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])(
    'keeps %j from being run by a spreadsheet',
    async (summary) => {
      const text = await written(csvReport, run, [findingRow(uuid(), run, { summary })]);
      expect(text).toContain(`'${summary}`);
    },
  );

  test('quotes what would break a line, and writes money as the API does', async () => {
    const text = await written(csvReport, run, [
      findingRow(uuid(), run, { summary: 'a "b", c\nd', money: dollars(120_000), evidence: { a: 1 } }),
    ]);
    expect(text).toContain('"a ""b"", c\nd"');
    expect(text).toContain(',0.120000,USD,"{""a"":1}",2026-05-20T02:00:00.000Z');
  });
});

describe('the JSON report', () => {
  test.each([0, 1, 250])('of %i findings is one document', async (count) => {
    const run = runRow(uuid(), { counts: { 'stuck-tasks/warning': count }, money: [dollars(5)] });
    const findings = Array.from({ length: count }, () =>
      findingRow(uuid(), run, { check: 'stuck-tasks', severity: 'warning' }),
    );
    const report = JSON.parse(await written(jsonReport, run, findings));
    expect(report.audit).toMatchObject({
      id: run.id,
      findings: count,
      counts: { bySeverity: { critical: 0, warning: count, info: 0 }, byCheck: { 'stuck-tasks': { warning: count } } },
      money: [{ amount: '0.000005', currency: 'USD' }],
    });
    expect(report.findings).toHaveLength(count);
  });
});

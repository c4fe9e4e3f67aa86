import { beforeAll, describe, expect, test } from '@jest/globals';
import { idOf, insert } from '@freshet/domain';
import type { AuditFigures, AuditRun, Finding } from '@freshet/domain';
import { auditChecks } from '@freshet/flows';
import { auditingEngine, findingRow, plant, risingIds, runRow } from '@freshet/flows/contract';
import { createMemoryStore } from '@freshet/ports/memory';
import { csvReport } from '../../src/audit/report/csv-report.js';
import { drawHere } from '../../src/audit/report/charts/draw.js';
import { MOST_SHOWN } from '../../src/audit/report/finding-sections.js';
import { htmlReport, type PageSetting } from '../../src/audit/report/html-report.js';
import { jsonReport } from '../../src/audit/report/json-report.js';
import { html } from '../../src/audit/report/markup.js';
import { duration, plainMoney } from '../../src/audit/report/numbers.js';
import { auditLastNight, liveAMonth } from './a-month.js';
import { readMarkup, type Element } from './read-markup.js';

const uuid = risingIds().next;

type Write = typeof htmlReport;

const SETTING: PageSetting = { draw: drawHere, links: { csv: '?format=csv', json: '?format=json' } };

const textOf = async (pieces: AsyncIterable<string>): Promise<string> => {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
};

const written = async (
  write: Write,
  run: AuditRun,
  findings: readonly Finding[],
  figures: Partial<AuditFigures> = {},
  setting = SETTING,
): Promise<string> => {
  const store = createMemoryStore();
  await plant(
    store,
    insert('audit', run),
    insert('auditFigures', { id: run.id, tenantId: run.tenantId, sums: {}, budgets: [], ...figures }),
    ...findings.map((finding) => insert('finding', finding)),
  );
  return textOf(write(auditingEngine(store), run, setting));
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
    const hostile = { [HOSTILE]: { [HOSTILE]: { charged: { '2026-05-01': 1_000_000 } } } };
    const sums = {
      spend: hostile,
      stakes: { [HOSTILE]: { [HOSTILE]: { [HOSTILE]: { micros: 1, count: 1 } } } },
      freshness: { [HOSTILE]: { awaited: 1, never: 1 } },
      refreshes: { [HOSTILE]: { failed: 1 } },
      consents: { '2026-05-18': { [HOSTILE]: 1 } },
    };
    const text = await written(htmlReport, run, [finding], { sums });
    readMarkup(text);
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
    expect(text).not.toMatch(/\b(src|srcset|action)=|@import|url\((?!#)|https?:|<(script|link|img|iframe)/);
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
      'audit_id,finding_id,check,severity,connection_id,summary,action,amount,currency,evidence,found_at,first_seen_at,is_new,key',
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
    expect(text).toContain(',0.120000,USD,"{""a"":1}",2026-05-20T02:00:00.000Z,2026-05-20T02:00:00.000Z,,');
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

describe('the report of a month', () => {
  const store = createMemoryStore();
  let run: AuditRun;
  let text: string;
  let elements: readonly Element[];

  beforeAll(async () => {
    await liveAMonth(store);
    await auditLastNight(store);
    run = store.rows('audit').at(-1) as AuditRun;
    text = await textOf(htmlReport({ store }, run, SETTING));
    elements = readMarkup(text);
  }, 60_000);

  const named = (name: string): readonly Element[] => elements.filter((element) => element.name === name);
  const said = (): string => text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

  test('is one page with one head, one title and one main heading, and its sections in their order', () => {
    expect(text.slice(0, 40)).toMatch(/^<!doctype html>\s*<html lang="en">/);
    for (const name of ['html', 'head', 'body', 'title', 'h1', 'nav', 'footer']) expect(named(name)).toHaveLength(1);
    expect(named('section').map(({ attributes }) => attributes.id)).toEqual([
      ...['changes', 'spend', 'waste', 'budgets', 'freshness', 'refreshes', 'consents', 'checks'].map(
        (id) => `figures-${id}`,
      ),
      ...Object.keys(run.examined),
    ]);
  });

  test('asks for nothing from elsewhere, and runs nothing', () => {
    expect(text.match(/https?:|\/\/[a-z]|@import|url\((?!#)|javascript:/gi)).toBeNull();
    for (const name of ['script', 'link', 'img', 'iframe', 'object', 'form', 'use', 'image', 'foreignobject']) {
      expect(named(name)).toEqual([]);
    }
    for (const { attributes } of elements) {
      expect(Object.keys(attributes).filter((name) => /^on|src|xmlns|^ecmeta/.test(name))).toEqual([]);
    }
  });

  test('has every id once, and every link leads to one of them', () => {
    const ids = elements.flatMap(({ attributes }) => attributes.id ?? []);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    const targets = named('a').map(({ attributes }) => attributes.href ?? '');
    for (const target of targets.filter((href) => href.startsWith('#'))) expect(ids).toContain(target.slice(1));
    const fills = elements.flatMap(({ attributes }) => /^url\(#(.*)\)$/.exec(attributes.fill ?? '')?.[1] ?? []);
    expect(fills.length).toBeGreaterThan(0);
    for (const fill of fills) expect(ids).toContain(fill);
  });

  test('has each chart in two sizes that scale, named and told in words, with a table behind it', () => {
    const figures = named('figure');
    expect(figures).toHaveLength(5);
    const pictures = named('svg');
    expect(pictures.map(({ attributes }) => attributes.class)).toEqual(figures.flatMap(() => ['wide', 'narrow']));
    for (const { attributes } of pictures) {
      expect(attributes.viewBox).toMatch(/^0 0 \d+ \d+$/);
      expect(attributes.width).toBeUndefined();
    }
    const told = elements.filter(({ attributes }) => attributes.role === 'img');
    expect(told).toHaveLength(5);
    for (const { attributes } of told) {
      expect(attributes['aria-description']?.length).toBeGreaterThan(40);
      expect(elements.filter((each) => each.attributes.id === attributes['aria-labelledby'])).toHaveLength(1);
    }
    for (const caption of [
      'By provider, in USD',
      'By provider, in GBP',
      'how old it is at most',
      'what became of them',
    ]) {
      expect(said().includes(caption)).toBe(true);
    }
  });

  test('says what has changed since the night before, the worst first', () => {
    const [added, gone] = ['id="new"', 'id="gone"'].map((id) => text.indexOf(id)) as [number, number];
    expect(text.slice(added, gone).match(/badge (critical|warning|info)/g)?.[0]).toBe('badge critical');
    expect(/Since the audit of [^.]*/.exec(said())?.[0]).toMatch(
      /^Since the audit of 2026-05-19: \d+ new \(2 critical\), 2 gone ?, \d+ still there$/,
    );
    expect(text.slice(gone).includes('None of the 1 connections to one provider connection is active')).toBe(true);
    expect(text.match(/class="badge new"/g)?.length).toBe(
      run.since === null
        ? 0
        : Object.values(run.counts).reduce((a, b) => a + b) - Object.values(run.since.stayed).reduce((a, b) => a + b),
    );
  });

  test('tells a budget that is over from one that will be, and one that will last', () => {
    const outlooks = said().match(/(will be )?\d+\.\d\d [A-Z]{3} over|will last/g);
    expect(outlooks).toEqual([
      expect.stringMatching(/^will be .* USD over$/),
      expect.stringMatching(/^\d.* USD over$/),
      'will last',
    ]);
  });

  test('whose charts could not be drawn has all the rest', async () => {
    const draw: PageSetting['draw'] = async (drawings) => drawings.map(() => null);
    const bare = await textOf(htmlReport({ store }, run, { ...SETTING, draw }));
    expect(readMarkup(bare).filter(({ name }) => name === 'figure' || name === 'svg')).toEqual([]);
    expect(bare.includes('By provider, in USD')).toBe(true);
  });

  test('has the same in its JSON: figures, what is new, and what is gone', async () => {
    const report = JSON.parse(await textOf(jsonReport({ store }, run)));
    expect(report.audit.since).toMatchObject({
      gone: 2,
      byCheck: { 'duplicate-groups': { new: 0, gone: 1, stayed: 0 } },
    });
    expect(report.gone.map(({ check }: Finding) => check).toSorted()).toEqual(['duplicate-groups', 'status-histories']);
    expect(report.findings.filter(({ isNew }: { isNew: boolean }) => isNew)).toHaveLength(report.audit.since.new);
    expect(report.audit.figures.spend.map(({ provider }: { provider: string }) => provider)).toEqual([
      ...['AKOYA', 'BUD', 'FINICITY', 'MX', 'PLAID'],
    ]);
    expect(report.audit.figures.budgets).toHaveLength(3);
    expect(report.audit.notAsked).toEqual([]);
  });
});

test('instants and money are written for people, in sentences and in evidence', async () => {
  const run = runRow(uuid(), { counts: { 'duplicate-groups/critical': 1 } });
  const finding = findingRow(uuid(), run, {
    summary: 'data of 2026-05-19T08:00:00.000Z is missing',
    evidence: { amount: '0.050000', cost: { amount: '12.345600', currency: 'USD' }, share: '0.05' },
  });
  const text = await written(htmlReport, run, [finding]);
  expect(text).toContain('Data of 2026-05-19 08:00:00.000 UTC is missing.');
  expect(text).toMatch(/<dd>0\.05<\/dd>/);
  expect(text).toContain('12.3456 USD');
  expect(text).not.toContain('0.050000');
});

test('a check that was not asked is said to be', async () => {
  const text = await written(htmlReport, runRow(uuid(), { examined: { 'stuck-tasks': 1 } }), []);
  expect(text.match(/not asked/g)).toHaveLength(auditChecks.length - 1);
});

test.each([
  [30 * 60_000, '30 min'],
  [3_600_000, '1 h'],
  [48 * 3_600_000, '48 h'],
  [54 * 3_600_000, '2 d 6 h'],
  [7 * 86_400_000, '7 d'],
])('%i ms is written as %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

import { describe, expect, test } from '@jest/globals';
import { DAY } from '@freshet/domain';
import type { AuditRun, Finding, Severity } from '@freshet/domain';
import { read } from '@freshet/ports';
import fc from 'fast-check';
import { requestAudit, runAudit, type Check } from '../../src/index.js';
import { defineCheck } from '../../src/audit/check.js';
import { TENANT } from '../../src/contract/rig.js';
import { testEngine, type TestEngine } from './test-engine.js';

/** What a check finds tonight, by its key. */
type Tonight = Readonly<Record<string, { readonly severity?: Severity; readonly micros?: number }>>;

const finding = (tonight: Tonight, name = 'things'): Check =>
  defineCheck<string>({
    name,
    question: 'Are there things?',
    *rows({ after, limit }) {
      yield* read('setting', { id: 'things' });
      return Object.keys(tonight)
        .toSorted()
        .filter((key) => key > after)
        .slice(0, limit);
    },
    keyOf: (key) => key,
    judge: (key) => [
      {
        key,
        severity: tonight[key]?.severity ?? 'warning',
        connectionId: null,
        summary: key,
        action: '',
        money: tonight[key]?.micros === undefined ? null : { micros: tonight[key].micros, currency: 'USD' },
        evidence: {},
      },
    ],
  });

interface Night {
  readonly run: AuditRun;
  readonly findings: readonly Finding[];
}

const audited = async (
  made: TestEngine,
  checks: readonly Check[],
  trigger: AuditRun['trigger'] = 'nightly',
): Promise<Night> => {
  made.clock.now += DAY;
  const { id } = await requestAudit(made.engine, TENANT, trigger);
  const run = (await runAudit(made.engine, TENANT, id, { checks, pageSize: 2 })) as AuditRun;
  return { run, findings: made.store.rows('finding').filter(({ auditId }) => auditId === id) };
};

const ages = ({ findings }: Night, now: number) =>
  Object.fromEntries(findings.map(({ key, firstSeenAt }) => [key, Math.round((now - firstSeenAt) / DAY)]));

describe('the difference from the night before', () => {
  test('is none on the first night: nothing is called new', async () => {
    const made = testEngine();
    const first = await audited(made, [finding({ a: {} })]);
    expect(first.run).toMatchObject({ state: 'done', since: null });
    expect(ages(first, made.clock.now)).toEqual({ a: 0 });
  });

  test('counts what stayed, by the severity of today and of then, and keeps what there was', async () => {
    const made = testEngine();
    const first = await audited(made, [finding({ a: { micros: 5 }, b: {}, c: { micros: 7 }, d: {} })]);
    const second = await audited(made, [finding({ b: { severity: 'critical' }, c: { micros: 1 }, e: {}, f: {} })]);
    expect(second.run.since).toEqual({
      auditId: first.run.id,
      requestedAt: first.run.requestedAt,
      checks: ['things'],
      counts: { 'things/warning': 4 },
      amounts: { 'things/USD': 12 },
      stayed: { 'things/critical': 1, 'things/warning': 1 },
      stayedThen: { 'things/warning': 2 },
    });
    expect(second.run.amounts).toEqual({ 'things/USD': 1 });
    expect(ages(second, made.clock.now)).toEqual({ b: 1, c: 1, e: 0, f: 0 });
  });

  test('knows a finding from when it was first seen, until a night without it', async () => {
    const made = testEngine();
    await audited(made, [finding({ a: {}, b: {} })]);
    await audited(made, [finding({ a: {} })]);
    const third = await audited(made, [finding({ a: {}, b: {} })]);
    expect(ages(third, made.clock.now)).toEqual({ a: 2, b: 0 });
  });

  test('is from the night before, not from what was asked for in between', async () => {
    const made = testEngine();
    const night = await audited(made, [finding({ a: {} })]);
    const asked = await audited(made, [finding({ b: {} })], 'request');
    expect(asked.run.since?.auditId).toBe(night.run.id);
    const next = await audited(made, [finding({ a: {} })]);
    expect(next.run.since?.auditId).toBe(night.run.id);
  });

  test('is from what was asked for where there never was a night', async () => {
    const made = testEngine();
    const asked = await audited(made, [finding({ a: {} })], 'request');
    expect((await audited(made, [finding({ a: {} })])).run.since?.auditId).toBe(asked.run.id);
  });

  test('is never from an audit that did not see everything', async () => {
    const made = testEngine();
    const whole = await audited(made, [finding({ a: {} })]);
    const broken: Check = {
      ...finding({}),
      page: () => {
        throw new Error('a bug');
      },
    };
    expect((await audited(made, [broken])).run.state).toBe('failed');
    expect((await audited(made, [finding({ a: {} })])).run.since?.auditId).toBe(whole.run.id);
  });

  test('leaves out a check that only one of the two asked', async () => {
    const made = testEngine();
    await audited(made, [finding({ a: {} }), finding({ a: {} }, 'dropped')]);
    const second = await audited(made, [finding({ a: {} }), finding({ a: {} }, 'added')]);
    expect(second.run.since).toMatchObject({
      checks: ['things'],
      counts: { 'things/warning': 1 },
      stayed: { 'things/warning': 1 },
    });
    expect(second.findings.map(({ check, firstSeenAt }) => [check, firstSeenAt === made.clock.now])).toEqual([
      ['things', false],
      ['added', true],
    ]);
  });

  test('is that of the two sets, whatever they are', async () => {
    const sets = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', '__proto__'));
    await fc.assert(
      fc.asyncProperty(sets, sets, async (then, now) => {
        const made = testEngine();
        const of = (keys: readonly string[]): Tonight => Object.fromEntries(keys.map((key) => [key, {}]));
        const first = await audited(made, [finding(of(then))]);
        const second = await audited(made, [finding(of(now))]);
        const stayed = new Set(now.filter((key) => then.includes(key)));
        expect(second.run.since?.stayed).toEqual(stayed.size === 0 ? {} : { 'things/warning': stayed.size });
        const asked = { tenantId: TENANT, auditId: first.run.id, laterId: second.run.id, before: null, limit: 100 };
        const gone = await made.engine.store.read('goneFindingsPage', asked);
        expect(gone.map(({ key }) => key).toSorted()).toEqual(
          [...new Set(then.filter((key) => !now.includes(key)))].toSorted(),
        );
      }),
    );
  });
});

import { expect, test } from '@jest/globals';
import { insert, type LedgerEntry, type PullId, type TaskId } from '@freshet/domain';
import * as a from './samples.js';
import type { Current } from './subject.js';

const { NOW, tenantId, otherTenantId } = a;

export const moneyReadsContract = (current: Current): void => {
  const insertEntries = (...entries: readonly Partial<LedgerEntry>[]) =>
    current().apply(...entries.map((over, index) => insert('ledgerEntry', a.ledgerEntry(index + 1, over))));
  const pullId = (number: number) => a.id<PullId>('pull', number);
  const totals = (over: object = {}) =>
    current().read('ledgerTotals', { tenantId, provider: null, currency: 'USD', from: NOW, until: NOW + 10, ...over });

  test('no entries are totals of nothing', async () => {
    expect(await totals()).toEqual({ reservedMicros: 0, chargedMicros: 0, uncertainMicros: 0 });
  });

  test('money counts when it was held, by what became of it, whenever that was', async () => {
    await insertEntries(
      { pullId: pullId(1), micros: 1 },
      { pullId: pullId(2), micros: 20 },
      { pullId: pullId(2), micros: 20, kind: 'charged', at: NOW + 99 },
      { pullId: pullId(3), micros: 300 },
      { pullId: pullId(3), micros: 300, kind: 'released', at: NOW + 99 },
      { pullId: pullId(4), micros: 4_000 },
      { pullId: pullId(4), micros: 4_000, kind: 'uncertain' },
      { pullId: pullId(5), micros: 50_000, at: NOW - 1 },
      { pullId: pullId(5), micros: 50_000, kind: 'charged' },
      { pullId: pullId(6), micros: 600_000, at: NOW + 1 },
      { pullId: pullId(6), micros: 6_000_000, at: NOW + 10 },
      { pullId: pullId(6), micros: 600_000, kind: 'charged', at: NOW + 20 },
      { pullId: pullId(6), micros: 6_000_000, kind: 'charged', at: NOW + 20 },
    );
    expect(await totals()).toEqual({ reservedMicros: 1, chargedMicros: 600_020, uncertainMicros: 4_000 });
  });

  test('money that was held is told by provider and currency', async () => {
    await insertEntries(
      { pullId: pullId(1), micros: 1, provider: 'PLAID' },
      { pullId: pullId(1), micros: 1, provider: 'PLAID', kind: 'charged', at: NOW + 99 },
      { pullId: pullId(2), micros: 20 },
      { pullId: pullId(3), micros: 300, at: NOW + 9 },
      { pullId: pullId(3), micros: 300, kind: 'uncertain', at: NOW + 9 },
      { pullId: pullId(4), micros: 4_000, currency: 'EUR' },
      { pullId: pullId(5), micros: 50_000, at: NOW - 1 },
      { pullId: pullId(5), micros: 50_000, at: NOW, kind: 'charged' },
      { pullId: pullId(6), micros: 600_000, at: NOW + 10 },
      { pullId: pullId(7), micros: 7_000_000, tenantId: a.otherTenantId },
    );
    const none = { reservedMicros: 0, chargedMicros: 0, uncertainMicros: 0 };
    expect(await current().read('heldTotals', { tenantId, from: NOW, until: NOW + 10 })).toEqual([
      { ...none, provider: 'MX', currency: 'EUR', reservedMicros: 4_000 },
      { ...none, provider: 'MX', currency: 'USD', reservedMicros: 20, uncertainMicros: 300 },
      { ...none, provider: 'PLAID', currency: 'USD', chargedMicros: 1 },
    ]);
  });

  test('money that nobody asked for is what was charged without a task, of a time, a currency and, if wanted, a provider', async () => {
    const unasked = { taskId: null, kind: 'charged' } as const;
    await insertEntries(
      { ...unasked, micros: 1 },
      { ...unasked, micros: 20, at: NOW + 9, provider: 'PLAID' },
      { ...unasked, micros: 300, kind: 'reserved' },
      { micros: 4_000, kind: 'charged', taskId: a.id<TaskId>('task', 1) },
      { ...unasked, micros: 50_000, at: NOW - 1 },
      { ...unasked, micros: 600_000, at: NOW + 10 },
      { ...unasked, micros: 7_000_000, currency: 'GBP' },
      { ...unasked, micros: 80_000_000, tenantId: otherTenantId },
    );
    const asked = { tenantId, provider: null, currency: 'USD', from: NOW, until: NOW + 10 };
    expect(await current().read('unaskedMoney', asked)).toBe(21);
    expect(await current().read('unaskedMoney', { ...asked, provider: 'PLAID' })).toBe(20);
    expect(await current().read('unaskedMoney', { ...asked, currency: 'EUR' })).toBe(0);
  });

  test('totals are of a time, a currency, a tenant and, if wanted, a provider', async () => {
    await insertEntries(
      { micros: 1, at: NOW },
      { micros: 10, at: NOW + 9, provider: 'PLAID' },
      { micros: 100, at: NOW + 10 },
      { micros: 1_000, at: NOW - 1 },
      { micros: 10_000, currency: 'GBP' },
      { micros: 100_000, tenantId: otherTenantId },
    );
    expect((await totals()).reservedMicros).toBe(11);
    expect((await totals({ provider: 'PLAID' })).reservedMicros).toBe(10);
    expect((await totals({ currency: 'GBP' })).reservedMicros).toBe(10_000);
  });

  test('counters are those of the tenant whose period it is', async () => {
    const period = (periodStart: number, periodEnd: number) => ({ periodStart, periodEnd });
    await current().apply(
      insert('budgetCounter', a.budgetCounter('day', period(NOW, NOW + 10))),
      insert('budgetCounter', a.budgetCounter('month', period(NOW - 99, NOW + 99))),
      insert('budgetCounter', a.budgetCounter('before', period(NOW - 10, NOW))),
      insert('budgetCounter', a.budgetCounter('after', period(NOW + 10, NOW + 20))),
      insert('budgetCounter', a.budgetCounter('other', { ...period(NOW, NOW + 10), tenantId: otherTenantId })),
    );
    const at = (instant: number) => current().ids('budgetCounters', { tenantId, at: instant });
    expect(await at(NOW)).toEqual(['day', 'month']);
    expect(await at(NOW + 9)).toEqual(['day', 'month']);
    expect(await at(NOW + 10)).toEqual(['after', 'month']);
    expect(await at(NOW + 99)).toEqual([]);
  });

  test('alerts are those of the tenant whose period it is', async () => {
    await current().apply(
      insert('budgetAlert', a.budgetAlert('now')),
      insert('budgetAlert', a.budgetAlert('before', { periodStart: NOW - 10, periodEnd: NOW })),
      insert('budgetAlert', a.budgetAlert('after', { periodStart: NOW + 10, periodEnd: NOW + 20 })),
      insert('budgetAlert', a.budgetAlert('other', { tenantId: otherTenantId })),
    );
    const at = (instant: number) => current().ids('budgetAlerts', { tenantId, at: instant });
    expect(await at(NOW - 1)).toEqual(['before']);
    expect(await at(NOW)).toEqual(['now']);
    expect(await at(NOW + 9)).toEqual(['now']);
    expect(await at(NOW + 10)).toEqual(['after']);
  });

  test("a pull's entries come in their order", async () => {
    await insertEntries(
      { pullId: pullId(7) },
      { pullId: pullId(8) },
      { pullId: pullId(7), kind: 'charged' },
      { pullId: pullId(7), tenantId: otherTenantId },
    );
    const ids = await current().ids('ledgerOfPull', { tenantId, pullId: pullId(7) });
    expect(ids).toEqual([a.id('led', 1), a.id('led', 3)]);
    expect(await current().ids('ledgerOfPull', { tenantId, pullId: pullId(9) })).toEqual([]);
  });

  test('spend is by provider and currency, with forced pulls whose price nobody knows', async () => {
    await insertEntries(
      { pullId: pullId(1), micros: 10 },
      { pullId: pullId(1), micros: 10, kind: 'charged' },
      { pullId: pullId(2), micros: 20 },
      { pullId: pullId(3), micros: 5, currency: 'GBP', provider: 'PLAID' },
      { pullId: pullId(3), micros: 5, currency: 'GBP', provider: 'PLAID', kind: 'uncertain' },
      { pullId: pullId(4), micros: 7, at: NOW - 1 },
      { pullId: pullId(5), micros: 9, tenantId: otherTenantId },
    );
    await current().apply(
      insert('pull', a.pull(1)),
      insert('pull', a.pull(2, { state: 'reserved' })),
      insert('pull', a.pull(3, { provider: 'PLAID', state: 'unknown' })),
      insert('pull', a.pull(4, { at: NOW - 1 })),
      insert('pull', a.pull(5, { tenantId: otherTenantId })),
      insert('pull', a.pull(6)),
      insert('pull', a.pull(7, { origin: 'background' })),
      insert('pull', a.pull(8, { state: 'released' })),
      insert('pull', a.pull(9, { state: 'refused' })),
    );
    const nothing = { reservedMicros: 0, chargedMicros: 0, uncertainMicros: 0 };
    expect(await current().read('spend', { tenantId, since: NOW })).toEqual([
      { ...nothing, provider: 'MX', currency: null, forced: 1 },
      { ...nothing, provider: 'MX', currency: 'USD', reservedMicros: 20, chargedMicros: 10, forced: 2 },
      { ...nothing, provider: 'PLAID', currency: 'GBP', uncertainMicros: 5, forced: 1 },
    ]);
    expect(await current().read('spend', { tenantId, since: NOW + 1 })).toEqual([]);
  });
};

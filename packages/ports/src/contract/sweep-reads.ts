import { expect, test } from '@jest/globals';
import { insert, update } from '@freshet/domain';
import * as a from './samples.js';
import type { Current } from './subject.js';

const { NOW, tenantId, otherTenantId } = a;

export const sweepReadsContract = (current: Current): void => {
  const three = () =>
    current().apply(
      insert('pullPlan', a.pullPlan(1)),
      insert('pullPlan', a.pullPlan(2, { nextPullAt: NOW - 1, tenantId: otherTenantId })),
      insert('pullPlan', a.pullPlan(3, { nextPullAt: NOW + 1 })),
    );

  test('own pulls are due by time, of all tenants, the longest first', async () => {
    await three();
    expect(await current().read('duePullPlans', { now: NOW, limit: 9 })).toEqual([
      a.pullPlan(2, { nextPullAt: NOW - 1, tenantId: otherTenantId }),
      a.pullPlan(1),
    ]);
    expect(await current().ids('duePullPlans', { now: NOW, limit: 1 })).toEqual([a.pullPlan(2).id]);
    await current().apply(update('pullPlan', a.pullPlan(1).id, { nextPullAt: NOW + 2 }));
    expect(await current().ids('duePullPlans', { now: NOW, limit: 9 })).toEqual([a.pullPlan(2).id]);
  });

  test('own pulls of a tenant are due by time, the longest first', async () => {
    await three();
    await current().apply(insert('pullPlan', a.pullPlan(4, { nextPullAt: NOW - 5 })));
    const due = (over: object) => current().ids('duePullPlansOfTenant', { tenantId, now: NOW, limit: 9, ...over });
    expect(await due({})).toEqual([a.pullPlan(4).id, a.pullPlan(1).id]);
    expect(await due({ limit: 1 })).toEqual([a.pullPlan(4).id]);
    expect(await due({ tenantId: otherTenantId })).toEqual([a.pullPlan(2).id]);
    expect(await due({ now: NOW - 6 })).toEqual([]);
  });

  test('due own pulls are counted up to as many as are asked for', async () => {
    await three();
    const count = (now: number, most: number) => current().read('countDuePullPlans', { now, most });
    expect([await count(NOW - 2, 9), await count(NOW, 9), await count(NOW + 1, 9), await count(NOW + 1, 2)]).toEqual([
      0, 2, 3, 2,
    ]);
    const own = (now: number, most: number) => current().read('countDuePullPlansOfTenant', { tenantId, now, most });
    expect([await own(NOW - 1, 9), await own(NOW, 9), await own(NOW + 1, 9), await own(NOW + 1, 1)]).toEqual([
      0, 1, 2, 1,
    ]);
  });

  test('tenants with own pulls are walked by id', async () => {
    await three();
    const after = (id: string) => current().read('pullPlanTenantAfter', { after: id });
    expect([await after(''), await after(tenantId), await after(otherTenantId)]).toEqual(
      [tenantId, otherTenantId].toSorted().concat([null as never]),
    );
  });

  test('own pulls of a tenant are walked by id', async () => {
    await three();
    const scan = (after: string, limit: number) => current().ids('pullPlansScan', { tenantId, after, limit });
    expect(await scan('', 9)).toEqual([a.pullPlan(1).id, a.pullPlan(3).id]);
    expect(await scan('', 1)).toEqual([a.pullPlan(1).id]);
    expect(await scan(a.pullPlan(1).id, 9)).toEqual([a.pullPlan(3).id]);
  });

  test('the oldest of a tenant are those pulled longest ago; who may grow old is left out', async () => {
    await current().apply(
      insert('pullPlan', a.pullPlan(1)),
      insert('pullPlan', a.pullPlan(2, { lastPullAt: NOW - 99 })),
      insert('pullPlan', a.pullPlan(3, { lastPullAt: null })),
      insert('pullPlan', a.pullPlan(4, { lastPullAt: NOW - 200, tenantId: otherTenantId })),
    );
    expect(await current().ids('oldestPullPlans', { tenantId, limit: 9 })).toEqual([
      a.pullPlan(2).id,
      a.pullPlan(1).id,
    ]);
    expect(await current().ids('oldestPullPlans', { tenantId, limit: 1 })).toEqual([a.pullPlan(2).id]);
  });
};

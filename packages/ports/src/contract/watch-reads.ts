import { expect, test } from '@jest/globals';
import { insert, update, type BackgroundWatch, type TenantId } from '@freshet/domain';
import type { TaskLane } from '../due-reads.js';
import * as a from './samples.js';
import type { Current } from './subject.js';

const { NOW, tenantId, otherTenantId } = a;

const watched = (number: number, over: Partial<BackgroundWatch> = {}) =>
  insert('backgroundWatch', a.backgroundWatch(number, over));
const waiting = (number: number, over: Partial<BackgroundWatch> = {}) =>
  watched(number, { dueAt: null, lookSince: NOW, ...over });

export const watchReadsContract = (current: Current): void => {
  test('background refreshes are due by time, of all tenants, the longest first', async () => {
    await current().apply(
      watched(1),
      watched(2, { dueAt: NOW - 1, tenantId: otherTenantId }),
      watched(3, { dueAt: NOW + 1 }),
      waiting(4),
    );
    expect(await current().read('dueBackgroundWatches', { now: NOW, limit: 9 })).toEqual([
      { tenantId: otherTenantId, id: a.backgroundWatch(2).id },
      { tenantId, id: a.backgroundWatch(1).id },
    ]);
    expect(await current().ids('dueBackgroundWatches', { now: NOW, limit: 1 })).toEqual([a.backgroundWatch(2).id]);
    await current().apply(update('backgroundWatch', a.backgroundWatch(1).id, { dueAt: null }));
    expect(await current().ids('dueBackgroundWatches', { now: NOW, limit: 9 })).toEqual([a.backgroundWatch(2).id]);
  });

  test('those that wait to be read are walked by lane, and in a lane by how long they wait', async () => {
    await current().apply(
      waiting(1),
      waiting(2, { lookSince: NOW - 1 }),
      waiting(3, { tenantId: otherTenantId }),
      waiting(4, { connector: 'mx' }),
      waiting(5, { provider: 'FINICITY' }),
      watched(6, { connector: 'bud' }),
    );
    const walked: TaskLane[] = [];
    let lane: TaskLane | null = { connector: '', provider: '', tenantId: '' as TenantId };
    for (;;) {
      lane = await current().read('lookLaneAfter', lane);
      if (lane === null) break;
      walked.push(lane);
    }
    expect(walked).toEqual([
      { connector: 'meld', provider: 'FINICITY', tenantId },
      { connector: 'meld', provider: 'MX', tenantId },
      { connector: 'meld', provider: 'MX', tenantId: otherTenantId },
      { connector: 'mx', provider: 'MX', tenantId },
    ]);
    const ofLane = (limit: number) =>
      current().ids('looksOfLane', { connector: 'meld', provider: 'MX', tenantId, limit });
    expect(await ofLane(9)).toEqual([a.backgroundWatch(2).id, a.backgroundWatch(1).id]);
    expect(await ofLane(1)).toEqual([a.backgroundWatch(2).id]);
  });

  test('the watched of a feed are counted, up to so many', async () => {
    await current().apply(
      watched(1),
      waiting(2, { institutionId: 'bank-2' }),
      watched(3),
      watched(4, { tenantId: otherTenantId }),
      watched(5, { connector: 'mx' }),
      watched(6, { provider: 'PLAID' }),
    );
    const count = (institutionId: string | null, take = 9) =>
      current().read('watchedOfFeed', { tenantId, connector: 'meld', provider: 'MX', institutionId, take });
    expect(await count(null)).toBe(3);
    expect(await count(null, 2)).toBe(2);
    expect(await count('bank-1')).toBe(2);
    expect(await count('bank-3')).toBe(0);
  });

  test('silent feeds are those of a tenant, and counted over all of them', async () => {
    const silent = { silentSince: NOW };
    await current().apply(
      insert('feed', a.feed('a', silent)),
      insert('feed', a.feed('b', { ...silent, scope: 'institution', scopeKey: 'bank-1' })),
      insert('feed', a.feed('c')),
      insert('feed', a.feed('d', { ...silent, tenantId: otherTenantId })),
    );
    expect(await current().ids('silentFeedsOfTenant', { tenantId })).toEqual(['a', 'b']);
    const counts = await current().read('silentFeedCounts', {});
    expect(counts.toSorted((one, other) => one.count - other.count)).toEqual([
      { connector: 'meld', provider: 'MX', scope: 'institution', count: 1 },
      { connector: 'meld', provider: 'MX', scope: 'provider', count: 2 },
    ]);
    await current().apply(update('feed', 'b', { silentSince: null }));
    expect(await current().ids('silentFeedsOfTenant', { tenantId })).toEqual(['a']);
  });
};

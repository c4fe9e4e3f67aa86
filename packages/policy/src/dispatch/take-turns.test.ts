import { describe, expect, test } from '@jest/globals';
import type { TenantId } from '@freshet/domain';
import fc from 'fast-check';
import { takeTurns, type Lane } from './take-turns.js';

interface Due extends Lane {
  readonly dueAt: number;
}

const due = (tenant: string, dueAt: number, connector = 'plaid', provider = 'PLAID'): Due => ({
  tenantId: `ten_${tenant}` as TenantId,
  connector,
  provider,
  dueAt,
});
const room = (inAll: number, atOnce = inAll) => ({ inAll, atOnce: () => atOnce });
const names = (tasks: readonly Due[]): readonly string[] =>
  tasks.map(({ tenantId, provider, dueAt }) => `${tenantId.slice(4)} ${provider} ${dueAt}`);

describe('turns', () => {
  test('the longest due first, as many as there is room for', () => {
    const tasks = [due('a', 3), due('a', 1), due('a', 2)];
    expect(names(takeTurns(tasks, [], room(2)))).toEqual(['a PLAID 1', 'a PLAID 2']);
    expect(takeTurns(tasks, tasks, room(3))).toEqual([]);
  });

  test('a tenant who came later does not wait for all that another has', () => {
    const tasks = [due('a', 1), due('a', 2), due('a', 3), due('b', 9)];
    expect(names(takeTurns(tasks, [], room(2)))).toEqual(['a PLAID 1', 'b PLAID 9']);
    expect(names(takeTurns(tasks, [due('a', 0)], room(2)))).toEqual(['b PLAID 9']);
  });

  test('a provider that is full holds up no other', () => {
    const tasks = [due('a', 1), due('a', 2), due('a', 3, 'mx', 'MX'), due('a', 4, 'meld', 'PLAID')];
    expect(names(takeTurns(tasks, [], room(9, 1)))).toEqual(['a PLAID 1', 'a MX 3', 'a PLAID 4']);
  });

  const someLane = fc.record({
    tenant: fc.constantFrom('a', 'b', 'c'),
    provider: fc.constantFrom('MX', 'PLAID'),
    dueAt: fc.nat(50),
  });
  const lanes = fc
    .array(someLane, { maxLength: 40 })
    .map((rows) => rows.map(({ tenant, provider, dueAt }) => due(tenant, dueAt, 'meld', provider)));

  test('never too many, none twice, none left while there is room, and no tenant starved', () => {
    fc.assert(
      fc.property(lanes, lanes, fc.nat(30), fc.integer({ min: 1, max: 10 }), (tasks, running, inAll, atOnce) => {
        const chosen = takeTurns(tasks, running, room(inAll, atOnce));
        const at = (all: readonly Due[], provider: string, tenant?: string): number =>
          all.filter((task) => task.provider === provider && (tenant ?? task.tenantId) === task.tenantId).length;
        expect(chosen.length).toBeLessThanOrEqual(Math.max(0, inAll - running.length));
        expect(new Set(chosen).size).toBe(chosen.length);
        const left = tasks.filter((task) => !chosen.includes(task));
        const work = [...running, ...chosen];
        for (const task of left) {
          const isFull = work.length >= inAll || at(work, task.provider) >= atOnce;
          expect(isFull).toBe(true);
          // Whoever was let in beside it had no more at work there than its own tenant has now.
          for (const other of chosen.filter(({ provider }) => provider === task.provider)) {
            const before = at(work, task.provider, other.tenantId) - 1;
            expect(before).toBeLessThanOrEqual(at(work, task.provider, task.tenantId));
          }
        }
      }),
    );
  });
});

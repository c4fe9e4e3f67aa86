import { describe, expect, test } from '@jest/globals';
import { DAY, insert } from '@freshet/domain';
import type { Connection, Effect, Task } from '@freshet/domain';
import { billedTwins } from '../../src/audit/billed-twins.js';
import { LOOK_BACK_MS } from '../../src/audit/look-backs.js';
import { connectionRow, NOW, risingIds, taskRow } from '../../src/contract/audit-rows.js';
import { findingsBy } from './test-engine.js';

const ids = risingIds();
const next = (): string => ids.next();

const item = (over: Partial<Connection> = {}): Connection =>
  connectionRow(next(), { provider: 'PLAID', connectedAt: NOW - 90 * DAY, lastSuccessAt: NOW - DAY, ...over });
const rows = (...connections: readonly Connection[]): readonly Effect[] =>
  connections.map((row) => insert('connection', row));
const refreshed = ({ id, groupKey }: Connection, over: Partial<Task> = {}): Effect =>
  insert('task', taskRow(next(), { connectionId: id, groupKey, provider: 'PLAID', ...over }));

const found = async (...effects: readonly Effect[]) =>
  (await findingsBy(billedTwins, effects)).map(({ severity, connectionId, money, evidence }) => ({
    severity,
    connectionId,
    micros: money?.micros ?? null,
    ids: (evidence.connections as readonly Connection[]).map(({ id }) => id),
  }));

test.each<readonly [string, Partial<Connection>, Partial<Connection>]>([
  ['customers', {}, { customerId: 'customer-2' }],
  ['institutions', {}, { institutionId: 'bank-2' }],
  ['providers', {}, { provider: 'AKOYA' }],
  ['logins', { loginFingerprint: 'a' }, { loginFingerprint: 'b' }],
  ['links, of which one was never completed', {}, { status: 'IN_PROGRESS' }],
  ['links, of which one ended', {}, { status: 'EXPIRED' }],
  ['links, of which one is deleted', { status: 'DELETED', active: false }, {}],
  ['links at a provider that knows a login again', { provider: 'MX' }, { provider: 'MX' }],
])('of different %s are no twins', async (_what, one, other) => {
  expect(await found(...rows(item(one), item(other)))).toEqual([]);
});

describe('two links of one customer at one institution', () => {
  test('are one finding, at the one that was refreshed last', async () => {
    const [old, fresh] = [item({ lastSuccessAt: NOW - 2 * DAY }), item()];
    expect(await found(...rows(old, fresh, item({ customerId: 'customer-2' })))).toEqual([
      { severity: 'info', connectionId: fresh.id, micros: null, ids: [fresh.id, old.id] },
    ]);
  });

  test('cost what the one that is not needed has cost in 30 days, charged or lost sight of', async () => {
    const [kept, second] = [item(), item({ connector: 'plaid', lastSuccessAt: NOW - 2 * DAY })];
    const effects = [
      refreshed(kept),
      refreshed(second),
      refreshed(second, { charge: 'uncertain' }),
      refreshed(second, { charge: 'released' }),
      refreshed(second, { queuedAt: NOW - LOOK_BACK_MS - 1 }),
    ];
    const [finding] = await findingsBy(billedTwins, [...rows(kept, second), ...effects]);
    expect(finding).toMatchObject({
      severity: 'warning',
      connectionId: kept.id,
      money: { micros: 240_000, currency: 'USD' },
      summary:
        'PLAID bills this connection and 1 other of the same customer at the same institution, each for itself: what is not needed has cost 0.24 USD in 30 days',
      evidence: {
        connections: [
          { id: kept.id, refreshes: 1, cost: [{ amount: '0.120000', currency: 'USD' }] },
          { id: second.id, connector: 'plaid', refreshes: 2, cost: [{ amount: '0.240000', currency: 'USD' }] },
        ],
      },
    });
  });

  test('are a warning where they are known to be one login', async () => {
    const same = { loginFingerprint: 'a' };
    const twins = [item(same), item(same)] as const;
    expect(await found(...rows(...twins))).toMatchObject([{ severity: 'warning', micros: null }]);
  });

  test('of which nobody knows the login may be one; it is taken for the first known one, and counted once', async () => {
    const [a, unknown, b] = [item({ loginFingerprint: 'a' }), item(), item({ loginFingerprint: 'b' })];
    expect((await found(...rows(a, unknown, b))).map(({ ids: named }) => [...named].sort())).toEqual([
      [a.id, unknown.id],
    ]);
  });
});

test('each currency has its own finding', async () => {
  const [kept, second] = [item(), item({ lastSuccessAt: null })];
  const pounds = refreshed(second, { cost: { micros: 7, currency: 'GBP' } });
  const micros = (await found(...rows(kept, second), refreshed(second), pounds)).map((finding) => finding.micros);
  expect(micros.toSorted()).toEqual([120_000, 7]);
});

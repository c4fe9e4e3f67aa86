import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, insert } from '@freshet/domain';
import type { Connection, StatusChange } from '@freshet/domain';
import {
  CRITICAL_FROM_MS,
  lateConnections,
  MOST_SINGLE,
  SILENT_MS,
  WARN_FROM_MS,
} from '../../src/audit/late-connections.js';
import { connectionRow, historyRow, NOW, risingIds } from '../../src/contract/audit-rows.js';
import { policyBook } from '../../src/contract/rig.js';
import { findingsBy } from './test-engine.js';

const ids = risingIds();
const next = (): string => ids.next();

/** Linked long ago, refreshed a day ago by its provider. */
const linked = (over: Partial<Connection> = {}): Connection =>
  connectionRow(next(), { connectedAt: NOW - 90 * DAY, lastSuccessAt: NOW - DAY, ...over });

const findings = (connections: readonly Connection[], policies = policyBook()) =>
  findingsBy(
    lateConnections,
    connections.map((row) => insert('connection', row)),
    { policies },
  );

const found = async (...connections: readonly Connection[]) =>
  (await findings(connections)).map(({ severity, connectionId, summary }) => [
    severity,
    /silent|starving|late|any data/.exec(summary)?.[0],
    connections.findIndex(({ id }) => id === connectionId),
  ]);

/** The catalogue: two days without its daily data, and MX' own waits for 20 hours and a day after a forced one. */
const STALE = 2 * DAY;

test('connections whose data comes, or of which none is expected, are no findings', async () => {
  const old = { lastSuccessAt: NOW - 30 * DAY } as const;
  expect(
    await found(
      linked(),
      linked({ provider: 'BUD', connector: 'bud' }),
      linked({ lastSuccessAt: null, connectedAt: NOW - DAY }),
      linked({ ...old, status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' }),
      linked({ ...old, status: 'DELETED', active: false }),
      linked({ ...old, status: 'IN_PROGRESS' }),
      linked({ ...old, status: 'SOMETHING_NEW' }),
      linked({ ...old, status: 'PARTIALLY_ACTIVE', statusReason: 'INACTIVE_DUPLICATE', active: false }),
    ),
  ).toEqual([]);
});

describe("late: the provider's own refresh", () => {
  test.each([
    [STALE - 1, []],
    [STALE, [['info', 'late', 0]]],
    [STALE + WARN_FROM_MS, [['warning', 'late', 0]]],
  ])('%i ms after the last one: %j', async (ago, expected) => {
    expect(await found(linked({ lastSuccessAt: NOW - ago, lastBackgroundAt: NOW - ago }))).toEqual(expected);
  });

  test('is missed though forced ones bring data meanwhile', async () => {
    const forcedAt = NOW - 2 * HOUR;
    const plaid = { provider: 'PLAID', lastForcedAt: forcedAt, lastSuccessAt: forcedAt + HOUR } as const;
    expect(await found(linked({ ...plaid, lastBackgroundAt: NOW - STALE - 7 * DAY }))).toEqual([
      ['critical', 'late', 0],
    ]);
    expect(await found(linked({ ...plaid, lastBackgroundAt: NOW - DAY }))).toEqual([]);
    expect(await found(linked({ ...plaid, lastSuccessAt: forcedAt + HOUR + 1, lastBackgroundAt: null }))).toEqual([]);
  });

  test('is not expected while a forced one pushes it away, nor before its turn after that', async () => {
    const forced = (ago: number) =>
      linked({ lastBackgroundAt: NOW - 30 * DAY, lastForcedAt: NOW - ago, lastSuccessAt: NOW - ago });
    expect(await found(forced(20 * HOUR + DAY - 1))).toEqual([]);
    expect(await found(forced(20 * HOUR + DAY))).toEqual([['info', 'late', 0]]);
  });
});

describe('silent: ACTIVE without any data', () => {
  test('for a week', async () => {
    expect(await found(linked({ lastSuccessAt: NOW - SILENT_MS + 1 }))).toEqual([['warning', 'late', 0]]);
    expect(await found(linked({ lastSuccessAt: NOW - SILENT_MS }))).toEqual([['warning', 'any data', 0]]);
    const longer = linked({ lastSuccessAt: NOW - STALE - CRITICAL_FROM_MS });
    expect(await found(longer)).toEqual([['critical', 'any data', 0]]);
  });

  test('is what its status says, where that is another', async () => {
    const degraded = { status: 'DEGRADED', statusReason: 'INSTITUTION_CURRENTLY_UNAVAILABLE' } as const;
    expect(await found(linked({ ...degraded, lastSuccessAt: NOW - 30 * DAY }))).toEqual([['critical', 'late', 0]]);
  });

  test('is nothing where the provider is slower than that', async () => {
    const rule = { match: { provider: 'MX' }, set: { background: { staleAfter: 'P10D' } } };
    const slow = policyBook({ version: 1, overrides: [rule] });
    const since = async (ms: number) => findings([linked({ lastSuccessAt: NOW - ms })], slow);
    expect(await since(10 * DAY - 1)).toEqual([]);
    expect(await since(10 * DAY)).toMatchObject([{ severity: 'info', summary: expect.stringContaining('any data') }]);
  });
});

describe('starving', () => {
  test('where nobody but us pulls', async () => {
    const bud = (ago: number) => linked({ provider: 'BUD', connector: 'bud', lastSuccessAt: NOW - ago });
    expect(await found(bud(STALE - 1))).toEqual([]);
    expect(await found(bud(STALE))).toEqual([['info', 'starving', 0]]);
    expect(await found(bud(30 * DAY))).toEqual([['critical', 'starving', 0]]);
  });

  test('where no data ever came', async () => {
    const never = (connectedAt: number) => linked({ lastSuccessAt: null, connectedAt });
    expect(await found(never(NOW - STALE + 1))).toEqual([]);
    expect(await found(never(NOW - STALE))).toEqual([['info', 'starving', 0]]);
  });
});

describe('is counted from when it could be pulled, and is known here', () => {
  const forcedAt = NOW - 2 * HOUR;
  const forced = { provider: 'PLAID', lastForcedAt: forcedAt, lastSuccessAt: forcedAt } as const;
  const told = (connection: Connection, ...changes: readonly Partial<StatusChange>[]) =>
    findingsBy(
      lateConnections,
      [
        insert('connection', connection),
        ...changes.map((change) => insert('statusChange', historyRow(next(), connection, change))),
      ],
      { policies: policyBook() },
    );
  const repaired = (at: number): Partial<StatusChange> => ({
    event: 'repaired',
    fromStatus: 'RECONNECT_REQUIRED',
    fromReason: 'LOGIN_REQUIRED',
    at,
  });

  test.each([
    ['late', { ...forced }],
    ['any data', { lastSuccessAt: NOW - 30 * DAY }],
    ['starving', { provider: 'BUD', connector: 'bud', lastSuccessAt: NOW - 30 * DAY }],
  ] as const)('after a repair: %s', async (kind, over) => {
    const imported = { at: NOW - 80 * DAY };
    expect(await told(linked(over), imported, repaired(NOW - STALE + 1))).toEqual([]);
    expect(await told(linked(over), imported, repaired(NOW - STALE))).toMatchObject([
      { severity: 'info', summary: expect.stringContaining(kind) },
    ]);
  });

  test('after an import, where only a forced call has brought data since', async () => {
    expect(await told(linked(forced), { at: NOW - STALE + 1 })).toEqual([]);
    expect(await told(linked(forced), { at: NOW - STALE })).toHaveLength(1);
  });

  test('not where it came in with data that was old', async () => {
    expect(await told(linked({ lastSuccessAt: NOW - 30 * DAY }), { at: NOW - HOUR })).toHaveLength(1);
  });
});

test('its age, and what is known of it, are in the evidence', async () => {
  const late = linked({ lastSuccessAt: NOW - STALE - 3 * DAY });
  expect(await findings([late])).toMatchObject([
    {
      connectionId: late.id,
      summary: 'a connection is late: the free refresh of its provider did not come (overdue for 3 d)',
      evidence: {
        provider: 'MX',
        externalId: late.externalId,
        lateHours: 72,
        lastSuccessAt: '2026-05-15T02:00:00.000Z',
      },
    },
  ]);
});

test('more than some of one provider are one finding', async () => {
  const many = (count: number) => Array.from({ length: count }, () => linked({ lastSuccessAt: NOW - STALE }));
  expect(await findings(many(MOST_SINGLE))).toHaveLength(MOST_SINGLE);
  const oldest = linked({ lastSuccessAt: NOW - STALE - 2 * DAY });
  const plaid = linked({ provider: 'PLAID', lastSuccessAt: NOW - STALE });
  const found = await findings([...many(MOST_SINGLE + 40), oldest, plaid]);
  expect(found).toMatchObject([
    {
      severity: 'warning',
      connectionId: null,
      summary: `${MOST_SINGLE + 41} connections of MX are late: the free refresh of its provider did not come (overdue for up to 2 d)`,
      evidence: { count: MOST_SINGLE + 41 },
    },
    { severity: 'info', connectionId: plaid.id },
  ]);
  expect(found[0]?.evidence.first).toHaveLength(50);
});

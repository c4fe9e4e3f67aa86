import { describe, expect, test } from '@jest/globals';
import { insert, MINUTE } from '@freshet/domain';
import type { Connection, Effect, StatusChange } from '@freshet/domain';
import { MOST_CHANGES, statusHistories } from '../../src/audit/status-histories.js';
import { connectionRow, historyRow, imported, NOW, risingIds } from '../../src/contract/audit-rows.js';
import { findingsBy } from './test-engine.js';

const ids = risingIds();
const next = (): string => ids.next();

type Status = readonly [status: string, reason?: string];
type Step = readonly [event: string, from: Status | null, to: Status];

const ACTIVE: Status = ['ACTIVE'];
const DEGRADED: Status = ['DEGRADED', 'INSTITUTION_CURRENTLY_UNAVAILABLE'];
const LOGIN: Status = ['RECONNECT_REQUIRED', 'LOGIN_REQUIRED'];
const INACTIVE: Status = ['PARTIALLY_ACTIVE', 'INACTIVE_DUPLICATE'];
const STRANGE: Status = ['SOMETHING_NEW', 'verbatim'];

/** A connection with that history, and the status that it ends at unless another is said. */
const lived = (steps: readonly Step[], present?: Status): readonly Effect[] => {
  const [status, reason] = present ?? steps.at(-1)?.[2] ?? ACTIVE;
  const connection: Connection = connectionRow(next(), { status, statusReason: reason ?? null });
  const change = ([event, from, to]: Step, index: number): StatusChange =>
    historyRow(next(), connection, {
      event,
      fromStatus: from?.[0] ?? null,
      fromReason: from?.[1] ?? null,
      toStatus: to[0],
      toReason: to[1] ?? null,
      at: NOW - (steps.length - index) * MINUTE,
    });
  return [insert('connection', connection), ...steps.map((step, index) => insert('statusChange', change(step, index)))];
};

const found = async (steps: readonly Step[], present?: Status) =>
  (await findingsBy(statusHistories, lived(steps, present))).map(({ severity, summary }) => ({ severity, summary }));

const begun: Step = ['imported', null, ACTIVE];
const failed: Step = ['failed_institution_unavailable', ACTIVE, DEGRADED];

test('lives that the table allows are no findings', async () => {
  const lives: readonly (readonly Step[])[] = [
    [begun],
    [begun, failed, ['aggregation_succeeded', DEGRADED, ACTIVE]],
    [begun, failed, ['failed_login_required', DEGRADED, LOGIN], ['repaired', LOGIN, ACTIVE]],
    [begun, ['demoted', ACTIVE, INACTIVE], ['promoted', INACTIVE, DEGRADED]],
    [begun, ['provider_named', ACTIVE, STRANGE], ['provider_named', STRANGE, LOGIN], ['deleted', LOGIN, ['DELETED']]],
    [
      ['imported', null, ['EXPIRED']],
      ['imported', ['EXPIRED'], ACTIVE],
    ],
    [
      ['imported', null, ['IN_PROGRESS']],
      ['connect_abandoned', ['IN_PROGRESS'], ['EXPIRED']],
    ],
  ];
  expect(
    await findingsBy(
      statusHistories,
      lives.flatMap((steps) => lived(steps)),
    ),
  ).toEqual([]);
});

describe('a step that the table does not have', () => {
  test.each<readonly [string, Step, string]>([
    [
      'cannot happen there',
      ['consent_ended', ['EXPIRED'], LOGIN],
      'consent_ended led from EXPIRED to RECONNECT_REQUIRED (LOGIN_REQUIRED), and cannot happen there',
    ],
    [
      'moves nothing there',
      ['outcome_unknown', LOGIN, ['UNDETERMINED']],
      'outcome_unknown led from RECONNECT_REQUIRED (LOGIN_REQUIRED) to UNDETERMINED, and moves nothing there',
    ],
    [
      'leads elsewhere',
      ['repaired', LOGIN, DEGRADED],
      'repaired led from RECONNECT_REQUIRED (LOGIN_REQUIRED) to DEGRADED (INSTITUTION_CURRENTLY_UNAVAILABLE) instead of ACTIVE',
    ],
    [
      'has another reason',
      ['demoted', ACTIVE, ['PARTIALLY_ACTIVE']],
      'demoted led from ACTIVE to PARTIALLY_ACTIVE instead of PARTIALLY_ACTIVE (INACTIVE_DUPLICATE)',
    ],
    [
      'is of no event',
      ['healed', LOGIN, ACTIVE],
      'healed led from RECONNECT_REQUIRED (LOGIN_REQUIRED) to ACTIVE, and there is no such event',
    ],
    [
      'changes nothing',
      ['provider_named', LOGIN, LOGIN],
      'provider_named led from RECONNECT_REQUIRED (LOGIN_REQUIRED) to RECONNECT_REQUIRED (LOGIN_REQUIRED): no change at all',
    ],
    ['brings back what is deleted', ['imported', ['DELETED'], ACTIVE], 'imported led from DELETED to ACTIVE'],
  ])('%s', async (_what, step, told) => {
    const summary = `a connection's history does not lead to where it is: ${told}`;
    expect(await found([['imported', null, step[1] as Status], step])).toEqual([{ severity: 'warning', summary }]);
  });

  test('may be its first: only an import makes a status out of nothing', async () => {
    expect(await found([['aggregation_succeeded', null, ACTIVE]])).toMatchObject([
      { severity: 'warning', summary: expect.stringContaining('aggregation_succeeded made a status out of nothing') },
    ]);
  });
});

test('a gap between two changes is found', async () => {
  expect(await found([begun, ['repaired', LOGIN, ACTIVE]])).toMatchObject([
    {
      severity: 'warning',
      summary: expect.stringContaining(
        'it was ACTIVE, and the next change begins at RECONNECT_REQUIRED (LOGIN_REQUIRED)',
      ),
    },
  ]);
  expect(await found([failed])).toMatchObject([{ summary: expect.stringContaining('its history begins at ACTIVE') }]);
  expect(await found([begun, failed, begun])).toMatchObject([
    { summary: expect.stringContaining('begins at nothing') },
  ]);
});

test('a present status that its history does not end at is critical, its reason too', async () => {
  expect(await found([begun, failed], ACTIVE)).toMatchObject([
    { severity: 'critical', summary: expect.stringContaining('it is ACTIVE, but its history ends at DEGRADED (INST') },
  ]);
  expect(await found([begun], ['ACTIVE', 'NEW_ACCOUNTS_AVAILABLE'])).toMatchObject([{ severity: 'critical' }]);
  expect(await found([], ACTIVE)).toMatchObject([
    { severity: 'critical', summary: expect.stringContaining('it is ACTIVE, and has no history') },
  ]);
});

test('a connection is one finding, the worst of its faults first', async () => {
  const [finding, none] = await findingsBy(statusHistories, [
    ...lived([begun, ['repaired', LOGIN, DEGRADED]], LOGIN),
    ...imported(connectionRow(next())),
  ]);
  expect(none).toBeUndefined();
  expect(finding).toMatchObject({
    severity: 'critical',
    summary: expect.stringMatching(/it is RECONNECT_REQUIRED .*; and 2 more$/),
    money: null,
    evidence: { changeCount: 2, faultCount: 3, faults: [{ cause: 'import' }, {}, {}] },
  });
});

test('of a connection that changed very often, the newest changes are replayed', async () => {
  const flapping = (count: number): readonly Step[] =>
    Array.from({ length: count }, (_, index) =>
      index % 2 === 0 ? failed : (['aggregation_succeeded', DEGRADED, ACTIVE] as const),
    );
  expect(await found([begun, ...flapping(MOST_CHANGES)])).toEqual([]);
  expect(await found(flapping(MOST_CHANGES - 1))).toHaveLength(1);
});

import { describe, expect, test } from '@jest/globals';
import { DAY, insert } from '@freshet/domain';
import type { Connection } from '@freshet/domain';
import { AHEAD_MS, consentsEnding } from '../../src/audit/consents-ending.js';
import { connectionRow, NOW, risingIds } from '../../src/contract/audit-rows.js';
import { findingsBy } from './test-engine.js';

const ids = risingIds();

/** NOW is a Wednesday. */
const ending = (inMs: number | null, over: Partial<Connection> = {}): Connection =>
  connectionRow(ids.next(), { consentExpiresAt: inMs === null ? null : NOW + inMs, ...over });

const findings = (...connections: readonly Connection[]) =>
  findingsBy(
    consentsEnding,
    connections.map((row) => insert('connection', row)),
  );

const brief = async (...connections: readonly Connection[]) =>
  (await findings(...connections)).map(({ severity, summary }) => [severity, summary]);

test('consents that last, are not known, or have nothing to lose any more are no findings', async () => {
  const soon = DAY;
  expect(
    await brief(
      ending(null),
      ending(AHEAD_MS + 1),
      ending(soon, { active: false, status: 'PARTIALLY_ACTIVE', statusReason: 'INACTIVE_DUPLICATE' }),
      ending(soon, { status: 'RECONNECT_REQUIRED', statusReason: 'TOKEN_EXPIRED' }),
      ending(-soon, { status: 'RECONNECT_REQUIRED', statusReason: 'TOKEN_EXPIRED' }),
      ending(-soon, { status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' }),
      ending(-soon, { status: 'DELETED', active: false }),
    ),
  ).toEqual([]);
});

describe('consents that end', () => {
  test('are one finding a week, in its order, as far as four weeks ahead', async () => {
    expect(
      await brief(ending(AHEAD_MS), ending(DAY), ending(8 * DAY), ending(4 * DAY), ending(5 * DAY), ending(1)),
    ).toEqual([
      ['info', '3 consents end in the week of 2026-05-18'],
      ['info', '2 consents end in the week of 2026-05-25'],
      ['info', '1 consent ends in the week of 2026-06-15'],
    ]);
  });

  test('are counted by provider, and the first are named', async () => {
    const many = Array.from({ length: 55 }, () => ending(DAY));
    const degraded = ending(DAY, { provider: 'BUD', status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' });
    const [finding, ...rest] = await findings(...many, degraded);
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({
      connectionId: null,
      money: null,
      evidence: { week: '2026-05-18', count: 56, byProvider: { MX: 55, BUD: 1 } },
    });
    const first = finding?.evidence.first as readonly { readonly id: string }[];
    expect(first.map(({ id }) => id)).toEqual(many.slice(0, 50).map(({ id }) => id));
  });
});

test('consents that have ended, of connections that may still be refreshed, are a warning for each provider', async () => {
  const only = ending(0);
  const bud = { provider: 'BUD' } as const;
  const found = await findings(only, ending(-DAY, bud), ending(-2 * DAY, bud), ending(DAY));
  expect(found.map(({ severity, connectionId, summary }) => [severity, connectionId, summary])).toEqual([
    ['warning', only.id, '1 consent of MX ended, and the connection may still be refreshed'],
    ['warning', null, '2 consents of BUD ended, and the connections may still be refreshed'],
    ['info', expect.anything(), '1 consent ends in the week of 2026-05-18'],
  ]);
});

import { describe, expect, test } from '@jest/globals';
import { allows, DAY, insert, isStatus } from '@freshet/domain';
import type { Connection } from '@freshet/domain';
import { decideConsent, decideEvent, type RefreshPolicy } from '../src/index.js';
import { bookOf, selector } from './catalogue.js';
import { connection, inputs, noon, unlearned } from './given.js';
import { kept } from './tables.js';

/*
 * What the law says of consents (`reference/eu-uk-providers.md` 2.2, and rule 5 of its list for engines): in the UK the
 * customer reconfirms every 90 days, without it only they themselves may still cause a read, and a late reconfirmation lets
 * all of it start again; in the EU nothing is read once 180 days have passed, whoever asks, until they log in again.
 */

interface Row {
  readonly law: string;
  readonly provider: string;
  readonly lifeDays: number;
  readonly policyFile?: unknown;
  /** Once it has ended: unattended, attended. */
  readonly afterwards: readonly [boolean, boolean];
}

const ofBud = (set: object): unknown => ({ version: 1, overrides: [{ match: { provider: 'BUD' }, set }] });

const rows: readonly Row[] = [
  { law: 'UK', provider: 'BUD', lifeDays: 90, afterwards: [false, true] },
  {
    law: 'elsewhere',
    provider: 'BUD',
    lifeDays: 90,
    afterwards: [false, false],
    policyFile: ofBud({ consent: { lapse: 'consent_ended' } }),
  },
  { law: 'EU', provider: 'ENABLEBANKING', lifeDays: 180, afterwards: [false, false] },
  { law: 'EU', provider: 'TOKENIO', lifeDays: 180, afterwards: [false, false] },
  { law: 'EU', provider: 'BRIDGE', lifeDays: 180, afterwards: [false, false] },
];

const policyOf = ({ provider, policyFile }: Row): RefreshPolicy =>
  bookOf(policyFile).policyFor(selector({ provider, connector: provider.toLowerCase() }));

/** Consented at noon; as it is at a later time. */
const watchedAt = (row: Row, now: number): Connection => {
  const policy = policyOf(row);
  const { lifeMs } = policy.consent;
  const own = connection('a', { provider: row.provider, connectedAt: noon, consentExpiresAt: noon + (lifeMs ?? 0) });
  const table = kept(insert('connection', own));
  table.apply(decideConsent(own, policy, inputs(now)).effects);
  return table.one('connection', own.id);
};

const mayBeRefreshed = ({ status, statusReason: reason }: Connection): readonly [boolean, boolean] => {
  expect(isStatus(status)).toBe(true);
  return [allows({ status, reason }, 'refresh', false), allows({ status, reason }, 'refresh', true)];
};

const said = ({ status, statusReason }: Connection): string => `${status}/${statusReason ?? ''}`;

describe.each(rows)('a consent of $provider ($law)', (row) => {
  const end = noon + row.lifeDays * DAY;

  test(`is good for all of ${row.lifeDays} days, to its last millisecond, and announces its end a week before`, () => {
    expect(said(watchedAt(row, end - 7 * DAY - 1))).toBe('ACTIVE/');
    expect(said(watchedAt(row, end - 7 * DAY))).toBe('ACTIVE/ACCESS_EXPIRING_SOON');
    const last = watchedAt(row, end - 1);
    expect([said(last), mayBeRefreshed(last)]).toEqual(['ACTIVE/ACCESS_EXPIRING_SOON', [true, true]]);
  });

  test(`lets ${row.afterwards[1] ? 'only the present customer' : 'nobody'} in from its end on`, () => {
    expect(mayBeRefreshed(watchedAt(row, end))).toEqual(row.afterwards);
    expect(said(watchedAt(row, end))).toBe(
      row.afterwards[1] ? 'DEGRADED/INTERACTIVE_REFRESH' : 'RECONNECT_REQUIRED/TOKEN_EXPIRED',
    );
  });

  test('begins anew with a renewal, however late, and lasts as long again', () => {
    const ended = watchedAt(row, end + 30 * DAY);
    const now = end + 31 * DAY;
    const facts = {
      ...{ connection: ended, group: [ended], joins: [], openTask: null, awaitedPull: null, holdings: {} },
      ...{ learning: unlearned, lastPull: null, lastLink: null, earlierBackgroundAt: null, counters: [] },
    };
    const event = { kind: 'consent-renewed', externalId: ended.externalId, at: now, consentExpiresAt: null } as const;
    const table = kept(insert('connection', ended));
    table.apply(decideEvent(facts, event, policyOf(row), inputs(now)).effects);
    const renewed = table.one('connection', ended.id);
    expect([said(renewed), renewed.consentExpiresAt]).toEqual(['ACTIVE/', now + row.lifeDays * DAY]);
  });
});

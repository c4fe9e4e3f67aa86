import { describe, expect, test } from '@jest/globals';
import { allows, operations, permissionsOf, type Operation } from './permissions.js';
import { reasonsByStatus, statuses } from './status.js';

/** The table of the design, row by row: status, reason, refresh, repair, update products, delete, what helps instead. */
const table = `
  IN_PROGRESS         -                                       no        no   yes  yes  connect
  ACTIVE              -                                       yes       no   yes  yes  -
  ACTIVE              ACCESS_EXPIRING_SOON                    yes       yes  yes  yes  -
  ACTIVE              NEW_ACCOUNTS_AVAILABLE                  yes       yes  yes  yes  -
  PARTIALLY_ACTIVE    -                                       yes       no   yes  yes  -
  PARTIALLY_ACTIVE    PARTIAL_AGGREGATION_SUCCESS             yes       no   yes  yes  -
  PARTIALLY_ACTIVE    INACTIVE_DUPLICATE                      yes       no   yes  yes  -
  DEGRADED            -                                       yes       yes  yes  yes  -
  DEGRADED            INSTITUTION_CURRENTLY_UNAVAILABLE       yes       yes  yes  yes  -
  DEGRADED            INSTITUTION_ACTION_REQUIRED             yes       yes  yes  yes  -
  DEGRADED            SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE  yes       yes  yes  yes  -
  DEGRADED            INTERACTIVE_REFRESH                     attended  yes  yes  yes  -
  UNDETERMINED        -                                       yes       no   yes  yes  -
  RECONNECT_REQUIRED  -                                       no        yes  yes  yes  repair
  RECONNECT_REQUIRED  LOGIN_REQUIRED                          no        yes  yes  yes  repair
  RECONNECT_REQUIRED  REPAIRING_INSTITUTION                   no        yes  yes  yes  repair
  RECONNECT_REQUIRED  TOKEN_EXPIRED                           no        yes  yes  yes  repair
  RECONNECT_REQUIRED  OTHER                                   no        yes  yes  yes  repair
  UNRECOVERABLE       -                                       no        yes  yes  yes  repair
  UNRECOVERABLE       CONTINUED_AGGREGATION_FAILURES          no        yes  yes  yes  repair
  EXPIRED             -                                       no        no   no   yes  connect
  DELETED             -                                       no        no   no   no   -`;

interface Row {
  readonly status: string;
  readonly reason: string | null;
  readonly cells: Readonly<Record<Operation, string>>;
  readonly instead: string | null;
}

const rows: readonly Row[] = table
  .trim()
  .split('\n')
  .map((line) => {
    const [status = '', reason = '', refresh = '', repair = '', updateProducts = '', remove = '', instead = ''] = line
      .trim()
      .split(/ +/);
    return {
      status,
      reason: reason === '-' ? null : reason,
      cells: { refresh, repair, updateProducts, delete: remove },
      instead: instead === '-' ? null : instead,
    };
  });

const cases = rows.flatMap((row) =>
  operations.map((operation) => [row.status, row.reason, operation, row.cells[operation]] as const),
);

describe('what a status allows', () => {
  test('is written down here for every status with every reason that belongs to it', () => {
    const written = rows.map(({ status, reason }) => `${status}/${reason}`);
    const known = statuses.flatMap((status) =>
      [null, ...reasonsByStatus[status]].map((reason) => `${status}/${reason}`),
    );
    expect(written.sort()).toEqual(known.sort());
  });

  test.each(cases)('%s (%s): %s is %s', (status, reason, operation, answer) => {
    expect(allows({ status, reason }, operation, true)).toBe(answer !== 'no');
    expect(allows({ status, reason }, operation, false)).toBe(answer === 'yes');
  });

  test.each(rows.map(({ status, reason, instead }) => [status, reason, instead] as const))(
    '%s (%s): instead of a refresh helps %s',
    (status, reason, instead) => {
      expect(permissionsOf({ status, reason }).instead).toBe(instead);
    },
  );
});

describe('a status that we do not know', () => {
  test.each([
    ['a word of the provider', 'IMPEDED', null],
    ['a word with a reason', 'IMPEDED', 'LOGIN_REQUIRED'],
    ['a known status with a foreign reason', 'ACTIVE', 'LOGIN_REQUIRED'],
    ['a known status with an unknown reason', 'ACTIVE', 'SOMETHING_NEW'],
    ['a name that every object has', 'constructor', null],
    ['small letters', 'active', null],
    ['nothing', '', null],
  ])('is never refreshed, and can be repaired or deleted: %s', (_what, status, reason) => {
    expect(allows({ status, reason }, 'refresh', true)).toBe(false);
    expect(allows({ status, reason }, 'refresh', false)).toBe(false);
    expect(allows({ status, reason }, 'repair', false)).toBe(true);
    expect(allows({ status, reason }, 'delete', false)).toBe(true);
  });
});

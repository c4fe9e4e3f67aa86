import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE, SECOND, statuses } from '@freshet/domain';
import type { Connection, StatusLook } from '@freshet/domain';
import { connection as connectionOf, noon } from '../../test/given.js';
import { written } from '../../test/tables.js';
import { beginLooking, decideLook } from './status-look.js';

const broken = (changes: Partial<Connection> = {}): Connection =>
  connectionOf('a', { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED', ...changes });
const look = (changes: Partial<StatusLook> = {}): StatusLook => {
  const { id, tenantId } = broken();
  return { id, tenantId, since: noon, dueAt: noon + 30 * SECOND, ...changes };
};

test('the first look is half a minute after the customer was sent', () => {
  expect(beginLooking(broken(), noon)).toEqual({ do: 'put', record: 'statusLook', row: look() });
});

describe('a look', () => {
  test('is made when it is due, not a moment before', () => {
    const at = noon + 30 * SECOND;
    expect(decideLook(look(), broken(), at - 1)).toEqual({ look: false, effects: [] });
    expect(decideLook(look(), broken(), at).look).toBe(true);
    expect(decideLook(null, broken(), at)).toEqual({ look: false, effects: [] });
  });

  test.each([
    [30 * SECOND, 30 * SECOND],
    [2 * MINUTE, 30 * SECOND],
    [2 * MINUTE + 4, 30 * SECOND + 1],
    [HOUR, 15 * MINUTE],
    [4 * HOUR, HOUR],
  ])('after %d ms waits %d ms for the next', (passed, waits) => {
    const { effects } = decideLook(look(), broken(), noon + passed);
    expect(written(effects, 'statusLook')).toEqual([look({ dueAt: noon + passed + waits })]);
  });

  test('is the last when four hours have passed', () => {
    const { id } = broken();
    expect(decideLook(look(), broken(), noon + 4 * HOUR + 1)).toEqual({
      look: false,
      effects: [{ do: 'remove', record: 'statusLook', id }],
    });
  });

  test.each(statuses.flatMap((status) => [[status]]))(
    'at a connection that is %s ends where nothing is to be repaired',
    (status) => {
      const toRepair = ['DEGRADED', 'RECONNECT_REQUIRED', 'UNRECOVERABLE'].includes(status);
      const reasons = { DEGRADED: 'INTERACTIVE_REFRESH', RECONNECT_REQUIRED: 'LOGIN_REQUIRED' } as Record<
        string,
        string
      >;
      const connection = broken({ status, statusReason: reasons[status] ?? null });
      expect(decideLook(look(), connection, noon + HOUR).look).toBe(toRepair);
    },
  );

  test('ends with its connection', () => {
    expect(decideLook(look(), null, noon + HOUR).look).toBe(false);
  });
});

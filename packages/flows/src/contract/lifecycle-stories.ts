import { describe, expect, test } from '@jest/globals';
import { HOUR, isTerminal, MINUTE, permissionsOf, reasonsByStatus, statuses } from '@freshet/domain';
import type { Connection, Reason, Status } from '@freshet/domain';
import { expireAbandonedConnects } from '../index.js';
import { bringInOne, deliver, force, mxRow, rigsOver, runDue, statusOf, type OpenStore, type Rig } from './rig.js';

interface Given {
  readonly status: Status;
  readonly reason: Reason | null;
}

/** Every status with every reason that a connection has to come back from: a new one is asked, too. */
const unwell: readonly Given[] = statuses
  .filter((status) => !isTerminal(status) && status !== 'ACTIVE')
  .flatMap((status) => [null, ...reasonsByStatus[status]].map((reason) => ({ status, reason })));

const ALL = ['BALANCES', 'TRANSACTIONS'] as const;

/** Moved by data alone; an inactive duplicate moves by becoming the active one. */
const healsByData = unwell.filter(
  (given) => permissionsOf(given).refresh !== 'no' && given.reason !== 'INACTIVE_DUPLICATE',
);
const needsRepair = unwell.filter((given) => permissionsOf(given).instead === 'repair');

interface Unwell {
  readonly rig: Rig;
  readonly connection: Connection;
  readonly about: { readonly externalId: string; readonly at: number };
}

export const lifecycleStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  const fallenIll = async ({ status, reason }: Given): Promise<Unwell> => {
    const rig = newRig({ meld: { progress: [{ kind: 'done', asOf: null, newData: true }] } });
    const statusReason = reason === null ? {} : { statusReason: reason };
    const connection = await bringInOne(rig, mxRow({ status, ...statusReason, connectedAt: rig.clock.now() }));
    rig.clock.advance(MINUTE);
    return { rig, connection, about: { externalId: connection.externalId, at: rig.clock.now() } };
  };

  describe('a connection that is not well comes back to ACTIVE', () => {
    test.each(healsByData)('from $status ($reason) by data that nobody asked for', async (given) => {
      const { rig, connection, about } = await fallenIll(given);
      await deliver(rig, 'e1', { ...about, kind: 'aggregated', products: [...ALL], newData: true });
      expect(await statusOf(rig, connection.id)).toBe('ACTIVE');
    });

    test.each(unwell.filter(({ reason }) => reason !== 'INACTIVE_DUPLICATE'))(
      'from $status ($reason) by the status that its provider tells or shows',
      async (given) => {
        const { rig, connection, about } = await fallenIll(given);
        await deliver(rig, 'e1', { ...about, kind: 'status-told', status: 'ACTIVE', reason: null });
        expect(await statusOf(rig, connection.id)).toBe('ACTIVE');
      },
    );

    test.each(needsRepair)('from $status ($reason) by the repair that its refusal names', async (given) => {
      const { rig, connection, about } = await fallenIll(given);
      await deliver(rig, 'e1', { ...about, kind: 'link-completed', providerConnectionId: null });
      expect(await statusOf(rig, connection.id)).toBe('ACTIVE');
    });

    test('from an inactive duplicate, whose twin was never imported, by a refresh', async () => {
      const { rig, connection } = await fallenIll({ status: 'PARTIALLY_ACTIVE', reason: 'INACTIVE_DUPLICATE' });
      await force(rig, connection.id);
      await runDue(rig);
      expect(await statusOf(rig, connection.id)).toBe('ACTIVE');
    });

    test('or, where nobody completes its connect, ends', async () => {
      const { rig, connection } = await fallenIll({ status: 'IN_PROGRESS', reason: null });
      await expireAbandonedConnects(rig.engine, 10);
      expect(await statusOf(rig, connection.id)).toBe('IN_PROGRESS');
      rig.clock.advance(4 * HOUR);
      await expireAbandonedConnects(rig.engine, 10);
      expect(await statusOf(rig, connection.id)).toBe('EXPIRED');
    });
  });
};

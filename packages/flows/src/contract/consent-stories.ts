import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { ConnectionId } from '@freshet/domain';
import { LONGEST_WARNING_MS, watchConsents } from '../index.js';
import {
  akoyaRow,
  ask,
  bringIn,
  bringInOne,
  budRow,
  connectionOf,
  CUSTOMER,
  deliver,
  deliverFromBud,
  force,
  historyOf,
  MORNING,
  mxRow,
  rigsOver,
  runDue,
  statusOf,
  type OpenStore,
  type Rig,
} from './rig.js';

const watch = ({ engine }: Rig, aheadMs = LONGEST_WARNING_MS): Promise<number> => watchConsents(engine, 2, aheadMs);

const american = {
  version: 1,
  overrides: [{ match: { provider: 'BUD' }, set: { consent: { lapse: 'consent_ended' } } }],
};

export const consentStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('a consent that ends', () => {
    test('is warned of once, however many there are', async () => {
      const rig = newRig();
      const ends = [1, 6, 7, 8, 30].map((days) => MORNING + days * DAY);
      const connections = await bringIn(
        rig,
        ends.map((consentExpiresAt) => budRow({ consentExpiresAt })),
      );
      expect(await watch(rig)).toBe(3);
      expect(await watch(rig)).toBe(0);
      const statuses = await Promise.all(connections.map(({ id }) => statusOf(rig, id)));
      const soon = 'ACTIVE/ACCESS_EXPIRING_SOON';
      expect(statuses).toEqual([soon, soon, soon, 'ACTIVE', 'ACTIVE']);
    });

    test('lets the present customer in where only its reconfirmation lapsed, until it is reconfirmed', async () => {
      const rig = newRig({ bud: { refresh: [{ kind: 'done', asOf: null, newData: true }] } });
      const { id, externalId } = await bringInOne(rig, budRow({ consentExpiresAt: MORNING + HOUR }));
      rig.clock.set(MORNING + HOUR);
      expect(await watch(rig, 0)).toBe(1);
      expect(await statusOf(rig, id)).toBe('DEGRADED/INTERACTIVE_REFRESH');
      expect(await ask(rig, id)).toMatchObject({ record: { decision: { refusal: 'customer-required' } } });
      await force(rig, id, { presence: CUSTOMER });
      await runDue(rig);
      // That the customer was there once does not reconfirm anything.
      expect(await statusOf(rig, id)).toBe('DEGRADED/INTERACTIVE_REFRESH');
      rig.clock.advance(2 * HOUR);
      expect(await ask(rig, id)).toMatchObject({ record: { decision: { refusal: 'customer-required' } } });
      const renewed = { kind: 'consent-renewed', externalId, at: rig.clock.now(), consentExpiresAt: null } as const;
      await deliverFromBud(rig, 'e1', renewed);
      expect(await connectionOf(rig, id)).toMatchObject({
        status: 'ACTIVE',
        consentExpiresAt: rig.clock.now() + 90 * DAY,
      });
      expect(await watch(rig)).toBe(0);
      expect(await ask(rig, id)).toMatchObject({ record: { verdict: 'force' } });
    });

    test('needs a new login where a row of the policy says that nothing works without', async () => {
      const rig = newRig({ policyFile: american });
      const { id } = await bringInOne(rig, budRow({ consentExpiresAt: MORNING }));
      expect(await watch(rig, 0)).toBe(1);
      expect(await statusOf(rig, id)).toBe('RECONNECT_REQUIRED/TOKEN_EXPIRED');
      expect((await historyOf(rig, id)).at(-1)).toMatchObject({
        event: 'consent_ended',
        cause: 'schedule watch-consents',
      });
      expect(await watch(rig)).toBe(0);
    });

    test.each([
      ['says nothing of its consent', undefined, 'ACTIVE'],
      ['tells of a later end', MORNING + 90 * DAY, 'ACTIVE'],
      ['tells of the end that has passed', MORNING + DAY, 'RECONNECT_REQUIRED/TOKEN_EXPIRED'],
    ])('is over for good where an import that makes it well %s', async (_what, consentExpiresAt, status) => {
      const rig = newRig();
      const row = akoyaRow();
      const { id } = await bringInOne(rig, { ...row, consentExpiresAt: MORNING + DAY });
      rig.clock.advance(DAY);
      await watch(rig);
      expect(await statusOf(rig, id)).toBe('RECONNECT_REQUIRED/TOKEN_EXPIRED');
      rig.clock.advance(HOUR);
      await bringIn(rig, [
        { ...row, status: 'ACTIVE', ...(consentExpiresAt === undefined ? {} : { consentExpiresAt }) },
      ]);
      await watch(rig);
      expect(await statusOf(rig, id)).toBe(status);
    });

    test('says nothing where the provider has told since that the connection is well', async () => {
      const rig = newRig();
      const { id, externalId } = await bringInOne(rig, mxRow({ consentExpiresAt: MORNING }));
      rig.clock.advance(MINUTE);
      await deliver(rig, 'e1', { kind: 'status-told', externalId, status: 'ACTIVE', reason: null, at: MORNING + 1 });
      expect(await watch(rig)).toBe(0);
      expect(await statusOf(rig, id as ConnectionId)).toBe('ACTIVE');
    });
  });
};

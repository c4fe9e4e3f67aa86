import { DAY, HOUR, MINUTE, put } from '@freshet/domain';
import type { Connection, Task } from '@freshet/domain';
import { plant } from './audit-rows.js';
import { ask, bringIn, deliver, force, mxRow, pass, type Rig, type RigOptions } from './rig.js';

/** A month's money for everything, and a day's for MX. */
export const LIVED_IN: RigOptions = {
  policyFile: {
    version: 1,
    budgets: [
      { name: 'month', period: 'month', timeZone: 'UTC', amount: '50.00', currency: 'USD' },
      { name: 'mx-day', provider: 'MX', period: 'day', timeZone: 'UTC', amount: '2.00', currency: 'USD' },
    ],
  },
  meld: { progress: [{ kind: 'done', asOf: null, newData: true }] },
};

export interface LivedIn {
  /** Refreshed by force twice, and healed in between. */
  readonly busy: Connection;
  /** Never forced. */
  readonly quiet: Connection;
  readonly plaid: Connection;
  /** The two of `busy`, then that of `plaid`. */
  readonly tasks: readonly Task[];
}

/** A store that an engine has lived in for a few hours, with nothing wrong in it: what a test plants its faults into. */
export const livedIn = async (rig: Rig): Promise<LivedIn> => {
  const { engine, store, clock } = rig;
  const { version: id, archive: body } = engine.policies;
  await plant(store, put('policyArchive', { id, body, createdAt: clock.now() }));
  const consentExpiresAt = clock.now() + 300 * DAY;
  const [busy, quiet, plaid] = (await bringIn(rig, [
    mxRow({ consentExpiresAt }),
    mxRow({ customerId: 'customer-2' }),
    mxRow({ customerId: 'customer-3', provider: 'PLAID' }),
    mxRow({ customerId: 'customer-4', providerConnectionId: 'mx-member-1' }),
    mxRow({ customerId: 'customer-4', providerConnectionId: 'mx-member-1' }),
  ])) as [Connection, Connection, Connection];
  const first = await force(rig, busy.id);
  await ask(rig, busy.id);
  await pass(rig, 10 * MINUTE);
  await ask(rig, busy.id);
  const about = { externalId: busy.externalId, at: clock.now() } as const;
  await deliver(rig, 'e-1', {
    ...about,
    kind: 'status-told',
    status: 'DEGRADED',
    reason: 'INSTITUTION_CURRENTLY_UNAVAILABLE',
  });
  const other = await force(rig, plaid.id);
  await pass(rig, 4 * HOUR, 10 * MINUTE);
  const second = await force(rig, busy.id, { request: { products: ['BALANCES'] } });
  await ask(rig, quiet.id, { request: { mode: 'auto', maxAgeMs: DAY } });
  await pass(rig, 10 * MINUTE);
  return { busy, quiet, plaid, tasks: [first, second, other] };
};

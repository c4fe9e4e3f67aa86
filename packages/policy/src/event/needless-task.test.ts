import { describe, expect, test } from '@jest/globals';
import { HOUR, idOf, MINUTE, pullStates, taskStates } from '@freshet/domain';
import type { BudgetCounter, LedgerEntry, Pull, Task } from '@freshet/domain';
import fc from 'fast-check';
import {
  connection,
  DAY,
  inputs,
  noon,
  policy,
  pull,
  queued,
  request,
  taskId,
  tenant,
  unlearned,
} from '../../test/given.js';
import { written } from '../../test/tables.js';
import type { RefreshPolicy } from '../policy.js';
import { decideEvent, type EventFacts } from './decide-event.js';
import { wantedFromOf } from './needless-task.js';

const held: LedgerEntry = {
  ...{ id: idOf('ledger', '1'), tenantId: tenant, connectionId: connection().id, connector: 'meld', provider: 'MX' },
  ...{ taskId: taskId('1'), pullId: idOf('pull', '1'), kind: 'reserved', micros: 120_000, currency: 'USD' },
  ...{ cause: 'dec', at: noon - MINUTE },
};
const counter: BudgetCounter = {
  ...{ id: 'monthly@1', tenantId: tenant, name: 'monthly', provider: null, currency: 'USD' },
  ...{ periodStart: noon - DAY, periodEnd: noon + DAY, amountMicros: 1_000_000 },
  ...{ reservedMicros: 120_000, chargedMicros: 0, uncertainMicros: 0, shadow: null },
} as unknown as BudgetCounter;

const earlier = (sentAt: number) =>
  pull({
    id: idOf('pull', '0'),
    origin: 'background',
    state: 'succeeded',
    at: noon + MINUTE,
    endedAt: noon + MINUTE,
    sentAt,
  });

const ALL = ['BALANCES', 'TRANSACTIONS'] as const;

interface Given {
  readonly task?: Partial<Task>;
  readonly pull?: Partial<Pull>;
  readonly at?: number;
  readonly products?: readonly (typeof ALL)[number][];
  readonly facts?: Partial<EventFacts>;
  readonly policy?: Partial<RefreshPolicy>;
}

/** Data comes while that task waits: asked for at noon, it comes a minute later. */
const arriving = (given: Given = {}) => {
  const own = connection();
  const task = queued(given.task);
  const waiting = pull({ state: 'reserved', sentAt: null, endedAt: null, ...given.pull });
  const facts: EventFacts = {
    ...{ connection: own, group: [own], joins: [], openTask: task, awaitedPull: null, learning: unlearned },
    ...{ lastPull: null, lastLink: null, earlierBackgroundAt: null, holdings: {}, counters: [counter] },
    queued: { task, pull: waiting, entries: [held], counters: [counter] },
    ...given.facts,
  };
  const at = given.at ?? noon + MINUTE;
  const event = {
    kind: 'aggregated',
    externalId: 'ext-a',
    at,
    products: given.products ?? ALL,
    newData: true,
  } as const;
  return decideEvent(facts, event, policy(given.policy), inputs(noon + HOUR)).effects;
};

const taskIn = (effects: ReturnType<typeof arriving>) => written(effects, 'task')[0];
const releasedIn = (effects: ReturnType<typeof arriving>) =>
  written(effects, 'ledgerEntry').filter(({ kind }) => kind === 'released');

describe('data that comes while a forced refresh waits', () => {
  test('ends it where that is all that was wanted, and releases what it held', () => {
    const effects = arriving();
    expect(taskIn(effects)).toMatchObject({
      state: 'cancelled',
      charge: 'released',
      error: { kind: 'not-needed', message: expect.stringContaining('2026-03-02T12:01:00.000Z') },
    });
    expect(written(effects, 'pull')).toContainEqual(expect.objectContaining({ state: 'released' }));
    expect(releasedIn(effects)).toMatchObject([{ micros: 120_000 }]);
    expect(written(effects, 'budgetCounter')).toMatchObject([{ reservedMicros: 0, chargedMicros: 0 }]);
  });

  test.each<[string, Given, boolean]>([
    ['as new as the moment of asking', { at: noon }, true],
    ['a little older than that', { at: noon - 1 }, false],
    ['older, but as new as the callers wanted', { at: noon - 5, task: { wantedFrom: noon - 5 } }, true],
    ['of some of what was wanted', { products: ['BALANCES'] }, false],
    ['of all that was wanted', { products: ['BALANCES'], task: { products: ['BALANCES'] } }, true],
    ['where a stretch of time was asked for', { task: { from: noon - DAY } }, false],
    [
      'where the history is to be loaded',
      {
        facts: { group: [connection('a', { historicalLoaded: false })] },
        policy: { price: { ...(policy().price as NonNullable<RefreshPolicy['price']>), historicalAt: 'refresh' } },
      },
      false,
    ],
    ['that is the echo of a pull from before it', { facts: { lastPull: earlier(noon - MINUTE) } }, false],
    ['that is the second word on a pull since then', { facts: { lastPull: earlier(noon + MINUTE) } }, true],
    ['once its worker has begun', { task: { state: 'running', leaseOwner: 'w', leaseUntil: noon + DAY } }, false],
    ['once it was sent', { pull: { state: 'sent', sentAt: noon } }, false],
  ])('%s ends it: %s', (_what, given, ends) => {
    expect(taskIn(arriving(given))?.state === 'cancelled').toBe(ends);
  });

  test('what comes with a price of its own is counted beside what is released', () => {
    const price = { ...(policy().price as NonNullable<RefreshPolicy['price']>), alsoBilled: ['background'] as const };
    expect(written(arriving({ policy: { price } }), 'budgetCounter').at(-1)).toMatchObject({
      reservedMicros: 0,
      chargedMicros: 120_000,
    });
  });

  test('whatever comes, only what was not sent ends, and what ends holds no money', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...taskStates),
        fc.constantFrom(...pullStates),
        fc.boolean(),
        fc.integer({ min: -HOUR, max: HOUR }),
        fc.subarray([...ALL], { minLength: 1 }),
        fc.subarray([...ALL], { minLength: 1 }),
        (state, pullState, wasSent, offset, wanted, products) => {
          const sentAt = wasSent ? noon : null;
          const given = { task: { state, products: wanted }, pull: { state: pullState, sentAt }, at: noon + offset };
          const effects = arriving({ ...given, products });
          const ended = taskIn(effects)?.state === 'cancelled';
          const unsent = state === 'queued' && pullState === 'reserved' && !wasSent;
          const served = offset >= 0 && wanted.every((product) => products.includes(product));
          expect(ended).toBe(unsent && served);
          expect(releasedIn(effects)).toHaveLength(ended ? 1 : 0);
        },
      ),
    );
  });
});

test.each([
  ['mode force wants nothing from before it asked', { mode: 'force', maxAgeMs: HOUR }, noon],
  ['mode auto too, where it says no age', { mode: 'auto' }, noon],
  ['mode auto is content with what it calls fresh', { mode: 'auto', maxAgeMs: HOUR }, noon - HOUR],
] as const)('%s', (_what, asks, from) => {
  expect(wantedFromOf(request(asks), noon)).toBe(from);
});

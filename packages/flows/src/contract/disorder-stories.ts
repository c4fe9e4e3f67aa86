import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { Connection, ConnectionId, ProviderEvent, Pull } from '@freshet/domain';
import { groupFreshness, newestData } from '@freshet/policy';
import fc from 'fast-check';
import type { ImportRow } from '../index.js';
import { bringIn, connectionOf, deliver, MORNING, mxRow, rigsOver, TENANT, type OpenStore, type Rig } from './rig.js';

type Told = Exclude<ProviderEvent, { kind: 'ignored' }>;
/** What one webhook tells of one of the connections. */
type Word = Told extends infer Event
  ? Event extends Told
    ? Omit<Event, 'externalId'> & { of?: number }
    : never
  : never;

const at = MORNING;
const told = (status: string, when: number, reason: string | null = null, of = 0): Word => ({
  kind: 'status-told',
  status,
  reason,
  at: when,
  of,
});
const completed = (when: number, providerConnectionId: string | null = 'mem-1', of = 0): Word => ({
  kind: 'link-completed',
  at: when,
  providerConnectionId,
  of,
});
const came = (when: number, products: Extract<Told, { kind: 'aggregated' }>['products'], of = 0): Word => ({
  kind: 'aggregated',
  at: when,
  products,
  newData: null,
  of,
});
/** The two events in which Meld tells of one aggregation: seconds, and for big accounts minutes, apart. */
const pulled = (when: number, of = 0): readonly Word[] => [
  came(when, ['BALANCES', 'IDENTIFIERS', 'OWNERS'], of),
  came(when + 2 * MINUTE, ['TRANSACTIONS'], of),
];

const login = { reason: 'LOGIN_REQUIRED', status: 'RECONNECT_REQUIRED' } as const;
const down = { reason: 'INSTITUTION_CURRENTLY_UNAVAILABLE', status: 'DEGRADED' } as const;

interface Story {
  readonly rows: readonly Partial<ImportRow>[];
  readonly words: readonly Word[];
}

const connecting: Partial<ImportRow> = { status: 'IN_PROGRESS', lastSuccessAt: undefined };

/** The webhooks of what can happen to a connection, in the order in which Meld and Bud send them. */
const stories: Readonly<Record<string, Story>> = {
  'a connect': {
    rows: [connecting],
    words: [completed(at), told('ACTIVE', at), ...pulled(at + MINUTE), came(at + 5 * MINUTE, ['TRANSACTIONS'])],
  },
  'a connect that turns out to be a twin': {
    rows: [connecting, { providerConnectionId: 'mem-1' }],
    words: [
      completed(at),
      told('ACTIVE', at),
      told('PARTIALLY_ACTIVE', at, 'INACTIVE_DUPLICATE', 1),
      ...pulled(at + MINUTE),
    ],
  },
  'a login that is lost and repaired': {
    rows: [{}],
    words: [
      told(login.status, at, login.reason),
      completed(at + HOUR, null),
      told('ACTIVE', at + HOUR),
      ...pulled(at + HOUR + MINUTE),
    ],
  },
  'a login that is lost again after a repair': {
    rows: [{}],
    words: [
      told(login.status, at, login.reason),
      completed(at + HOUR, null),
      told('ACTIVE', at + HOUR),
      ...pulled(at + HOUR + MINUTE),
      told(login.status, at + DAY, login.reason),
    ],
  },
  'an outage that ends by itself': {
    rows: [{}],
    words: [told(down.status, at, down.reason), told('ACTIVE', at + HOUR), ...pulled(at + HOUR + MINUTE)],
  },
  'a pull of the provider’s own': { rows: [{}], words: pulled(at) },
  'two days of the provider’s own pulls': { rows: [{}], words: [...pulled(at), ...pulled(at + DAY)] },
  'part of a pull, and the rest': {
    rows: [{}],
    words: [
      told('PARTIALLY_ACTIVE', at, 'PARTIAL_AGGREGATION_SUCCESS'),
      told('ACTIVE', at + DAY),
      ...pulled(at + DAY + MINUTE),
    ],
  },
  'new accounts, and their repair': {
    rows: [{}],
    words: [
      told('ACTIVE', at, 'NEW_ACCOUNTS_AVAILABLE'),
      completed(at + HOUR, null),
      told('ACTIVE', at + HOUR),
      ...pulled(at + HOUR + MINUTE),
    ],
  },
  'a twin that takes the place of the active one': {
    rows: [{ providerConnectionId: 'mem-1' }, { providerConnectionId: 'mem-1', lastSuccessAt: MORNING - 3 * DAY }],
    words: [
      told('PARTIALLY_ACTIVE', at, 'INACTIVE_DUPLICATE', 0),
      told('ACTIVE', at, null, 1),
      ...pulled(at + MINUTE, 1),
    ],
  },
  'a consent that is revoked and given again': {
    rows: [{}],
    words: [
      { kind: 'consent-ended', at },
      completed(at + HOUR, null),
      { kind: 'consent-renewed', at: at + HOUR, consentExpiresAt: at + 90 * DAY },
      ...pulled(at + HOUR + MINUTE),
    ],
  },
  'a consent that is reconfirmed, and revoked since': {
    rows: [{}],
    words: [
      { kind: 'consent-renewed', at, consentExpiresAt: null },
      { kind: 'consent-ended', at: at + HOUR },
    ],
  },
  'a deletion at the bank': {
    rows: [{}],
    words: [told(login.status, at, login.reason), { kind: 'deleted', at: at + HOUR }],
  },
};

const pullsOf = async ({ store }: Rig, { groupKey }: Connection): Promise<readonly Pull[]> =>
  store.read('pullsBetween', {
    tenantId: TENANT,
    scope: { kind: 'group', groupKey },
    from: 0,
    until: Number.MAX_SAFE_INTEGER,
    limit: 100,
  });

const latest = (instants: readonly (number | null)[]): number | null =>
  instants.reduce((newest, when) => (when !== null && when > (newest ?? 0) ? when : newest), null);

/** All that later decisions go by. Ids, and the times at which we noted it, are of the telling. */
const stateOf = async (rig: Rig, id: ConnectionId) => {
  const connection = await connectionOf(rig, id);
  const group = await rig.store.read('group', { tenantId: TENANT, id });
  const { status, statusReason, active, connectedAt, consecutiveFailures, providerConnectionId } = connection;
  const pulls = (await pullsOf(rig, connection)).map(({ origin, state, at: when, products, newData }) => ({
    ...{ origin, state, newData, when },
    products: products.toSorted(),
  }));
  return {
    ...{ status, statusReason, active, connectedAt, consecutiveFailures, providerConnectionId, pulls },
    isAlone: connection.groupKey === id,
    // An inactive twin is not asked for these: they are the group's.
    staleAt: active ? connection.staleAt : null,
    consentExpiresAt: active ? connection.consentExpiresAt : null,
    freshness: groupFreshness(group),
    lastSuccessAt: newestData(group),
    lastBackgroundAt: latest(group.map((member) => member.lastBackgroundAt)),
    historicalLoaded: group.some((member) => member.historicalLoaded),
  };
};

export const disorderStories = (openStore: OpenStore, runs = 60): void => {
  const newRig = rigsOver(openStore);

  const toldIn = async ({ rows, words }: Story, order: readonly number[]) => {
    const rig = newRig();
    const members = await bringIn(
      rig,
      rows.map((row) => mxRow(row)),
    );
    rig.clock.advance(3 * DAY);
    for (const [turn, index] of order.entries()) {
      const { of = 0, ...word } = words[index] as Word;
      rig.clock.advance(SECOND);
      await deliver(rig, `e${turn}`, { ...word, externalId: members[of]?.externalId ?? '' } as Told);
    }
    return Promise.all(members.map(({ id }) => stateOf(rig, id)));
  };

  describe('the webhooks of one story', () => {
    test.each(Object.entries(stories))(
      '%s: in whatever order, and however often, end in the same true state',
      async (_name, story) => {
        const inOrder = story.words.map((_word, index) => index);
        const truth = await toldIn(story, inOrder);
        const all = fc.shuffledSubarray(inOrder, { minLength: inOrder.length });
        const again = fc.array(fc.constantFrom(...inOrder), { maxLength: 4 });
        await fc.assert(
          fc.asyncProperty(all, again, fc.nat(), async (order, more, place) => {
            const split = place % (order.length + 1);
            const repeated = [...order.slice(0, split), ...more, ...order.slice(split)];
            expect(await toldIn(story, repeated)).toEqual(truth);
          }),
          { numRuns: runs },
        );
      },
      60_000,
    );
  });
};

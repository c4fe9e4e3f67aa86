import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE, put } from '@freshet/domain';
import type { BackgroundWatch, Connection, ConnectionId, Instant, StatusShown } from '@freshet/domain';
import { decisionsReproduce } from '../audit/decisions-reproduce.js';
import { rulesOf } from '../audit/rules.js';
import { createBackgroundWatcher, processDueWebhooks, providerOverviews, runTask } from '../index.js';
import { read, type Connector } from '@freshet/ports';
import {
  akoyaRow,
  allTasks,
  ask,
  bringIn,
  bringInOne,
  connectionOf,
  deliver,
  force,
  historyOf,
  kindsOf,
  ledgerOf,
  MORNING,
  mxRow,
  OTHER_TENANT,
  pullOf,
  reasonsOf,
  receive,
  rigsOver,
  runDue,
  statusOf,
  step,
  taskOf,
  TENANT,
  withConnector,
  type OpenStore,
  type Rig,
} from './rig.js';

const watchOf = ({ store }: Rig, id: ConnectionId): Promise<BackgroundWatch | null> =>
  store.read('backgroundWatch', { tenantId: TENANT, id });

const shows = (at: Instant | null, status = 'ACTIVE', reason: string | null = null): StatusShown => ({
  ...{ status, reason, at: null },
  ...(at === null ? {} : { data: [{ products: null, at }] }),
});

/** Meld, whose resource shows its newest data; its provider pushes nothing away. */
const seeing = (status: (call: { readonly externalId: string }) => StatusShown | null) => ({
  policyFile: {
    version: 1,
    overrides: [{ match: { provider: 'MX' }, set: { background: { suppressedByForced: 'PT0S' } } }],
  },
  meld: { capabilities: { showsData: true, tellsStatus: true }, status: [status] },
});

/** Time passes in steps, and what falls due on the way is asked for. */
const walk = async (rig: Rig, ms: number, stepMs = 10 * MINUTE): Promise<void> => {
  const watcher = createBackgroundWatcher(rig.engine);
  for (let left = ms; left > 0; left -= stepMs) {
    rig.clock.advance(Math.min(left, stepMs));
    await processDueWebhooks(rig.engine, 100);
    await watcher.tick(200);
  }
};

/** Pulled by its provider at that time of the day before: the next is due half a day from now. */
const daily = (changes: Parameters<typeof mxRow>[0] = {}) => mxRow({ lastSuccessAt: MORNING - 12 * HOUR, ...changes });
const DUE = MORNING + 12 * HOUR;

const aggregated = ({ externalId }: Pick<Connection, 'externalId'>, at: Instant) =>
  ({ kind: 'aggregated', externalId, at, products: ['BALANCES', 'TRANSACTIONS'], newData: true }) as const;

/** What the audit finds of decisions that do not come out the same from the facts that they keep. */
const notReproduced = async ({ engine, store }: Rig) => {
  const { version: id, archive: body } = engine.policies;
  await store.turn(
    () => read('policyArchive', { id }),
    () => ({ effects: [put('policyArchive', { id, body, createdAt: 0 })] }),
  );
  const place = { tenantId: TENANT, now: engine.clock.now(), after: '', limit: 500 };
  const { page } = await store.turn(
    () => decisionsReproduce.page(place, rulesOf(engine.policies)),
    (loaded) => ({ page: loaded, effects: [] }),
  );
  expect(page.examined).toBeGreaterThan(0);
  return page.judge();
};

export const backgroundStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('a background refresh of the provider’s own', () => {
    test('that a webhook tells of is asked of nobody, and the next one is awaited', async () => {
      const rig = newRig(seeing(() => null));
      const connection = await bringInOne(rig, daily());
      await walk(rig, 12 * HOUR);
      await deliver(rig, 'e1', aggregated(connection, DUE));
      await walk(rig, 3 * HOUR);
      expect(rig.meld.callsOf('status')).toEqual([]);
      expect(await watchOf(rig, connection.id)).toMatchObject({ expectedAt: DUE + DAY, lateSince: null, misses: 0 });
    });

    test('that nobody tells of is read, and taken in as by a webhook', async () => {
      const rig = newRig(seeing(() => shows(DUE + MINUTE)));
      const connection = await bringInOne(rig, daily());
      await walk(rig, 13 * HOUR - MINUTE);
      expect(rig.meld.callsOf('status')).toEqual([]);
      await walk(rig, HOUR);
      expect(rig.meld.callsOf('status')).toHaveLength(1);
      expect(await connectionOf(rig, connection.id)).toMatchObject({
        lastSuccessAt: DUE + MINUTE,
        lastBackgroundAt: DUE + MINUTE,
        freshness: { BALANCES: DUE + MINUTE, TRANSACTIONS: DUE + MINUTE },
      });
      expect(await watchOf(rig, connection.id)).toMatchObject({ expectedAt: DUE + MINUTE + DAY, lateSince: null });
      const rates = await rig.store.read('connectionRates', { id: JSON.stringify([TENANT, connection.groupKey]) });
      expect(rates?.reads.countedUntil).toBeGreaterThan(DUE);
      // Nothing more is read until the next one is over.
      await walk(rig, 20 * HOUR);
      expect(rig.meld.callsOf('status')).toHaveLength(1);
    });

    test('shows the status too, which is why it did not come', async () => {
      const rig = newRig(seeing(() => shows(null, 'RECONNECT_REQUIRED', 'LOGIN_REQUIRED')));
      const { id } = await bringInOne(rig, daily());
      await walk(rig, 14 * HOUR);
      expect(await statusOf(rig, id)).toBe('RECONNECT_REQUIRED/LOGIN_REQUIRED');
      expect((await historyOf(rig, id)).at(-1)).toMatchObject({ cause: 'schedule watch-backgrounds' });
      // It waits for its customer now: nobody else is asked for it, until they were there.
      expect(await watchOf(rig, id)).toBeNull();
      const { externalId } = await connectionOf(rig, id);
      const mended = { kind: 'status-told', externalId, status: 'ACTIVE', reason: null, at: rig.clock.now() } as const;
      await deliver(rig, 'mended', mended);
      expect(await watchOf(rig, id)).toMatchObject({ dueAt: rig.clock.now(), lateSince: null });
    });

    test('that was due while its customer was asked to log in is not late once they have', async () => {
      const rig = newRig(seeing(() => shows(null)));
      const connection = await bringInOne(rig, daily());
      const { id, externalId } = connection;
      const told = (status: string, reason: string | null) =>
        ({ kind: 'status-told', externalId, status, reason, at: rig.clock.now() }) as const;
      await walk(rig, 12 * HOUR);
      await deliver(rig, 'e1', aggregated(connection, DUE));
      await walk(rig, HOUR);
      await deliver(rig, 'broken', told('RECONNECT_REQUIRED', 'LOGIN_REQUIRED'));
      await walk(rig, 5 * DAY);
      await deliver(rig, 'mended', told('ACTIVE', null));
      const reads = rig.meld.callsOf('status').length;
      await walk(rig, HOUR);
      expect(rig.meld.callsOf('status')).toHaveLength(reads);
      expect(await watchOf(rig, id)).toMatchObject({ expectedAt: DUE + 6 * DAY, lateSince: null });
      await walk(rig, 21 * HOUR);
      expect((await ask(rig, id, { request: { mode: 'auto', maxAgeMs: 4 * HOUR } })).record.verdict).toBe('wait');
      await walk(rig, 3 * HOUR);
      expect(await watchOf(rig, id)).toMatchObject({ lateSince: DUE + 6 * DAY });
    });

    test('that did not come is late, then stale, and is asked for until it comes', async () => {
      let newest: Instant | null = null;
      const rig = newRig(seeing(() => shows(newest)));
      const connection = await bringInOne(rig, daily());
      await walk(rig, 14 * HOUR);
      expect(await watchOf(rig, connection.id)).toMatchObject({ lateSince: DUE, staleSince: null });
      await walk(rig, 22 * HOUR - 30 * MINUTE);
      expect(await watchOf(rig, connection.id)).toMatchObject({ lateSince: DUE, staleSince: null });
      await walk(rig, HOUR);
      const staleAt = MORNING - 12 * HOUR + 2 * DAY;
      expect(await watchOf(rig, connection.id)).toMatchObject({ lateSince: DUE, staleSince: staleAt });
      const page = { tenantId: TENANT, limit: 9, before: null, staleAt: rig.clock.now() };
      expect(await rig.store.read('connectionsPage', page)).toMatchObject([{ id: connection.id }]);
      const reads = rig.meld.callsOf('status').length;
      expect(reads).toBeGreaterThanOrEqual(4);
      expect(reads).toBeLessThanOrEqual(8);
      newest = rig.clock.now();
      await walk(rig, 7 * HOUR);
      expect(await watchOf(rig, connection.id)).toMatchObject({ lateSince: null, staleSince: null, misses: 0 });
    });

    test('that is late is not waited for by mode auto, and the decision reproduces from its facts', async () => {
      const rig = newRig(seeing(() => shows(null)));
      const { id } = await bringInOne(rig, daily());
      const patient = { request: { mode: 'auto', maxAgeMs: 13 * HOUR } } as const;
      await walk(rig, HOUR);
      const before = await ask(rig, id, { request: { mode: 'auto', maxAgeMs: 12 * HOUR } });
      expect(reasonsOf(before)).toContain('BACKGROUND_IN_TIME');
      await walk(rig, 13 * HOUR);
      const late = await ask(rig, id, patient);
      expect(late.record).toMatchObject({ verdict: 'force', facts: { late: { since: DUE, feed: null } } });
      expect(reasonsOf(late)).toContain('BACKGROUND_LATE');
      expect(await notReproduced(rig)).toEqual([]);
    });

    test('after a stop of days is asked for by turns, and is not called late by the clock alone', async () => {
      const rig = newRig(seeing(() => shows(null)));
      const rows = Array.from({ length: 40 }, (_, index) => daily({ customerId: `customer-${index}` }));
      const [first] = await bringIn(rig, rows);
      rig.clock.advance(5 * DAY);
      const watcher = createBackgroundWatcher(rig.engine);
      await watcher.tick(200);
      expect(rig.meld.callsOf('status')).toEqual([]);
      const decided = await ask(rig, first?.id as ConnectionId, { request: { mode: 'auto', maxAgeMs: DAY } });
      expect(decided.record.verdict).toBe('wait');
      const perHour: number[] = [];
      for (let hour = 0; hour < 6; hour += 1) {
        const before = rig.meld.callsOf('status').length;
        await walk(rig, HOUR);
        perHour.push(rig.meld.callsOf('status').length - before);
      }
      expect(Math.max(...perHour)).toBeLessThan(30);
      expect(new Set(rig.meld.callsOf('status').map(({ externalId }) => externalId)).size).toBe(40);
    });

    test('is late without a read where the provider shows nothing for free', async () => {
      const { policyFile } = seeing(() => null);
      const rig = newRig({ policyFile });
      const { id } = await bringInOne(rig, daily());
      await walk(rig, 13 * HOUR + 20 * MINUTE);
      expect(rig.meld.callsOf('status')).toEqual([]);
      expect(await watchOf(rig, id)).toMatchObject({ lateSince: DUE, misses: 1 });
    });

    test('is not watched where nobody but us pulls', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, akoyaRow());
      expect(await watchOf(rig, id)).toBeNull();
    });

    test('a failing read says nothing, and is made again; three in a row say as much as one that shows nothing', async () => {
      let fails = true;
      const rig = newRig(
        seeing(() => {
          if (fails) throw new Error('down');
          return shows(DUE);
        }),
      );
      const { id } = await bringInOne(rig, daily());
      await walk(rig, 14 * HOUR);
      expect(await watchOf(rig, id)).toMatchObject({ lateSince: null, misses: 1 });
      await walk(rig, 4 * HOUR);
      expect(await watchOf(rig, id)).toMatchObject({ lateSince: DUE, misses: 3 });
      fails = false;
      await walk(rig, 5 * HOUR);
      expect(await watchOf(rig, id)).toMatchObject({ lateSince: null, misses: 0 });
    });

    test('is read by one of two workers', async () => {
      const rig = newRig(seeing(() => shows(null)));
      await bringInOne(rig, daily());
      const [one, other] = [createBackgroundWatcher(rig.engine), createBackgroundWatcher(rig.engine)];
      for (let hours = 0; hours < 28; hours += 1) {
        rig.clock.advance(30 * MINUTE);
        await Promise.all([one.tick(10), other.tick(10)]);
      }
      expect(rig.meld.callsOf('status')).toHaveLength(1);
    });

    test('of several connections of one customer is read at once, and one by one what that does not show', async () => {
      const rig = newRig(seeing(() => shows(DUE)));
      const rows = [daily(), daily(), daily(), daily({ customerId: 'customer-2' })];
      const connections = await bringIn(rig, rows);
      const lists: (readonly string[])[] = [];
      const statuses: Connector['statuses'] = async (calls) => {
        lists.push(calls.map(({ externalId }) => externalId));
        return calls.map(({ externalId }) => (externalId === rows[2]?.externalId ? null : shows(DUE)));
      };
      const engine = withConnector(rig.engine, { ...rig.meld, statuses });
      rig.clock.advance(13 * HOUR + 15 * MINUTE);
      await createBackgroundWatcher(engine).tick(200);
      expect(lists.map((list) => list.toSorted())).toEqual([
        rows
          .slice(0, 3)
          .map(({ externalId }) => externalId ?? '')
          .toSorted(),
      ]);
      const oneByOne = rig.meld.callsOf('status').map(({ externalId }) => externalId);
      expect(oneByOne.toSorted()).toEqual([rows[2]?.externalId, rows[3]?.externalId].toSorted());
      for (const { id } of connections) {
        expect(await connectionOf(rig, id)).toMatchObject({ lastBackgroundAt: DUE });
      }
    });

    test('tenants take turns where more is to be read than a tick has room for', async () => {
      const rig = newRig(seeing(() => shows(null)));
      await bringIn(
        rig,
        Array.from({ length: 350 }, (_, index) => daily({ customerId: `customer-${index}` })),
      );
      await bringIn(rig, [daily({ externalId: 'the-small-one' })], OTHER_TENANT);
      rig.clock.advance(13 * HOUR + 15 * MINUTE);
      await createBackgroundWatcher(rig.engine).tick(200);
      const read = rig.meld.callsOf('status').map(({ externalId }) => externalId);
      expect(read).toHaveLength(300);
      expect(read.slice(0, 10)).toContain('the-small-one');
    });
  });

  describe('one at which the engine itself fails', () => {
    test('holds up no other, and comes again later', async () => {
      const rig = newRig(seeing(() => shows(null)));
      const connections = await bringIn(
        rig,
        Array.from({ length: 60 }, (_, index) => daily({ customerId: `customer-${index}` })),
      );
      const broken = connections[0]?.id;
      const policyFor: typeof rig.engine.policies.policyFor = (of) => {
        if (of.connectionId === broken) throw new Error('broken');
        return rig.engine.policies.policyFor(of);
      };
      await createBackgroundWatcher(rig.engine).tick(200);
      const engine = { ...rig.engine, policies: { ...rig.engine.policies, policyFor } };
      const watcher = createBackgroundWatcher(engine);
      rig.clock.advance(13 * HOUR + 15 * MINUTE);
      await watcher.tick(200);
      for (const { id } of connections.slice(1)) expect(await watchOf(rig, id)).toMatchObject({ lateSince: DUE });
      const failed = await watchOf(rig, broken as ConnectionId);
      expect(failed).toMatchObject({ lateSince: null, lookSince: null });
      expect(failed?.dueAt).toBeGreaterThan(rig.clock.now());
      expect(rig.warnings.filter(({ facts }) => facts['connectionId'] === broken)).toHaveLength(1);
    });
  });

  describe('a provider that shows nothing', () => {
    test('is left alone after a while, and what was not read is neither late nor forgotten', async () => {
      let fails = true;
      const rig = newRig(
        seeing(() => {
          if (fails) throw new Error('down');
          return shows(DUE);
        }),
      );
      const connections = await bringIn(
        rig,
        Array.from({ length: 200 }, (_, index) => daily({ customerId: `customer-${index}` })),
      );
      rig.clock.advance(13 * HOUR + 15 * MINUTE);
      await createBackgroundWatcher(rig.engine).tick(200);
      expect(rig.meld.callsOf('status').length).toBeLessThanOrEqual(30);
      for (const { id } of connections) expect(await watchOf(rig, id)).toMatchObject({ lateSince: null });
      fails = false;
      await walk(rig, 3 * HOUR);
      for (const { id } of connections) expect(await connectionOf(rig, id)).toMatchObject({ lastBackgroundAt: DUE });
    });

    test('is read by no more at a time than its connector allows', async () => {
      let underway = 0;
      let most = 0;
      const rig = newRig({ ...seeing(() => null), atOnce: 3 });
      const status: Connector['status'] = async () => {
        underway += 1;
        most = Math.max(most, underway);
        await new Promise((resolve) => setImmediate(resolve));
        underway -= 1;
        return shows(DUE);
      };
      await bringIn(
        rig,
        Array.from({ length: 12 }, (_, index) => daily({ customerId: `customer-${index}` })),
      );
      rig.clock.advance(13 * HOUR + 15 * MINUTE);
      await createBackgroundWatcher(withConnector(rig.engine, { ...rig.meld, status })).tick(200);
      expect(most).toBe(3);
    });
  });

  describe('a feed that falls silent', () => {
    const three = () => [1, 2, 3].map((number) => daily({ customerId: `customer-${number}` }));

    test('is told of once, is shown, and ends by itself when data comes again', async () => {
      let newest: Instant | null = null;
      const rig = newRig(seeing(() => shows(newest)));
      const connections = await bringIn(rig, three());
      const silent = async () =>
        (await providerOverviews(rig.engine, TENANT)).find(({ provider }) => provider === 'MX')?.silent ?? [];
      await walk(rig, 13 * HOUR - MINUTE);
      expect(await silent()).toEqual([]);
      await walk(rig, 4 * HOUR);
      expect(await silent()).toMatchObject([{ scope: 'institution', scopeKey: 'bank-1', needed: 3 }]);
      expect(rig.warnings.filter(({ message }) => message.includes('silent'))).toMatchObject([
        { facts: { provider: 'MX', institutionId: 'bank-1', missed: 3, of: 3 } },
      ]);
      expect(await rig.store.read('silentFeedCounts', {})).toMatchObject([{ provider: 'MX', count: 1 }]);
      newest = rig.clock.now();
      for (const connection of connections) {
        await receive(rig, `e-${connection.id}`, aggregated(connection, newest));
      }
      await processDueWebhooks(rig.engine, 10);
      expect(await silent()).toEqual([]);
      expect(rig.warnings.filter(({ message }) => message.includes('silent'))).toHaveLength(1);
    });

    test('is told of once, though many of it are late at the same moment', async () => {
      const rig = newRig(seeing(() => shows(null)));
      await bringIn(
        rig,
        Array.from({ length: 12 }, (_, index) => daily({ customerId: `customer-${index}` })),
      );
      rig.clock.advance(13 * HOUR + 15 * MINUTE);
      await createBackgroundWatcher(rig.engine).tick(200);
      expect(rig.warnings.filter(({ message }) => message.includes('silent'))).toHaveLength(1);
    });

    test('is not waited for by connections of it that are not late themselves', async () => {
      const rig = newRig(seeing(() => shows(null)));
      await bringIn(rig, three());
      await walk(rig, 17 * HOUR);
      const soon = rig.clock.now() + HOUR;
      const { id } = await bringInOne(rig, daily({ lastSuccessAt: soon - DAY }));
      const decided = await ask(rig, id, { request: { mode: 'auto', maxAgeMs: 2 * HOUR } });
      expect(decided.record).toMatchObject({ verdict: 'force', facts: { late: { since: null, feed: { missed: 3 } } } });
      expect(reasonsOf(decided)).toContain('FEED_SILENT');
      const elsewhere = await bringInOne(rig, daily({ lastSuccessAt: soon - DAY, institutionId: 'bank-2' }));
      const other = await ask(rig, elsewhere.id, { request: { mode: 'auto', maxAgeMs: 2 * HOUR } });
      expect(other.record.verdict).toBe('wait');
      expect(await notReproduced(rig)).toEqual([]);
    });
  });

  describe('a forced refresh that waits while data comes', () => {
    const later = { kind: 'unavailable', who: 'provider', retryAt: MORNING + 20 * HOUR, message: 'down' } as const;

    test('is cancelled by the webhook, and gives its money back in the same turn', async () => {
      const rig = newRig();
      const connection = await bringInOne(rig, daily());
      const task = await force(rig, connection.id);
      rig.clock.advance(MINUTE);
      await deliver(rig, 'e1', aggregated(connection, rig.clock.now()));
      expect(await taskOf(rig, task.id)).toMatchObject({
        state: 'cancelled',
        charge: 'released',
        error: { kind: 'not-needed' },
        dueAt: null,
      });
      expect(await pullOf(rig, task)).toMatchObject({ state: 'released' });
      expect(kindsOf(await ledgerOf(rig, task))).toEqual(['reserved', 'released']);
      await runDue(rig);
      expect(rig.meld.callsOf('refresh')).toEqual([]);
    });

    test('is cancelled by a read of the watch too', async () => {
      const rig = newRig({ ...seeing(() => shows(DUE + HOUR)) });
      const { id } = await bringInOne(rig, daily());
      await walk(rig, 12 * HOUR + 50 * MINUTE);
      const task = await force(rig, id);
      expect(task.wantedFrom).toBe(rig.clock.now());
      await walk(rig, HOUR);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'cancelled', error: { kind: 'not-needed' } });
    });

    test('stays where the data is older than one who joined it wants', async () => {
      const rig = newRig();
      const connection = await bringInOne(rig, daily());
      const task = await force(rig, connection.id);
      rig.clock.advance(MINUTE);
      const at = rig.clock.now();
      rig.clock.advance(MINUTE);
      expect((await ask(rig, connection.id)).record.verdict).toBe('join');
      await deliver(rig, 'e1', aggregated(connection, at));
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', charge: 'reserved' });
      rig.clock.advance(20 * MINUTE);
      await deliver(rig, 'e2', aggregated(connection, rig.clock.now()));
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'cancelled', charge: 'released' });
    });

    test('stays for one who joined it while it was tried in vain', async () => {
      let joined: string | undefined;
      let at = 0;
      const rig: Rig = newRig({
        meld: {
          refresh: [
            async () => {
              rig.clock.advance(2 * MINUTE);
              at = rig.clock.now() - MINUTE;
              joined = (await ask(rig, connection.id)).record.verdict;
              return later;
            },
          ],
        },
      });
      const connection = await bringInOne(rig, daily());
      const task = await force(rig, connection.id);
      expect(await step(rig, task.id)).toMatchObject({ state: 'queued', charge: 'reserved' });
      expect(joined).toBe('join');
      await deliver(rig, 'e1', aggregated(connection, at));
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', wantedFrom: MORNING + 2 * MINUTE });
    });

    test('is cancelled by the last of several words on one pull, once all that was wanted is here', async () => {
      const rig = newRig();
      const connection = await bringInOne(rig, daily());
      const task = await force(rig, connection.id);
      rig.clock.advance(MINUTE);
      const word = aggregated(connection, rig.clock.now());
      await deliver(rig, 'e1', { ...word, products: ['BALANCES'] });
      expect((await taskOf(rig, task.id)).state).toBe('queued');
      await deliver(rig, 'e2', { ...word, products: ['TRANSACTIONS'] });
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'cancelled', charge: 'released' });
    });

    test('is cancelled too where an earlier try surely did not happen, never where one may have', async () => {
      const rig = newRig({ meld: { refresh: [later] } });
      const [refused, sent] = await bringIn(rig, [daily(), daily({ customerId: 'customer-2' })]);
      const again = await force(rig, refused?.id as ConnectionId);
      expect(await step(rig, again.id)).toMatchObject({ state: 'queued', charge: 'reserved' });
      rig.meld.script({ refresh: [{ kind: 'unknown', message: 'lost' }], progress: [{ kind: 'pending' }] });
      const lost = await force(rig, sent?.id as ConnectionId);
      await runTask(rig.engine, TENANT, lost.id);
      rig.clock.advance(MINUTE);
      for (const one of [refused, sent] as Connection[]) {
        await deliver(rig, `e-${one.id}`, aggregated(one, rig.clock.now()));
      }
      expect(await taskOf(rig, again.id)).toMatchObject({ state: 'cancelled', charge: 'released' });
      expect((await taskOf(rig, lost.id)).state).toBe('running');
      expect(await allTasks(rig)).toHaveLength(2);
    });
  });
};

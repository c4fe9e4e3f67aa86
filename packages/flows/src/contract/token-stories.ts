import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { ConnectionId, Task } from '@freshet/domain';
import { borrowToken, deleteConnection, importConnections, reportOutcome } from '../index.js';
import type { Engine, LoanResult } from '../index.js';
import { connectionCall } from '../connection-call.js';
import { takeEvent } from '../webhooks.js';
import {
  akoyaRow,
  anotherWorker,
  ask,
  bringIn,
  bringInOne,
  connectionOf,
  force,
  kindsOf,
  ledgerOf,
  MORNING,
  OTHER_TENANT,
  pass,
  pullOf,
  rigsOver,
  statusOf,
  taskOf,
  TENANT,
  UNTOLD,
  type OpenStore,
  type Rig,
} from './rig.js';
import { Died, dyingAt, serving, tokenService, tokensOf, type Mishap, type TokenService } from './token-service.js';

const LEASE_MS = 20 * SECOND;
const WORKERS = 3;
const BORROWERS = 12;

interface Story {
  readonly rig: Rig;
  readonly service: TokenService;
  readonly id: ConnectionId;
  readonly task: Task;
}

const borrow = ({ rig, task }: Pick<Story, 'rig' | 'task'>, engine: Engine = rig.engine): Promise<LoanResult> =>
  borrowToken(engine, TENANT, task.id);

/** The credentials as the connector would get them. */
const kept = async ({ rig, id }: Story) =>
  connectionCall(rig.engine, await connectionOf(rig, id)).credentials as Record<string, string>;

/** Time passes for the machine and for the engine, and the caller asks again when it was told to. */
const untilAnswered = async (story: Story, engine: Engine): Promise<LoanResult> => {
  let result = await borrow(story, engine);
  for (let tries = 0; result.kind === 'later' && tries < 20; tries += 1) {
    story.rig.clock.advance(Math.max(LEASE_MS, result.retryAt - story.rig.clock.now()));
    result = await borrow(story, engine);
  }
  return result;
};

const receiveDeleted = ({ engine, clock }: Rig, externalId: string) =>
  takeEvent(
    engine,
    { tenantId: TENANT, connector: 'akoya', cause: 'webhook' },
    { kind: 'deleted', externalId, at: clock.now() },
  );

export const tokenStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  /** A permit of a connection whose token was good until `until`. */
  const story = async (until = MORNING - HOUR): Promise<Story> => {
    const plain = newRig();
    const service = tokenService(plain);
    const rig = serving(plain, service);
    const credentials = tokensOf('refresh-0', until);
    const { id } = await bringInOne(rig, akoyaRow({ credentials, lastSuccessAt: MORNING - DAY }));
    return { rig, service, id, task: await force(rig, id) };
  };

  describe('the token of a permit', () => {
    test('is lent while it is current, and nothing is asked of the token service', async () => {
      const told = await story(MORNING + HOUR);
      const lent = { kind: 'lent', token: 'id of refresh-0', expiresAt: MORNING + HOUR };
      expect(await borrow(told)).toEqual(lent);
      const before = told.rig.written();
      expect(await borrow(told)).toEqual(lent);
      expect(told.rig.written()).toBe(before);
      expect(told.service.claims).toEqual([]);
    });

    test.each([
      ['is over', MORNING - 1, 1],
      ['is over before a read would be', MORNING + 2 * MINUTE, 1],
      ['lasts long enough for a read', MORNING + 2 * MINUTE + 1, 0],
    ])('that %s', async (_what, until, claims) => {
      const told = await story(until);
      expect(await borrow(told)).toMatchObject({ kind: 'lent' });
      expect(told.service.claims).toHaveLength(claims);
    });

    test('is renewed where it is over: the new pair is kept before it is lent', async () => {
      const told = await story();
      const lent = { kind: 'lent', token: 'id of refresh-1', expiresAt: MORNING + DAY };
      expect(await borrow(told)).toEqual(lent);
      expect(await kept(told)).toEqual(tokensOf('refresh-1', MORNING + DAY));
      expect(await borrow(told)).toEqual(lent);
      expect(told.service.claims).toEqual(['refresh-0']);
    });

    test('is not in any row but the sealed credentials', async () => {
      const told = await story();
      await borrow(told);
      const { rig, id, task } = told;
      const renewal = await rig.store.read('tokenRenewal', { tenantId: TENANT, id });
      const rows = [renewal, await taskOf(rig, task.id), await pullOf(rig, task), rig.warnings];
      expect(JSON.stringify(rows)).not.toMatch(/refresh-|id of/);
    });

    test('is for the permit’s own caller, while it is open', async () => {
      const told = await story(MORNING + HOUR);
      const { rig, task } = told;
      expect(await borrowToken(rig.engine, OTHER_TENANT, task.id)).toEqual({ kind: 'not-found' });
      const report = { code: null, httpStatus: 200, newData: null, asOf: null, retryAt: null, products: null };
      await reportOutcome(rig.engine, TENANT, task.id, { outcome: 'done', scope: null, ...report });
      expect(await borrow(told)).toMatchObject({ kind: 'not-allowed', task: { state: 'succeeded' } });
      const { id } = await bringInOne(rig);
      const engines = await force(rig, id);
      expect(await borrow({ rig, task: engines })).toMatchObject({ kind: 'not-allowed' });
    });

    test('is not here where its team keeps it', async () => {
      const plain = newRig();
      const { id } = await bringInOne(plain, akoyaRow());
      const task = await force(plain, id);
      expect(await borrow({ rig: plain, task })).toEqual({ kind: 'not-kept' });
      expect(await borrow({ rig: serving(plain, tokenService(plain)), task })).toEqual({ kind: 'not-kept' });
    });

    test('is kept, but cannot be read, where the connector is off', async () => {
      const { rig, task } = await story();
      const connectors = new Map([...rig.engine.connectorsOf(TENANT)].filter(([name]) => name !== 'akoya'));
      expect(
        await borrow({ rig: { ...rig, engine: { ...rig.engine, connectorsOf: () => connectors } }, task }),
      ).toEqual({
        kind: 'connector-off',
        connector: 'akoya',
      });
    });

    test('that was answered as dead is renewed early, once for a permit', async () => {
      const told = await story(MORNING + HOUR);
      const { rig, task, service } = told;
      const again = () => borrowToken(rig.engine, TENANT, task.id, true);
      expect(await again()).toMatchObject({ token: 'id of refresh-0' });
      expect(await again()).toMatchObject({ token: 'id of refresh-1' });
      expect(await again()).toMatchObject({ token: 'id of refresh-1' });
      expect(service.claims).toHaveLength(1);
    });
  });

  describe('a refresh token that is good for one use', () => {
    test('is sent once, however many ask at the same time', async () => {
      const told = await story();
      const engines = Array.from({ length: WORKERS }, (_, index) => anotherWorker(told.rig, `w${index}`));
      const asked = Array.from({ length: BORROWERS }, (_, index) => borrow(told, engines[index % WORKERS]));
      const results = await Promise.all(asked);
      expect(results.filter(({ kind }) => kind === 'lent').length).toBeGreaterThanOrEqual(1);
      expect(results.every(({ kind }) => kind === 'lent' || kind === 'later')).toBe(true);
      expect(told.service.claims).toEqual(['refresh-0']);
      expect(await borrow(told)).toMatchObject({ kind: 'lent', token: 'id of refresh-1' });
    });

    test('is held by one worker: another one waits, and has the new one after it', async () => {
      const told = await story();
      const { isThere, go } = told.service.hold();
      const first = borrow(told);
      await isThere;
      expect(await borrow(told, anotherWorker(told.rig))).toEqual({ kind: 'later', retryAt: MORNING + SECOND });
      go();
      expect(await first).toMatchObject({ kind: 'lent', token: 'id of refresh-1' });
      expect(await borrow(told, anotherWorker(told.rig))).toMatchObject({ token: 'id of refresh-1' });
    });

    test('is kept by a worker that slept through its lease, if nobody has a newer one', async () => {
      const told = await story();
      const { isThere, go } = told.service.hold();
      const first = borrow(told);
      await isThere;
      told.rig.clock.advance(LEASE_MS);
      expect(await borrow(told, anotherWorker(told.rig))).toEqual({ kind: 'later', retryAt: MORNING + 2 * MINUTE });
      go();
      expect(await first).toMatchObject({ kind: 'lent' });
      expect(await kept(told)).toMatchObject({ refreshToken: told.service.current() });
      expect(told.service.claims).toEqual(['refresh-0']);
    });

    test('is not sent by a worker that slept before it, once another one renews', async () => {
      const told = await story();
      const { rig, service } = told;
      const sleeper = service.hold('before sending');
      const first = borrow(told);
      await sleeper.isThere;
      rig.clock.advance(LEASE_MS);
      sleeper.go();
      const other = service.hold();
      const second = borrow(told, anotherWorker(rig));
      await other.isThere;
      expect(await first).toMatchObject({ kind: 'later' });
      other.go();
      expect(await second).toMatchObject({ kind: 'lent' });
      expect(service.claims).toEqual(['refresh-0']);
    });

    test('never overwrites credentials that were imported meanwhile', async () => {
      const told = await story();
      const { rig, service } = told;
      const { isThere, go } = service.hold();
      const first = borrow(told);
      await isThere;
      const { externalId } = await connectionOf(rig, told.id);
      const credentials = tokensOf('another-grant', MORNING + HOUR);
      await importConnections(rig.engine, TENANT, [akoyaRow({ externalId, credentials })]);
      go();
      expect(await first).toMatchObject({ kind: 'later' });
      expect(await kept(told)).toEqual(credentials);
      expect(await borrow(told)).toMatchObject({ kind: 'lent', token: 'id of another-grant' });
    });

    test('does not come back to a connection that was deleted meanwhile', async () => {
      const told = await story();
      const { isThere, go } = told.service.hold();
      const first = borrow(told);
      await isThere;
      expect(await deleteConnection(told.rig.engine, TENANT, told.id)).toMatchObject({ kind: 'done' });
      go();
      await first;
      expect(await connectionOf(told.rig, told.id)).toMatchObject({ status: 'DELETED', credentials: null });
      expect(await told.rig.store.read('tokenRenewal', { tenantId: TENANT, id: told.id })).toBeNull();
    });
  });

  test.each([
    ['told by its provider', ({ rig }: Story, externalId: string) => receiveDeleted(rig, externalId)],
    [
      'by an import',
      ({ rig }: Story, externalId: string) =>
        importConnections(rig.engine, TENANT, [akoyaRow({ externalId, status: 'DELETED' })]),
    ],
    ['by a request', ({ rig, id }: Story) => deleteConnection(rig.engine, TENANT, id)],
  ])('nothing is kept beside a connection whose deletion is %s', async (_how, deleting) => {
    const told = await story();
    await borrow(told);
    const { rig, id } = told;
    await deleting(told, (await connectionOf(rig, id)).externalId);
    expect(await statusOf(rig, id)).toBe('DELETED');
    const named = { tenantId: TENANT, id };
    expect(await rig.store.read('tokenRenewal', named)).toBeNull();
    expect(await rig.store.read('pullPlan', named)).toBeNull();
  });

  describe('a renewal that fails', () => {
    const DEAD = 'RECONNECT_REQUIRED/TOKEN_EXPIRED';

    test.each<[string, readonly Mishap[], number, LoanResult['kind'], string]>([
      ['before it is sent', ['never-sent'], 1, 'lent', 'ACTIVE'],
      ['with a service that is down', ['down', 'down', 'down', 'down'], 1, 'lent', 'ACTIVE'],
      ['with a limit', ['limited'], 1, 'lent', 'ACTIVE'],
      ['with the request lost', ['request-lost'], 1, 'lent', 'ACTIVE'],
      ['with the reply lost: its refresh token is claimed', ['reply-lost'], 2, 'not-refreshable', DEAD],
      ['lost twice: it is not sent a third time', ['request-lost', 'request-lost'], 0, 'not-refreshable', DEAD],
    ])('%s', async (_what, mishaps, claims, kind, status) => {
      const told = await story();
      told.service.meet(...mishaps);
      expect((await untilAnswered(told, told.rig.engine)).kind).toBe(kind);
      expect(told.service.claims).toHaveLength(claims);
      expect(await statusOf(told.rig, told.id)).toBe(status);
      if (kind === 'lent') expect(await kept(told)).toMatchObject({ refreshToken: told.service.current() });
    });

    test('with its reply lost is sent again when the first can no more be on its way, and not before', async () => {
      const told = await story();
      told.service.meet('request-lost');
      const retryAt = MORNING + 2 * MINUTE;
      expect(await borrow(told)).toEqual({ kind: 'later', retryAt });
      told.rig.clock.advance(2 * MINUTE - 1);
      expect(await borrow(told)).toEqual({ kind: 'later', retryAt });
      expect(told.service.claims).toEqual([]);
      told.rig.clock.advance(1);
      expect(await borrow(told)).toMatchObject({ kind: 'lent' });
    });

    test('for good ends the permit, its money free: without a token nothing was read', async () => {
      const told = await story();
      const { rig, task, service } = told;
      service.revoke();
      expect(await borrow(told)).toMatchObject({
        kind: 'not-refreshable',
        connection: { statusReason: 'TOKEN_EXPIRED' },
      });
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'reconnect_required', charge: 'released' });
      expect((await pullOf(rig, task)).state).toBe('refused');
      expect(kindsOf(await ledgerOf(rig, task))).toEqual(['reserved', 'released']);
    });

    test('for good after the token was lent: the read may have been made', async () => {
      const told = await story(MORNING + HOUR);
      const { rig, task, service } = told;
      await borrow(told);
      service.revoke();
      expect(await borrowToken(rig.engine, TENANT, task.id, true)).toMatchObject({ kind: 'not-refreshable' });
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'reconnect_required', charge: 'uncertain' });
    });

    test('is over with new credentials: what was lost before says nothing of them', async () => {
      const told = await story();
      const { rig, service, id } = told;
      service.meet('request-lost', 'request-lost');
      await untilAnswered(told, rig.engine);
      const { externalId } = await connectionOf(rig, id);
      const row = akoyaRow({ externalId, credentials: tokensOf(service.current(), MORNING), status: 'ACTIVE' });
      await importConnections(rig.engine, TENANT, [row]);
      service.meet('request-lost');
      const task = await force(rig, id);
      expect(await untilAnswered({ ...told, task }, rig.engine)).toMatchObject({ kind: 'lent' });
    });

    test('says nothing of the reads: a breaker that its permit was to try stays shut', async () => {
      const plain = newRig();
      const service = tokenService(plain);
      const rig = serving(plain, service);
      const rows = Array.from({ length: 7 }, (_, number) =>
        akoyaRow({ institutionId: `bank-${number}`, credentials: tokensOf('refresh-0', MORNING - HOUR) }),
      );
      const [sixth, seventh, ...five] = await bringIn(rig, rows);
      for (const { id } of five) {
        const { id: failing } = await force(rig, id);
        await reportOutcome(rig.engine, TENANT, failing, { ...UNTOLD, outcome: 'unavailable' });
      }
      const shut = await ask(rig, sixth?.id as ConnectionId);
      expect(shut.record.decision).toMatchObject({ refusal: 'provider-closed' });
      rig.clock.set(shut.record.decision.retryAt ?? 0);
      const id = sixth?.id as ConnectionId;
      const told = { rig, service, id, task: await force(rig, id) };
      service.meet('request-lost', 'request-lost');
      expect(await untilAnswered(told, rig.engine)).toMatchObject({ kind: 'not-refreshable' });
      const { record } = await ask(rig, seventh?.id as ConnectionId);
      expect(record.decision).toMatchObject({ refusal: 'provider-closed' });
    });

    test('and was lost a moment ago does not hold up new credentials', async () => {
      const told = await story();
      const { rig, service, id } = told;
      service.meet('request-lost');
      expect(await borrow(told)).toMatchObject({ kind: 'later' });
      const { externalId } = await connectionOf(rig, id);
      const credentials = tokensOf(service.current(), MORNING);
      await importConnections(rig.engine, TENANT, [akoyaRow({ externalId, credentials })]);
      expect(await borrow(told)).toMatchObject({ kind: 'lent' });
    });

    test('while its permit ends tells the connection all the same', async () => {
      const told = await story();
      const { rig, service } = told;
      const { isThere, go } = service.hold();
      const first = borrow(told);
      await isThere;
      await pass(rig, 30 * MINUTE, 10 * MINUTE);
      expect((await taskOf(rig, told.task.id)).state).toBe('failed');
      service.revoke();
      go();
      expect(await first).toMatchObject({ kind: 'not-refreshable' });
      expect(await statusOf(rig, told.id)).toBe(DEAD);
    });
  });

  describe('processes that die', () => {
    test('one after the other as they send: nobody knows twice, and it is not sent a third time', async () => {
      const told = await story();
      const { rig, service } = told;
      for (let nth = 0; nth < 2; nth += 1) {
        await expect(borrow(told, dyingAt(rig.engine, 2, 'after'))).rejects.toThrow(Died);
        rig.clock.advance(3 * MINUTE);
      }
      expect(await borrow(told)).toMatchObject({ kind: 'not-refreshable' });
      expect(service.claims).toEqual([]);
    });
  });

  describe('a process that dies', () => {
    // Three turns: the lease is taken; `sent` is written; the new pair is kept.
    const turns = ([1, 2, 3] as const).flatMap((nth) => [[nth, 'before'] as const, [nth, 'after'] as const]);

    const deaths: readonly (readonly [string, (told: Story) => Engine, boolean])[] = [
      ...turns.map(
        ([nth, when]) =>
          [
            `${when} its turn ${nth} is kept`,
            ({ rig }: Story) => dyingAt(rig.engine, nth, when),
            // The pair that was bought is gone with the process.
            nth === 3 && when === 'before',
          ] as const,
      ),
      ['as it sends', ({ rig, service }) => (service.meet('dies'), rig.engine), false],
      ['as the reply comes', ({ rig, service }) => (service.meet('dies-after'), rig.engine), true],
    ];

    test.each(deaths)(
      '%s leaves a pair that works, or a connection that says it has none',
      async (_what, dying, lost) => {
        const told = await story();
        const { rig, service, id, task } = told;
        const died = await borrow(told, dying(told)).catch((error: unknown) => error);
        // A connector that throws is taken for a bug and answered as what it is: an outcome that nobody knows.
        expect(died instanceof Died || (died as LoanResult).kind === 'later').toBe(true);
        const result = await untilAnswered(told, anotherWorker(rig));
        expect(service.claims.length).toBeLessThanOrEqual(2);
        if (lost) {
          expect(result.kind).toBe('not-refreshable');
          expect(await statusOf(rig, id)).toBe('RECONNECT_REQUIRED/TOKEN_EXPIRED');
          expect((await taskOf(rig, task.id)).charge).toBe('released');
        } else {
          expect(result).toMatchObject({ kind: 'lent', token: `id of ${service.current()}` });
          expect(await kept(told)).toMatchObject({ refreshToken: service.current() });
          expect(service.claims).toHaveLength(1);
          expect(await statusOf(rig, id)).toBe('ACTIVE');
        }
      },
    );
  });
};

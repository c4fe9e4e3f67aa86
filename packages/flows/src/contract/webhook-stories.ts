import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE, reasonsByStatus, SECOND, statuses, update } from '@freshet/domain';
import type { ConnectionId, ProviderEvent, WebhookRecord } from '@freshet/domain';
import { read } from '@freshet/ports';
import { processDueWebhooks, processWebhook, receiveWebhook } from '../index.js';
import {
  allConnections,
  anotherWorker,
  ask,
  bringIn,
  bringInOne,
  bringInTwins,
  connectionOf,
  deliver,
  force,
  historyOf,
  MORNING,
  mxRow,
  OTHER_TENANT,
  receive,
  rigsOver,
  runDue,
  statusOf,
  step,
  taskOf,
  TENANT,
  type OpenStore,
  type Rig,
} from './rig.js';

const kept = async ({ store }: Rig, eventKey: string): Promise<WebhookRecord> => {
  const webhook = await store.read('webhookByKey', { tenantId: TENANT, connector: 'meld', eventKey });
  if (webhook === null) throw new Error(`no webhook ${eventKey}`);
  return webhook;
};

const translated = (rig: Rig): number => rig.meld.callsOf('translateWebhook').length;

const told = (externalId: string, status: string, at: number, reason: string | null = null): ProviderEvent => ({
  kind: 'status-told',
  externalId,
  status,
  reason,
  at,
});

const aggregated = (externalId: string, at: number): ProviderEvent => ({
  kind: 'aggregated',
  externalId,
  at,
  products: ['BALANCES', 'TRANSACTIONS'],
  newData: true,
});

export const webhookStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  test('a deletion that the provider tells of ends the call that still waits, and gives its money back', async () => {
    const later = { kind: 'unavailable', who: 'provider', retryAt: MORNING + 20 * HOUR, message: 'down' } as const;
    const rig = newRig({ meld: { refresh: [later] } });
    const { id, externalId } = await bringInOne(rig);
    const task = await force(rig, id);
    expect(await step(rig, task.id)).toMatchObject({ state: 'queued', charge: 'reserved' });
    await deliver(rig, 'gone', { kind: 'deleted', externalId, at: MORNING });
    await runDue(rig);
    expect(await taskOf(rig, task.id)).toMatchObject({ state: 'failed', charge: 'released' });
    expect(rig.meld.callsOf('refresh')).toHaveLength(1);
  });

  describe('a webhook that comes in', () => {
    test('is verified, stored as it came, sealed, and answered; what it says waits', async () => {
      const rig = newRig();
      const { id, externalId } = await bringInOne(rig);
      const event = told(externalId, 'RECONNECT_REQUIRED', MORNING, 'LOGIN_REQUIRED');
      expect(await receive(rig, 'e1', event)).toEqual({ kind: 'stored', replay: false });
      expect(await kept(rig, 'e1')).toMatchObject({
        body: rig.engine.vault.seal(JSON.stringify([event]), 'body of ["ten_default","meld","e1"]'),
        state: 'received',
        attempts: 0,
        receivedAt: MORNING,
        dueAt: MORNING,
      });
      expect(await statusOf(rig, id)).toBe('ACTIVE');
      expect(await processDueWebhooks(rig.engine, 10)).toBe(1);
      expect(await statusOf(rig, id)).toBe('RECONNECT_REQUIRED/LOGIN_REQUIRED');
      expect(await kept(rig, 'e1')).toMatchObject({ state: 'processed', dueAt: null });
    });

    test('with a wrong signature is refused, and leaves nothing', async () => {
      const rig = newRig({ meld: { verifyWebhook: [{ genuine: false, why: 'the signature is wrong' }] } });
      const before = rig.written();
      expect(await receive(rig, 'e1')).toEqual({ kind: 'refused', why: 'the signature is wrong' });
      expect(rig.written()).toBe(before);
    });

    test.each([
      ['that is switched off', 'nobody'],
      ['that sends none', 'bud'],
    ])('for a connector %s is not taken', async (_why, connector) => {
      const rig = newRig({ bud: { capabilities: { webhooks: false } } });
      const raw = { headers: {}, body: new Uint8Array(), secret: null, receivedAt: MORNING };
      expect(await receiveWebhook(rig.engine, TENANT, connector, raw)).toEqual({ kind: 'unknown-connector' });
      expect(rig.bud.calls).toEqual([]);
    });

    test('a second time is a replay: it is answered, and changes nothing', async () => {
      const rig = newRig();
      const { externalId } = await bringInOne(rig);
      const event = aggregated(externalId, MORNING);
      await deliver(rig, 'e1', event);
      const before = [await allConnections(rig), rig.written()];
      rig.clock.advance(HOUR);
      expect(await receive(rig, 'e1', event)).toEqual({ kind: 'stored', replay: true });
      expect(await processDueWebhooks(rig.engine, 10)).toBe(0);
      expect([await allConnections(rig), rig.written()]).toEqual(before);
    });

    test.each([
      ['a status', (externalId: string) => told(externalId, 'DEGRADED', MORNING)],
      ['data', (externalId: string) => aggregated(externalId, MORNING)],
    ])('under another id tells the same %s, and changes nothing, either', async (_what, eventOf) => {
      const rig = newRig();
      const { id, externalId } = await bringInOne(rig);
      await deliver(rig, 'e1', eventOf(externalId));
      const before = [await connectionOf(rig, id), await historyOf(rig, id)];
      rig.clock.advance(MINUTE);
      await deliver(rig, 'e2', eventOf(externalId));
      expect([await connectionOf(rig, id), await historyOf(rig, id)]).toEqual(before);
    });

    test('twice at once is stored once', async () => {
      const rig = newRig();
      const both = await Promise.all([receive(rig, 'e1'), receive(rig, 'e1')]);
      expect(both).toContainEqual({ kind: 'stored', replay: false });
      expect(both).toContainEqual({ kind: 'stored', replay: true });
    });
  });

  describe('webhooks out of order', () => {
    test('an older status never overwrites a newer one', async () => {
      const rig = newRig();
      const { id, externalId } = await bringInOne(rig);
      rig.clock.advance(HOUR);
      await deliver(rig, 'newer', told(externalId, 'RECONNECT_REQUIRED', MORNING + MINUTE, 'LOGIN_REQUIRED'));
      await deliver(rig, 'older', told(externalId, 'ACTIVE', MORNING));
      expect(await statusOf(rig, id)).toBe('RECONNECT_REQUIRED/LOGIN_REQUIRED');
      await deliver(rig, 'newest', told(externalId, 'ACTIVE', MORNING + 2 * MINUTE));
      expect(await statusOf(rig, id)).toBe('ACTIVE');
    });

    test('older data never make the connection older', async () => {
      const rig = newRig();
      const { id, externalId } = await bringInOne(rig);
      rig.clock.advance(HOUR);
      await deliver(rig, 'newer', aggregated(externalId, MORNING + HOUR));
      await deliver(rig, 'older', aggregated(externalId, MORNING));
      expect(await connectionOf(rig, id)).toMatchObject({
        lastSuccessAt: MORNING + HOUR,
        freshness: { BALANCES: MORNING + HOUR, TRANSACTIONS: MORNING + HOUR },
      });
    });

    test('data from the future are as of now', async () => {
      const rig = newRig();
      const { id, externalId } = await bringInOne(rig);
      await deliver(rig, 'e1', aggregated(externalId, MORNING + DAY));
      expect((await connectionOf(rig, id)).lastSuccessAt).toBe(MORNING);
    });

    test('are taken in as they came', async () => {
      const rig = newRig();
      const { externalId } = await bringInOne(rig);
      await receive(rig, 'b', told(externalId, 'DEGRADED', MORNING));
      rig.clock.advance(1);
      await receive(rig, 'a', told(externalId, 'UNDETERMINED', MORNING + 1));
      await processDueWebhooks(rig.engine, 10);
      expect(rig.meld.callsOf('translateWebhook').map((body) => (JSON.parse(body)[0] as { at: number }).at)).toEqual([
        MORNING,
        MORNING + 1,
      ]);
    });
  });

  describe('what a webhook says', () => {
    test('of data that we did not ask for: they are fresh, and count against the cooldown', async () => {
      const rig = newRig();
      const { id, externalId } = await bringInOne(rig);
      await deliver(rig, 'e1', aggregated(externalId, MORNING));
      expect((await connectionOf(rig, id)).lastSuccessAt).toBe(MORNING);
      expect(await ask(rig, id)).toMatchObject({
        record: { decision: { refusal: 'rate-limited', retryAt: MORNING + 3 * HOUR } },
      });
    });

    test('of our refresh is a hint: the look that it wakes confirms it', async () => {
      const rig = newRig({ meld: { progress: [{ kind: 'pending' }] } });
      const { id, externalId } = await bringInOne(rig);
      const task = await force(rig, id);
      await runDue(rig);
      rig.clock.advance(SECOND);
      await deliver(rig, 'e1', aggregated(externalId, MORNING));
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'running', dueAt: MORNING + SECOND });
      expect((await connectionOf(rig, id)).lastSuccessAt).toBe(MORNING - 12 * HOUR);
      rig.meld.script({ progress: [{ kind: 'done', asOf: MORNING, newData: true }] });
      await runDue(rig);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded' });
      expect((await connectionOf(rig, id)).lastSuccessAt).toBe(MORNING);
    });

    test('of the end of a job wakes the task that started it, though it names no connection of ours', async () => {
      const rig = newRig({ meld: { refresh: [{ kind: 'accepted', providerTaskId: 'job-7', coalesced: false }] } });
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      await runDue(rig);
      await deliver(rig, 'e1', { kind: 'job-ended', externalId: 'elsewhere', at: MORNING, providerTaskId: 'job-7' });
      expect(await taskOf(rig, task.id)).toMatchObject({ dueAt: MORNING });
      expect(await kept(rig, 'e1')).toMatchObject({ state: 'processed' });
    });

    const everyStanding = statuses
      .filter((status) => status !== 'DELETED')
      .flatMap((status) => [null, ...reasonsByStatus[status]].map((reason) => [status, reason] as const))
      .filter(([, reason]) => reason !== 'INACTIVE_DUPLICATE');
    test.each(everyStanding)(
      'of the status %s (%s) is the status, by webhook and by a look',
      async (status, reason) => {
        const shown = reason === null ? status : `${status}/${reason}`;
        const pending = { kind: 'pending', told: { status, reason, at: null } } as const;
        const rig = newRig({ meld: { progress: [pending] } });
        const [told1, looked] = await bringIn(rig, [mxRow(), mxRow()]);
        await deliver(rig, 'e1', told(told1?.externalId ?? '', status, MORNING, reason));
        expect(await statusOf(rig, told1?.id as ConnectionId)).toBe(shown);
        const task = await force(rig, looked?.id as ConnectionId);
        await runDue(rig);
        await step(rig, task.id);
        expect(await statusOf(rig, looked?.id as ConnectionId)).toBe(shown);
      },
    );

    test('in a word that nobody knows is kept verbatim, logged, and not refreshed', async () => {
      const rig = newRig();
      const { id, externalId } = await bringInOne(rig);
      await deliver(rig, 'e1', told(externalId, 'HIBERNATING', MORNING, 'WINTER'));
      expect(await statusOf(rig, id)).toBe('HIBERNATING/WINTER');
      expect(await ask(rig, id)).toMatchObject({ record: { decision: { refusal: 'not-refreshable' } } });
      expect(rig.warnings).toMatchObject([{ facts: { status: 'HIBERNATING', reason: 'WINTER' } }]);
    });

    test.each([
      [{ kind: 'consent-ended' }, 'RECONNECT_REQUIRED/TOKEN_EXPIRED'],
      [{ kind: 'new-accounts' }, 'ACTIVE/NEW_ACCOUNTS_AVAILABLE'],
      [{ kind: 'deleted' }, 'DELETED'],
      [{ kind: 'link-completed', providerConnectionId: null }, 'ACTIVE'],
    ] as const)('%j moves the connection to %s', async (event, status) => {
      const rig = newRig();
      const { id, externalId } = await bringInOne(rig);
      rig.clock.advance(MINUTE);
      await deliver(rig, 'e1', { ...event, externalId, at: MORNING + MINUTE });
      expect(await statusOf(rig, id)).toBe(status);
    });

    test('of a consent that was renewed brings the connection back, until then', async () => {
      const rig = newRig();
      const { id, externalId } = await bringInOne(rig);
      await deliver(rig, 'e1', { kind: 'consent-ended', externalId, at: MORNING });
      const until = MORNING + 90 * DAY;
      await deliver(rig, 'e2', { kind: 'consent-renewed', externalId, at: MORNING, consentExpiresAt: until });
      expect(await connectionOf(rig, id)).toMatchObject({ status: 'ACTIVE', consentExpiresAt: until });
    });

    test('of a completed connect: it is ACTIVE, and the active one of the group that it turns out to be in', async () => {
      const rig = newRig();
      const [old, linking] = await bringIn(rig, [
        mxRow({ providerConnectionId: 'm' }),
        mxRow({ status: 'IN_PROGRESS', lastSuccessAt: undefined }),
      ]);
      const externalId = linking?.externalId as string;
      await deliver(rig, 'e1', { kind: 'link-completed', externalId, at: MORNING, providerConnectionId: 'm' });
      expect(await statusOf(rig, linking?.id as ConnectionId)).toBe('ACTIVE');
      expect(await statusOf(rig, old?.id as ConnectionId)).toBe('PARTIALLY_ACTIVE/INACTIVE_DUPLICATE');
      const [first, second] = await Promise.all(
        [old, linking].map((one) => connectionOf(rig, one?.id as ConnectionId)),
      );
      expect([first?.active, second?.active]).toEqual([false, true]);
      expect(second?.groupKey).toBe(first?.groupKey);
    });

    test('of a repair that brings two open refreshes together waits until one of them has ended', async () => {
      const rig = newRig();
      const [own, other] = await bringIn(rig, [mxRow(), mxRow({ providerConnectionId: 'mem-1' })]);
      const [ownId, otherId] = [own?.id as ConnectionId, other?.id as ConnectionId];
      const first = await force(rig, ownId);
      await force(rig, otherId);
      await runDue(rig);
      const repaired = { kind: 'link-completed', externalId: own?.externalId ?? '', at: MORNING } as const;
      const now = () => rig.clock.now();
      await deliver(rig, 'late', { ...repaired, at: now() + 1, providerConnectionId: 'mem-1' });
      for (let looks = 0; looks < 10; looks += 1) {
        rig.clock.advance(MINUTE);
        await processDueWebhooks(rig.engine, 10);
      }
      expect((await connectionOf(rig, ownId)).groupKey).toBe(ownId);
      rig.meld.script({ progress: [{ kind: 'done', asOf: null, newData: true }] });
      await step(rig, first.id);
      rig.clock.advance(MINUTE);
      await processDueWebhooks(rig.engine, 10);
      expect((await connectionOf(rig, ownId)).groupKey).toBe((await connectionOf(rig, otherId)).groupKey);
      expect((await ask(rig, ownId)).record.verdict).toBe('join');
      expect((await allConnections(rig)).filter(({ active }) => active)).toHaveLength(1);
    });

    test('that the active twin is gone: the next takes its place, with its status', async () => {
      const rig = newRig();
      const [active, twin] = await bringInTwins(rig, 2);
      const externalId = active?.externalId as string;
      rig.clock.advance(SECOND);
      await deliver(rig, 'e1', told(externalId, 'DEGRADED', MORNING, 'INSTITUTION_ACTION_REQUIRED'));
      await deliver(rig, 'e2', { kind: 'deleted', externalId, at: MORNING + 1 });
      expect(await statusOf(rig, active?.id as ConnectionId)).toBe('DELETED');
      expect(await connectionOf(rig, twin?.id as ConnectionId)).toMatchObject({
        active: true,
        status: 'DEGRADED',
        statusReason: 'INSTITUTION_ACTION_REQUIRED',
      });
    });

    test('about nothing that we know is kept as unmatched', async () => {
      const rig = newRig();
      await deliver(rig, 'e1', aggregated('nobody', MORNING));
      expect(await kept(rig, 'e1')).toMatchObject({ state: 'unmatched', dueAt: null });
    });

    test("about another tenant's connection moves nothing", async () => {
      const rig = newRig();
      const { id, externalId } = await bringInOne(rig, mxRow(), OTHER_TENANT);
      await deliver(rig, 'e1', told(externalId, 'RECONNECT_REQUIRED', MORNING));
      expect(await kept(rig, 'e1')).toMatchObject({ state: 'unmatched' });
      expect(await rig.store.read('connection', { tenantId: OTHER_TENANT, id })).toMatchObject({ status: 'ACTIVE' });
    });

    test('that is nothing to us is processed', async () => {
      const rig = newRig();
      await deliver(rig, 'e1', { kind: 'ignored', type: 'WEATHER' });
      expect(await kept(rig, 'e1')).toMatchObject({ state: 'processed' });
    });
  });

  describe('processing webhooks', () => {
    test('is one worker’s at a time', async () => {
      const rig = newRig();
      const { externalId } = await bringInOne(rig);
      await receive(rig, 'e1', aggregated(externalId, MORNING));
      const { id } = await kept(rig, 'e1');
      const workers = [rig.engine, anotherWorker(rig), anotherWorker(rig, 'worker-3')];
      await Promise.all(workers.map((engine) => processWebhook(engine, TENANT, id)));
      expect(translated(rig)).toBe(1);
    });

    const failing = () => {
      const rig = newRig({
        meld: {
          translateWebhook: () => {
            throw new Error('a bug');
          },
        },
      });
      return rig;
    };

    test('that fails is tried again, later and later, and then kept as failed', async () => {
      const rig = failing();
      await receive(rig, 'e1');
      const tries: number[] = [];
      for (let minute = 0; minute <= 60; minute += 1) {
        const before = translated(rig);
        await processDueWebhooks(rig.engine, 10);
        if (translated(rig) > before) tries.push(minute);
        rig.clock.advance(MINUTE);
      }
      expect(tries).toEqual([0, 1, 3, 6, 10]);
      expect(await kept(rig, 'e1')).toMatchObject({ state: 'failed', error: 'Error: a bug', attempts: 5, dueAt: null });
      expect(rig.warnings).toHaveLength(5);
    });

    test('that failed once is done at the next try', async () => {
      const rig = failing();
      const { id, externalId } = await bringInOne(rig);
      await deliver(rig, 'e1', aggregated(externalId, MORNING));
      expect(await kept(rig, 'e1')).toMatchObject({ state: 'received', error: 'Error: a bug' });
      rig.meld.script({ translateWebhook: (body) => JSON.parse(body) as ProviderEvent[] });
      rig.clock.advance(MINUTE);
      await processDueWebhooks(rig.engine, 10);
      expect(await kept(rig, 'e1')).toMatchObject({ state: 'processed' });
      expect((await connectionOf(rig, id)).lastSuccessAt).toBe(MORNING);
    });

    test('one that fails does not hold up the others', async () => {
      const rig = newRig();
      const { id, externalId } = await bringInOne(rig);
      await receiveWebhook(rig.engine, TENANT, 'meld', {
        headers: { 'event-id': 'broken' },
        body: new TextEncoder().encode('not JSON'),
        secret: null,
        receivedAt: MORNING,
      });
      await deliver(rig, 'whole', aggregated(externalId, MORNING));
      expect(await kept(rig, 'broken')).toMatchObject({ state: 'received' });
      expect((await connectionOf(rig, id)).lastSuccessAt).toBe(MORNING);
    });

    test('waits for a connector that is switched off', async () => {
      const rig = newRig();
      const { id, externalId } = await bringInOne(rig);
      await receive(rig, 'e1', aggregated(externalId, MORNING));
      await processDueWebhooks({ ...rig.engine, connectorsOf: () => new Map() }, 10);
      expect((await kept(rig, 'e1')).state).toBe('received');
      rig.clock.advance(MINUTE);
      await processDueWebhooks(rig.engine, 10);
      expect((await connectionOf(rig, id)).lastSuccessAt).toBe(MORNING);
    });

    test('whose body was put into the place of another’s is not read', async () => {
      const rig = newRig();
      const { externalId } = await bringInOne(rig);
      await receive(rig, 'e1', aggregated(externalId, MORNING));
      await receive(rig, 'e2', told(externalId, 'RECONNECT_REQUIRED', MORNING));
      const [first, second] = [await kept(rig, 'e1'), await kept(rig, 'e2')];
      await rig.store.turn(
        () => read('webhook', { tenantId: TENANT, id: first.id }),
        () => ({ effects: [update('webhook', first.id, { body: second.body })] }),
      );
      await processWebhook(rig.engine, TENANT, first.id);
      expect(translated(rig)).toBe(0);
      expect(await kept(rig, 'e1')).toMatchObject({
        state: 'received',
        error: expect.stringContaining('does not open'),
      });
    });

    test('moves a task on no further than a look would', async () => {
      const rig = newRig();
      const { id, externalId } = await bringInOne(rig);
      const task = await force(rig, id);
      await deliver(rig, 'e1', { kind: 'job-ended', externalId, at: MORNING, providerTaskId: 'unheard-of' });
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', attempts: 0 });
      expect(await step(rig, task.id)).toMatchObject({ state: 'running', attempts: 1 });
    });
  });
};

import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { ConnectionId, RefreshAnswer, RefreshProgress } from '@freshet/domain';
import type { ProgressCall, RefreshCall } from '@freshet/ports';
import { setProviderPaused } from '../index.js';
import {
  allConnections,
  ask,
  bringIn,
  bringInOne,
  bringInTwins,
  connectionOf,
  deliver,
  force,
  historyOf,
  kindsOf,
  ledgerOf,
  MORNING,
  mxRow,
  pass,
  pullOf,
  rigsOver,
  runDue,
  statusOf,
  step,
  taskOf,
  TENANT,
  type OpenStore,
  type Rig,
} from './rig.js';

const ACCEPTED: RefreshAnswer = { kind: 'accepted', providerTaskId: 'job-1', coalesced: false };
const DONE = { kind: 'done', asOf: MORNING, newData: true } as const;
const NEEDS_LOGIN = { kind: 'customer-needed', event: 'failed_login_required', message: 'log in again' } as const;
const NEEDS_ACTION = { kind: 'customer-needed', event: 'failed_action_required', message: 'accept terms' } as const;
const REFUSED = { kind: 'refused', message: 'no' } as const;
const LIMITED = { kind: 'limited', until: MORNING + HOUR, scope: 'connection' } as const;
const unavailable = (who: 'institution' | 'provider') =>
  ({ kind: 'unavailable', who, retryAt: null, message: 'down' }) as const;
const UNKNOWN = { kind: 'unknown', message: 'no reply' } as const;

/** The task's state, what became of the money, and the pull's state. */
type End = readonly [state: string, charge: string, pull: string];

const answersToTheCall: readonly (readonly [RefreshAnswer, End, status: string])[] = [
  [ACCEPTED, ['running', 'reserved', 'accepted'], 'ACTIVE'],
  [{ ...ACCEPTED, coalesced: true }, ['running', 'released', 'refused'], 'ACTIVE'],
  [DONE, ['succeeded', 'charged', 'succeeded'], 'ACTIVE'],
  [
    { kind: 'partial', asOf: MORNING, newData: true, products: ['BALANCES'] },
    ['partial', 'charged', 'partial'],
    'PARTIALLY_ACTIVE/PARTIAL_AGGREGATION_SUCCESS',
  ],
  [{ kind: 'busy', runningId: 'job-9' }, ['running', 'released', 'refused'], 'ACTIVE'],
  [LIMITED, ['failed', 'released', 'refused'], 'ACTIVE'],
  [NEEDS_LOGIN, ['reconnect_required', 'released', 'refused'], 'RECONNECT_REQUIRED/LOGIN_REQUIRED'],
  [REFUSED, ['failed', 'released', 'refused'], 'ACTIVE'],
  [unavailable('provider'), ['queued', 'reserved', 'reserved'], 'ACTIVE'],
  [UNKNOWN, ['running', 'reserved', 'unknown'], 'ACTIVE'],
];

const answersToALook: readonly (readonly [RefreshProgress, End, status: string])[] = [
  [{ kind: 'pending' }, ['running', 'reserved', 'accepted'], 'ACTIVE'],
  [DONE, ['succeeded', 'charged', 'succeeded'], 'ACTIVE'],
  [
    { kind: 'partial', asOf: null, newData: null, products: null },
    ['partial', 'charged', 'partial'],
    'PARTIALLY_ACTIVE/PARTIAL_AGGREGATION_SUCCESS',
  ],
  [LIMITED, ['failed', 'charged', 'failed'], 'ACTIVE'],
  [NEEDS_LOGIN, ['reconnect_required', 'charged', 'failed'], 'RECONNECT_REQUIRED/LOGIN_REQUIRED'],
  [REFUSED, ['failed', 'charged', 'failed'], 'ACTIVE'],
  [unavailable('institution'), ['failed', 'charged', 'failed'], 'DEGRADED/INSTITUTION_CURRENTLY_UNAVAILABLE'],
  [unavailable('provider'), ['failed', 'charged', 'failed'], 'DEGRADED/SERVICE_PROVIDER_CURRENTLY_UNAVAILABLE'],
  [UNKNOWN, ['running', 'reserved', 'accepted'], 'ACTIVE'],
];

const named = <Row extends readonly [{ readonly kind: string }, ...unknown[]]>(rows: readonly Row[]) =>
  rows.map((row) => [JSON.stringify(row[0]), row] as const);

const pairOf = (entries: readonly { readonly kind: string }[]): readonly string[] => entries.map(({ kind }) => kind);

/** One refresh whose provider answers so to the call, and so to every look after it. */
const refreshed = async (rig: Rig, id: ConnectionId, call: RefreshAnswer, look?: RefreshProgress) => {
  rig.meld.script({ refresh: [call], ...(look === undefined ? {} : { progress: [look] }) });
  const { id: taskId } = await force(rig, id);
  await step(rig, taskId);
  if (look === undefined) return taskOf(rig, taskId);
  rig.clock.advance(2 * SECOND);
  return step(rig, taskId);
};

export const outcomeStories = (openStore: OpenStore): void => {
  const newRig = rigsOver(openStore);

  describe('a refresh that is run', () => {
    test('is accepted, looked at, and done: its data are the time at which they were read', async () => {
      const rig = newRig({ meld: { refresh: [ACCEPTED], progress: [{ kind: 'pending' }, DONE] } });
      const { id } = await bringInOne(rig);
      const queued = await force(rig, id);
      await runDue(rig);
      expect(await taskOf(rig, queued.id)).toMatchObject({
        state: 'running',
        attempts: 1,
        providerTaskId: 'job-1',
        startedAt: MORNING,
        leaseOwner: null,
      });
      await pass(rig, 10 * SECOND, SECOND);
      expect(await taskOf(rig, queued.id)).toMatchObject({ state: 'succeeded', newData: true, charge: 'charged' });
      expect(await connectionOf(rig, id)).toMatchObject({
        lastSuccessAt: MORNING,
        lastForcedAt: MORNING,
        freshness: { BALANCES: MORNING, TRANSACTIONS: MORNING },
        consecutiveFailures: 0,
      });
      expect(rig.meld.callsOf('refresh')).toHaveLength(1);
      expect(rig.meld.callsOf('progress')).toHaveLength(2);
    });

    test('is looked at ever more rarely, and never before it is due', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      await force(rig, id);
      await runDue(rig);
      await runDue(rig);
      expect(rig.meld.callsOf('progress')).toHaveLength(0);
      await pass(rig, MINUTE, SECOND);
      // After 2, 4, 8, 16 and 30 seconds, and every 30 from then on.
      expect(rig.meld.callsOf('progress')).toHaveLength(5);
      await pass(rig, 10 * MINUTE, SECOND);
      expect(rig.meld.callsOf('progress')).toHaveLength(25);
    });

    test('tells the connector what it asks for, and what was there before', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ externalId: 'told', credentials: { token: 't' } }));
      const task = await force(rig, id, { request: { products: ['BALANCES'] } });
      await runDue(rig);
      expect(rig.meld.callsOf('refresh')).toEqual([
        {
          externalId: 'told',
          provider: 'MX',
          customerId: 'customer-1',
          institutionId: 'bank-1',
          providerConnectionId: null,
          credentials: { token: 't' },
          pullId: task.pullId,
          products: ['BALANCES'],
          allProducts: false,
          from: null,
          to: null,
          historicalLoaded: true,
          presence: null,
        } satisfies RefreshCall,
      ]);
      rig.clock.advance(2 * SECOND);
      await runDue(rig);
      expect(rig.meld.callsOf('progress')[0]).toMatchObject({
        sentAt: MORNING,
        asOfBefore: MORNING - 12 * HOUR,
        statusBefore: { status: 'ACTIVE', reason: null },
      } satisfies Partial<ProgressCall>);
    });

    test('is not run again once it has ended', async () => {
      const rig = newRig({ meld: { refresh: [DONE] } });
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      const ended = await step(rig, task.id);
      expect(await step(rig, task.id)).toEqual(ended);
      expect(rig.meld.calls).toHaveLength(1);
    });

    test('makes only the products fresh that came', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      await refreshed(rig, id, { kind: 'partial', asOf: MORNING, newData: true, products: ['BALANCES'] });
      expect((await connectionOf(rig, id)).freshness).toEqual({ BALANCES: MORNING, TRANSACTIONS: MORNING - 12 * HOUR });
    });

    test('of balances alone leaves the age of the rest as it was', async () => {
      const rig = newRig({ meld: { refresh: [DONE] } });
      const { id } = await bringInOne(rig);
      await force(rig, id, { request: { products: ['BALANCES'] } });
      await runDue(rig);
      expect((await connectionOf(rig, id)).freshness).toEqual({ BALANCES: MORNING, TRANSACTIONS: MORNING - 12 * HOUR });
    });
  });

  describe('what the provider answers to the call', () => {
    test.each(named(answersToTheCall))('%s', async (_answer, [answer, [state, charge, pull], status]) => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await refreshed(rig, id, answer);
      expect([task.state, task.charge]).toEqual([state, charge]);
      expect((await pullOf(rig, task)).state).toBe(pull);
      expect(await statusOf(rig, id)).toBe(status);
      expect(pairOf(await ledgerOf(rig, task))).toEqual(charge === 'reserved' ? ['reserved'] : ['reserved', charge]);
      expect(task.leaseOwner).toBeNull();
    });
  });

  describe('what a look at an accepted refresh shows', () => {
    test.each(named(answersToALook))('%s', async (_answer, [answer, [state, charge, pull], status]) => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await refreshed(rig, id, ACCEPTED, answer);
      expect([task.state, task.charge]).toEqual([state, charge]);
      expect((await pullOf(rig, task)).state).toBe(pull);
      expect(await statusOf(rig, id)).toBe(status);
      expect(pairOf(await ledgerOf(rig, task))).toEqual(charge === 'reserved' ? ['reserved'] : ['reserved', charge]);
    });

    test('a job that failed costs nothing where only success is billed', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ provider: 'PLAID' }));
      expect(await refreshed(rig, id, ACCEPTED, REFUSED)).toMatchObject({ state: 'failed', charge: 'released' });
    });

    test('what the provider says of the status outranks what would follow from the outcome', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const told = { status: 'DEGRADED', reason: 'INSTITUTION_ACTION_REQUIRED', at: MORNING };
      await refreshed(rig, id, ACCEPTED, { ...DONE, told });
      expect(await statusOf(rig, id)).toBe('DEGRADED/INSTITUTION_ACTION_REQUIRED');
    });
  });

  describe('failures in a row', () => {
    const failOnce = async (rig: Rig, id: ConnectionId, answer: RefreshProgress): Promise<string> => {
      rig.clock.advance(HOUR);
      await refreshed(rig, id, ACCEPTED, answer);
      return statusOf(rig, id);
    };

    test('of the login end UNRECOVERABLE at the third', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ provider: 'PLAID' }));
      expect(await failOnce(rig, id, NEEDS_ACTION)).toBe('DEGRADED/INSTITUTION_ACTION_REQUIRED');
      expect(await failOnce(rig, id, NEEDS_ACTION)).toBe('DEGRADED/INSTITUTION_ACTION_REQUIRED');
      expect(await failOnce(rig, id, NEEDS_ACTION)).toBe('UNRECOVERABLE/CONTINUED_AGGREGATION_FAILURES');
      expect((await historyOf(rig, id)).map(({ event }) => event)).toEqual([
        'imported',
        'failed_action_required',
        'failures_exhausted',
      ]);
    });

    test('are counted anew after a success, and do not count outages', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ provider: 'PLAID' }));
      for (const answer of [NEEDS_ACTION, NEEDS_ACTION, unavailable('provider'), unavailable('institution')]) {
        await failOnce(rig, id, answer);
      }
      expect((await connectionOf(rig, id)).consecutiveFailures).toBe(2);
      expect(await failOnce(rig, id, { ...DONE, asOf: null })).toBe('ACTIVE');
      expect(await failOnce(rig, id, NEEDS_ACTION)).toBe('DEGRADED/INSTITUTION_ACTION_REQUIRED');
      expect((await connectionOf(rig, id)).consecutiveFailures).toBe(1);
    });
  });

  describe('a limit that the provider tells', () => {
    test.each([
      ['in an hour', MORNING + HOUR, MORNING + HOUR],
      ['in a thousand years: a day is believed', MORNING + 1000 * 365 * 24 * HOUR, MORNING + 24 * HOUR],
      ['without saying when: as long as its cooldown can be', null, MORNING + 3 * HOUR],
      ['in the past: as if it had not said', MORNING - 1, MORNING + 3 * HOUR],
    ])('ends %s', async (_when, until, opensAt) => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      await refreshed(rig, id, { ...LIMITED, until });
      expect(await ask(rig, id)).toMatchObject({
        record: { decision: { refusal: 'rate-limited', limit: 'told-by-provider', retryAt: opensAt } },
      });
      rig.clock.set(opensAt);
      expect(await ask(rig, id)).toMatchObject({ record: { verdict: 'force' } });
    });

    test('is not called against: the task has failed, and costs nothing', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await refreshed(rig, id, LIMITED);
      await pass(rig, 5 * HOUR);
      expect(await taskOf(rig, task.id)).toEqual(task);
      expect(rig.meld.callsOf('refresh')).toHaveLength(1);
    });

    test.each([
      ['connection', ['rate-limited', null, null]],
      ['institution', ['rate-limited', 'rate-limited', null]],
      ['provider', ['rate-limited', 'rate-limited', 'rate-limited']],
    ] as const)('to a whole %s closes that, and no more', async (scope, refusals) => {
      const rig = newRig();
      const rows = [mxRow(), mxRow(), mxRow({ institutionId: 'bank-2' })];
      const [limited, neighbour, elsewhere] = (await bringIn(rig, rows)).map(({ id }) => id) as ConnectionId[];
      await refreshed(rig, limited as ConnectionId, { ...LIMITED, scope });
      const asked = [limited, neighbour, elsewhere].map((id) => ask(rig, id as ConnectionId));
      expect((await Promise.all(asked)).map(({ record }) => record.decision.refusal)).toEqual(refusals);
    });
  });

  describe('an inactive twin', () => {
    const twins = async (rig: Rig): Promise<readonly [ConnectionId, ConnectionId]> => {
      const [active, twin] = await bringInTwins(rig, 2);
      return [active?.id as ConnectionId, twin?.id as ConnectionId];
    };

    test('takes the place and the status of the active one once its refresh is accepted', async () => {
      const rig = newRig();
      const degraded = { status: 'DEGRADED', statusReason: 'INSTITUTION_ACTION_REQUIRED' };
      const [active, twin] = (
        await bringIn(rig, [
          mxRow({ providerConnectionId: 'm', ...degraded }),
          mxRow({ providerConnectionId: 'm', lastSuccessAt: MORNING - 20 * HOUR }),
        ])
      ).map(({ id }) => id) as [ConnectionId, ConnectionId];
      expect(await statusOf(rig, twin)).toBe('PARTIALLY_ACTIVE/INACTIVE_DUPLICATE');
      await refreshed(rig, twin, ACCEPTED);
      expect(await statusOf(rig, twin)).toBe('DEGRADED/INSTITUTION_ACTION_REQUIRED');
      expect(await statusOf(rig, active)).toBe('PARTIALLY_ACTIVE/INACTIVE_DUPLICATE');
      expect((await allConnections(rig)).filter((one) => one.active).map(({ id }) => id)).toEqual([twin]);
    });

    test.each(
      named([
        [LIMITED],
        [REFUSED],
        [NEEDS_LOGIN],
        [unavailable('provider')],
        [UNKNOWN],
        [{ kind: 'busy', runningId: null }],
      ]),
    )('stays inactive where the call is answered with %s', async (_answer, [answer]) => {
      const rig = newRig();
      const [active, twin] = await twins(rig);
      await refreshed(rig, twin, answer as RefreshAnswer);
      expect((await allConnections(rig)).filter((one) => one.active).map(({ id }) => id)).toEqual([active]);
    });

    test('is the one that was refreshed: the cooldown is the whole group’s', async () => {
      const rig = newRig();
      const [active, twin] = await twins(rig);
      await refreshed(rig, twin, ACCEPTED, DONE);
      for (const id of [active, twin]) {
        expect(await ask(rig, id)).toMatchObject({
          record: { decision: { refusal: 'rate-limited', retryAt: MORNING + 3 * HOUR } },
        });
      }
    });
  });

  describe('what changed between the decision and the call', () => {
    test('a status that forbids it: nothing is sent, and the money is free again', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig, mxRow({ externalId: 'breaks' }));
      const task = await force(rig, id);
      await bringInOne(rig, mxRow({ externalId: 'breaks', status: 'RECONNECT_REQUIRED', statusReason: 'OTHER' }));
      expect(await step(rig, task.id)).toMatchObject({
        state: 'failed',
        error: { kind: 'not-refreshable' },
        charge: 'released',
      });
      expect(kindsOf(await ledgerOf(rig, task))).toEqual(['reserved', 'released']);
      expect(rig.meld.calls).toEqual([]);
    });

    test('a pause: it waits, loses nothing, and goes on when it is opened', async () => {
      const rig = newRig({ meld: { refresh: [DONE] } });
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      await setProviderPaused(rig.engine, TENANT, 'MX', true);
      await pass(rig, HOUR);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', charge: 'reserved', attempts: 0 });
      await setProviderPaused(rig.engine, TENANT, 'MX', false);
      await pass(rig, MINUTE);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded', attempts: 1 });
      expect(rig.meld.callsOf('refresh')).toHaveLength(1);
    });

    test('a limit that a background pull used up: it waits until that opens', async () => {
      const rig = newRig({ meld: { refresh: [DONE] } });
      const { id, externalId } = await bringInOne(rig);
      const task = await force(rig, id);
      await deliver(rig, 'e1', { kind: 'aggregated', externalId, at: MORNING, products: ['BALANCES'], newData: true });
      expect((await connectionOf(rig, id)).freshness).toMatchObject({ BALANCES: MORNING });
      expect(await step(rig, task.id)).toMatchObject({ state: 'queued', dueAt: MORNING + 3 * HOUR });
      rig.clock.set(MORNING + 3 * HOUR);
      expect(await step(rig, task.id)).toMatchObject({ state: 'succeeded' });
    });

    test('a connector that is switched off: it waits for it', async () => {
      const rig = newRig({ meld: { refresh: [DONE] } });
      const { id } = await bringInOne(rig);
      const task = await force(rig, id);
      const off = { ...rig, engine: { ...rig.engine, connectorsOf: () => new Map() } };
      await pass(off, HOUR);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'queued', attempts: 0 });
      await pass(rig, MINUTE);
      expect(await taskOf(rig, task.id)).toMatchObject({ state: 'succeeded' });
    });
  });

  describe('somebody else’s pull that ours met', () => {
    test('brings data, costs nothing, and counts against the cooldown', async () => {
      const rig = newRig();
      const { id } = await bringInOne(rig);
      const task = await refreshed(rig, id, { kind: 'busy', runningId: null }, DONE);
      expect(task).toMatchObject({ state: 'succeeded', charge: 'released' });
      expect((await connectionOf(rig, id)).lastSuccessAt).toBe(MORNING);
      expect(await ask(rig, id)).toMatchObject({
        record: { decision: { refusal: 'rate-limited', retryAt: MORNING + 3 * HOUR } },
      });
    });
  });
};

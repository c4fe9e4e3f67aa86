import { feedId, put, type ConnectionId } from '@freshet/domain';
import { read } from '@freshet/ports';
import { HOUR, importOne, keys, NOW, OTHER_TENANT, startRig, TENANT, type Rig } from './rig.js';

let rig: Rig;
const budgets = [
  { name: 'all', currency: 'USD', amount: '10', period: 'day', timeZone: 'UTC' },
  { name: 'plaid', provider: 'PLAID', currency: 'USD', amount: '50', period: 'month', timeZone: 'Europe/Berlin' },
];

beforeEach(async () => {
  rig = await startRig({ policyFile: { version: 1, budgets } });
});
afterEach(() => rig.close());

const force = async (more: Readonly<Record<string, unknown>> = {}) => {
  const { id } = await importOne(rig, more);
  const { body } = await rig.post(`/v1/connections/${id}/refresh`, { mode: 'force' });
  return { id, task: body.task, decision: body.decision };
};

describe('tasks', () => {
  it('a queued one is cancelled once, and its money released', async () => {
    const { task } = await force();
    const cancelled = await rig.post(`/v1/tasks/${task.id}/cancel`);
    expect(cancelled).toMatchObject({
      status: 200,
      body: { id: task.id, state: 'cancelled', charge: 'released', nextAttemptAt: null },
    });
    const again = await rig.post(`/v1/tasks/${task.id}/cancel`);
    expect([again.status, again.body.type]).toEqual([409, '/problems/operation-not-allowed']);
  });

  it('are listed by connection, state and executor', async () => {
    const [first, second] = [await force(), await force()];
    await rig.post(`/v1/tasks/${second.task.id}/cancel`);
    const list = async (query: string) =>
      (await rig.get(`/v1/tasks?${query}`)).body.data.map(({ id }: { id: string }) => id);
    expect(await list('')).toEqual([second.task.id, first.task.id]);
    expect(await list(`connectionId=${first.id}`)).toEqual([first.task.id]);
    expect(await list('state=cancelled')).toEqual([second.task.id]);
    expect(await list('executor=caller')).toEqual([]);
    expect(await list('connectionId=nothing')).toEqual([]);
  });

  describe('of the caller (permits)', () => {
    const permit = () => force({ connector: 'akoya', provider: 'AKOYA' });

    it.each([
      [
        { outcome: 'done', newData: true, asOf: '2026-11-21T09:29:00.000Z' },
        { state: 'succeeded', newData: true, error: null },
      ],
      [{ outcome: 'partial' }, { state: 'partial' }],
      [
        { outcome: 'limited', retryAt: '2026-11-21T12:00:00Z' },
        { state: 'failed', error: { kind: 'limited' } },
      ],
      [
        { outcome: 'limited', code: 'RateLimitError' },
        { state: 'failed', error: { kind: 'limited' } },
      ],
      [{ outcome: 'refused' }, { state: 'failed', error: { kind: 'refused' } }],
      [{ outcome: 'customer-needed' }, { state: 'reconnect_required' }],
    ])('report %j', async (outcome, expected) => {
      const { task } = await permit();
      expect(task).toMatchObject({ executor: 'caller', state: 'running', attempts: 1 });
      const reported = await rig.post(`/v1/tasks/${task.id}/outcome`, outcome);
      expect(reported).toMatchObject({ status: 200, body: { id: task.id, ...expected } });
      const again = await rig.post(`/v1/tasks/${task.id}/outcome`, outcome);
      expect([again.status, again.body.type]).toEqual([409, '/problems/operation-not-allowed']);
    });

    it('a done one makes the connection fresh', async () => {
      const { id, task } = await permit();
      await rig.post(`/v1/tasks/${task.id}/outcome`, {
        outcome: 'done',
        newData: true,
        asOf: '2026-11-21T09:29:00.000Z',
      });
      expect((await rig.get(`/v1/connections/${id}`)).body.lastSuccessAt).toBe('2026-11-21T09:29:00.000Z');
    });

    it('the outcome of a task of ours is not taken', async () => {
      const { task } = await force();
      const { status, body } = await rig.post(`/v1/tasks/${task.id}/outcome`, { outcome: 'done' });
      expect([status, body.type]).toEqual([409, '/problems/operation-not-allowed']);
    });
  });
});

it('decisions are listed by connection, verdict and time, refusals too', async () => {
  const { id, decision } = await force();
  rig.clock.advance(HOUR);
  const refused = await rig.post(`/v1/connections/${id}/refresh`, { products: ['OWNERS'] });
  const list = async (query: string) =>
    (await rig.get(`/v1/decisions?${query}`)).body.data.map(({ id: one }: { id: string }) => one);
  expect(await list('')).toEqual([refused.body.decisionId, decision.id]);
  expect(await list('verdict=refuse')).toEqual([refused.body.decisionId]);
  expect(await list(`connectionId=${id}&verdict=force`)).toEqual([decision.id]);
  expect(await list('from=2026-11-21T09:30:00Z&to=2026-11-21T10:30:00Z')).toEqual([decision.id]);
  expect(await list('from=2026-11-21T10:30:00%2B00:00')).toEqual([refused.body.decisionId]);
});

describe('providers', () => {
  it('show the policy in force, what was forced and what it cost', async () => {
    await force();
    const { status, body } = await rig.get('/v1/providers');
    expect([status, body.nextCursor]).toEqual([200, null]);
    const mx = body.data.find(({ provider }: { provider: string }) => provider === 'MX');
    expect(mx).toMatchObject({
      connector: 'meld',
      paused: false,
      blockedUntil: null,
      today: {
        forced: 1,
        reserved: [{ amount: '0.100000', currency: 'USD' }],
        charged: [{ amount: '0.000000', currency: 'USD' }],
      },
      month: { forced: 1 },
      policy: {
        duplicates: 'grouped',
        background: { owner: 'provider', every: 'P1D', suppressedByForced: 'PT20H' },
        limits: [{ name: 'mx-cooldown', kind: 'cooldown', for: 'PT3H' }],
        price: { perRequest: { amount: '0.100000', currency: 'USD' } },
        budgets: ['all'],
      },
    });
  });

  it('show what of them is silent, and the metrics count it', async () => {
    const subject = {
      tenantId: TENANT,
      connector: 'meld',
      provider: 'MX',
      scope: 'institution',
      scopeKey: 'bank-1',
    } as const;
    const missed = (id: string) => ({
      connectionId: id as ConnectionId,
      institutionId: 'bank-1',
      came: false,
      at: NOW,
    });
    const feed = { ...subject, id: feedId(subject), outcomes: ['a', 'b', 'c'].map(missed), needed: 3 };
    const silent = put('feed', { ...feed, silentSince: NOW - HOUR, endedAt: null, at: NOW });
    await rig.engine.store.turn(
      () => read('feed', { id: feed.id }),
      () => ({ effects: [silent] }),
    );
    const { body } = await rig.get('/v1/providers');
    const silences = body.data.map((one: { provider: string; silent: unknown[] }) => [one.provider, one.silent]);
    expect(Object.fromEntries(silences)).toMatchObject({
      MX: [{ connector: 'meld', institutionId: 'bank-1', since: '2026-11-21T08:30:00.000Z', missed: 3, of: 3 }],
      PLAID: [],
    });
    const { text } = await rig.get('/metrics', { key: null });
    expect(text).toContain('freshet_silent_feeds{connector="meld",provider="MX",scope="institution"} 1');
  });

  it('are paused and resumed: nothing is forced meanwhile', async () => {
    const { id } = await importOne(rig);
    const paused = await rig.call('PATCH', '/v1/providers/MX', { body: { paused: true } });
    expect(paused).toMatchObject({ status: 200, body: { provider: 'MX', paused: true } });
    expect((await rig.post(`/v1/connections/${id}/refresh`, { mode: 'force' })).status).toBe(503);
    const resumed = await rig.call('PATCH', '/v1/providers/MX', { body: { paused: false } });
    expect(resumed.body.paused).toBe(false);
    expect((await rig.post(`/v1/connections/${id}/refresh`, { mode: 'force' })).status).toBe(202);
  });

  it('a tenant pauses for itself', async () => {
    await rig.call('PATCH', '/v1/providers/MX', { body: { paused: true }, key: keys.other });
    const { body } = await rig.get('/v1/providers');
    expect(body.data.every(({ paused }: { paused: boolean }) => !paused)).toBe(true);
  });

  it('one that nobody knows is 404', async () => {
    expect((await rig.call('PATCH', '/v1/providers/NONE', { body: { paused: true } })).status).toBe(404);
  });
});

describe('budgets', () => {
  const usd = (amount: string) => ({ amount, currency: 'USD' });

  it('show what is held, what remains, and a forecast once there is something to make it of', async () => {
    await force();
    await force({ connector: 'akoya', provider: 'AKOYA' });
    const all = {
      name: 'all',
      provider: null,
      period: 'day',
      timeZone: 'UTC',
      periodStart: '2026-11-21T00:00:00.000Z',
      periodEnd: '2026-11-22T00:00:00.000Z',
      amount: usd('10.000000'),
      reserved: usd('0.140000'),
      charged: usd('0.000000'),
      uncertain: usd('0.000000'),
      remaining: usd('9.860000'),
      overrun: usd('0.000000'),
      forecast: null,
      enforcement: 'hard',
      paced: null,
      keptForAttended: usd('0.000000'),
      alerts: [],
    };
    const { body } = await rig.get('/v1/budgets');
    expect(body.data[0]).toEqual(all);
    expect(body.data[1]).toMatchObject({
      name: 'plaid',
      provider: 'PLAID',
      periodStart: '2026-10-31T23:00:00.000Z',
      remaining: usd('50.000000'),
      forecast: null,
    });
    // 0.14 in four hours, and ten and a half to go.
    rig.clock.advance(4 * HOUR);
    const later = await rig.get('/v1/budgets');
    expect(later.body.data[0]).toEqual({ ...all, forecast: usd('0.507500') });
  });

  it('show an overrun, a pace, what is kept, and the thresholds reached', async () => {
    await rig.close();
    const common = { currency: 'USD', period: 'day', timeZone: 'UTC' };
    const soft = { ...common, name: 'soft', amount: '0.08', enforcement: 'soft', alertAt: [1] };
    const tight = { ...common, name: 'tight', amount: '2.40', pacing: 'even', headStart: 0, reserveForAttended: 0.25 };
    rig = await startRig({ policyFile: { version: 1, budgets: [soft, tight] } });
    const { decision } = await force();
    expect(decision.reasons.find(({ code }: { code: string }) => code === 'BUDGET_OVERRUN').data).toMatchObject({
      budget: 'soft',
      cost: '0.100000',
      overrun: '0.020000',
    });
    const { body } = await rig.get('/v1/budgets');
    expect(body.data).toMatchObject([
      {
        name: 'soft',
        enforcement: 'soft',
        remaining: usd('0.000000'),
        overrun: usd('0.020000'),
        alerts: [{ threshold: 1, amount: usd('0.080000'), used: usd('0.100000'), at: '2026-11-21T09:30:00.000Z' }],
      },
      // Nine and a half of 24 hours have passed.
      { name: 'tight', enforcement: 'hard', paced: usd('0.950000'), keptForAttended: usd('0.600000'), alerts: [] },
    ]);
  });

  it('that are paced refuse until so much of the period has passed', async () => {
    await rig.close();
    const paced = {
      name: 'paced',
      currency: 'USD',
      amount: '0.24',
      period: 'day',
      timeZone: 'UTC',
      pacing: 'even',
      headStart: 0,
    };
    rig = await startRig({ policyFile: { version: 1, budgets: [paced] } });
    const { id } = await importOne(rig);
    const { status, body } = await rig.post(`/v1/connections/${id}/refresh`, { mode: 'force' });
    expect([status, body.type, body.budget, body.retryAt]).toEqual([
      429,
      '/problems/budget-exhausted',
      'paced',
      '2026-11-21T10:00:00.000Z',
    ]);
  });
});

describe('webhooks', () => {
  const event = '{"type":"x", "spaced" : true}';
  const signed = { 'x-signed': 'yes' };

  it('are stored as the bytes came, whatever their type, and replays are answered like the first', async () => {
    for (const type of ['application/json', 'text/plain', 'application/octet-stream']) {
      const headers = { ...signed, 'content-type': type };
      const first = await rig.call('POST', '/webhooks/meld', { raw: event, headers, key: null });
      expect([first.status, first.body]).toEqual([200, { received: true }]);
    }
    const [call] = rig.meld.callsOf('verifyWebhook');
    expect(Buffer.from(call?.body ?? []).toString()).toBe(event);
    expect(call?.secret).toBeNull();
    expect(await rig.engine.store.read('dueWebhooks', { now: NOW, limit: 10 })).toHaveLength(1);
    expect(rig.nudges()).toBe(1);
  });

  it('the last part of the path is the secret of senders that sign nothing', async () => {
    await rig.call('POST', '/webhooks/meld/s3cret', { raw: '{}', headers: signed, key: null });
    expect(rig.meld.callsOf('verifyWebhook')[0]?.secret).toBe('s3cret');
  });

  it('of a tenant with an address of its own are that tenant’s', async () => {
    const path = `/tenants/${OTHER_TENANT}/webhooks/meld`;
    const sent = { raw: event, headers: signed, key: null };
    expect((await rig.call('POST', path, sent)).status).toBe(200);
    expect((await rig.call('POST', `${path}/s3cret`, { ...sent, raw: '{}' })).status).toBe(200);
    const due = await rig.engine.store.read('dueWebhooks', { now: NOW, limit: 10 });
    expect(due.map(({ tenantId }) => tenantId)).toEqual([OTHER_TENANT, OTHER_TENANT]);
    expect((await rig.call('POST', path, { ...sent, headers: {} })).status).toBe(401);
    expect((await rig.call('POST', '/tenants/ten_nobody/webhooks/nothing', sent)).status).toBe(404);
  });

  it('a wrong signature is 401, and nothing is stored', async () => {
    const { status, body } = await rig.call('POST', '/webhooks/meld', { raw: event, key: null });
    expect([status, body.type]).toEqual([401, '/problems/unauthorized']);
    expect(await rig.engine.store.read('dueWebhooks', { now: NOW, limit: 10 })).toEqual([]);
  });

  it('need not be JSON to be refused by their signature; none at all is refused too', async () => {
    for (const raw of ['{"broken', '\u0000\ufffd', '']) {
      expect((await rig.call('POST', '/webhooks/meld', { raw, key: null })).status).toBe(401);
    }
    const broken = await rig.call('POST', '/webhooks/meld', { raw: '{"broken', headers: signed, key: null });
    expect(broken.status).toBe(200);
  });

  it('an unknown connector is 404', async () => {
    const { status, body } = await rig.call('POST', '/webhooks/nobody', { raw: event, headers: signed, key: null });
    expect([status, body.type]).toEqual([404, '/problems/not-found']);
  });
});

describe('connectors', () => {
  it('say whether they are on, what they can do, and where their webhooks go', async () => {
    const { status, body } = await rig.get('/v1/connectors');
    expect(status).toBe(200);
    const of = (name: string) => body.data.find(({ connector }: { connector: string }) => connector === name);
    expect(of('meld')).toEqual({
      connector: 'meld',
      on: true,
      needs: [],
      can: expect.objectContaining({ refresh: true, imports: [] }),
      webhookUrl: 'http://127.0.0.1:3000/webhooks/meld',
      callTimeout: 'PT1S',
      atOnce: 10,
    });
    expect(of('bud')).toMatchObject({ on: false, needs: ['BUD_API_KEY'], can: null });
    expect(of('mx').webhookUrl).toBe('http://127.0.0.1:3000/webhooks/mx/<webhookSecret>');
    expect(of('akoya').webhookUrl).toBeNull();
    const theirs = await rig.get('/v1/connectors', { key: keys.other });
    expect(theirs.body.data[0].webhookUrl).toBe(`http://127.0.0.1:3000/tenants/${OTHER_TENANT}/webhooks/meld`);
  });

  it('that are off refuse a refresh with what to set', async () => {
    const { id } = await importOne(rig, { connector: 'bud', provider: 'BUD' });
    const { status, body } = await rig.post(`/v1/connections/${id}/refresh`, { mode: 'force' });
    expect([status, body.type]).toEqual([503, '/problems/provider-closed']);
    expect(body.detail).toContain('The connector bud is switched off: to switch it on, set BUD_API_KEY.');
    const repair = await rig.call('DELETE', `/v1/connections/${id}`);
    expect([repair.status, repair.body.detail]).toEqual([503, expect.stringContaining('Set BUD_API_KEY, and send')]);
  });
});

describe('health and metrics', () => {
  it('need no key', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const { status, body } = await rig.get(path, { key: null });
      expect([status, body]).toEqual([200, { status: 'ok' }]);
    }
  });

  it('count requests by route, decisions by verdict and tasks by their end', async () => {
    const { id, task } = await force();
    await rig.post(`/v1/connections/${id}/refresh`, { products: ['OWNERS'] });
    await rig.post(`/v1/tasks/${task.id}/cancel`);
    await rig.get('/no/such/thing/at/all');
    await force();
    const { text } = await rig.get('/metrics', { key: null });
    expect(text).toContain('freshet_decisions_total{verdict="force",refusal=""} 2');
    expect(text).toContain('freshet_decisions_total{verdict="refuse",refusal="product-not-granted"} 1');
    expect(text).toContain('freshet_tasks_ended_total{state="cancelled"} 1');
    expect(text).toContain('freshet_queue_depth{kind="task"} 1');
    expect(text).toMatch(
      /freshet_http_request_duration_seconds_count\{method="POST",route="\/v1\/connections\/:id\/refresh",status="202"\} 2/,
    );
    expect(text).toContain('route="unmatched"');
    expect(text).not.toContain('/no/such/thing');
    expect(text).not.toContain(id);
  });
});

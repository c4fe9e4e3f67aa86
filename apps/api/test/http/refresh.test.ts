import { HOUR, importOne, keys, NOW, row, startRig, type Rig } from './rig.js';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const refresh = (id: string, body?: unknown, headers: Record<string, string> = {}) =>
  rig.post(`/v1/connections/${id}/refresh`, body, { headers });

describe('verdicts', () => {
  it('force answers 202, shows the task and starts it at once', async () => {
    const { id } = await importOne(rig);
    const answer = await refresh(id, { mode: 'force', products: ['BALANCES'] });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/v1/tasks/${answer.body.task.id}`);
    expect(answer.body.decision).toMatchObject({
      connectionId: id,
      verdict: 'force',
      attended: false,
      mode: 'force',
      products: ['BALANCES'],
      cost: { amount: '0.100000', currency: 'USD' },
      taskId: answer.body.task.id,
      limits: [{ name: 'mx-cooldown', scope: 'group', limit: 1, remaining: 1, resetAt: null }],
      promotes: null,
      decidedAt: '2026-11-21T09:30:00.000Z',
    });
    expect(answer.body.task).toMatchObject({ state: 'queued', charge: 'reserved', executor: 'engine', attempts: 0 });
    expect(rig.nudges()).toBe(1);
    expect((await rig.get(`/v1/tasks/${answer.body.task.id}`)).body).toEqual(answer.body.task);
    expect((await rig.get(`/v1/decisions/${answer.body.decision.id}`)).body).toEqual(answer.body.decision);
    expect((await rig.get(`/v1/connections/${id}`)).body.openTaskId).toBe(answer.body.task.id);
  });

  it('join answers 202 with the task that is in flight, and starts nothing', async () => {
    const { id } = await importOne(rig);
    const first = await refresh(id, { mode: 'force' });
    const second = await refresh(id, { mode: 'force' });
    expect(second.status).toBe(202);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(second.body.decision.verdict).toBe('join');
    expect(second.body.task.id).toBe(first.body.task.id);
    expect(rig.nudges()).toBe(1);
  });

  it('reuse answers 200 with the time of the data', async () => {
    const { id } = await importOne(rig, { lastSuccessAt: new Date(NOW - 5 * 60_000).toISOString() });
    const answer = await refresh(id, { maxAge: 'PT15M' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('location')).toBeNull();
    expect(answer.body).toMatchObject({
      decision: { verdict: 'reuse', asOf: '2026-11-21T09:25:00.000Z', taskId: null },
      task: null,
    });
  });

  it('wait answers 200 with the time of the background refresh; an empty or missing body asks for that', async () => {
    const { id } = await importOne(rig, { lastSuccessAt: new Date(NOW - 23.8 * HOUR).toISOString() });
    for (const sent of [undefined, {}, null]) {
      const answer = await refresh(id, sent);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({
        decision: { verdict: 'wait', mode: 'auto', nextBackgroundAt: '2026-11-21T09:42:00.000Z', cost: null },
        task: null,
      });
    }
  });

  it('null is the same as absent', async () => {
    const { id } = await importOne(rig);
    const nulls = { mode: null, products: null, maxAge: null, from: null, to: null, customerPresent: null };
    const key = { 'idempotency-key': 'nulls' };
    const first = await refresh(id, nulls, key);
    const again = await refresh(id, {}, key);
    expect(again.status).toBe(first.status);
    expect(again.body).toEqual(first.body);
  });

  it('a customer who is present makes it attended, and their address is shown nowhere', async () => {
    const { id } = await importOne(rig, { status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' });
    const unattended = await refresh(id, { mode: 'force' });
    expect(unattended).toMatchObject({ status: 409, body: { type: '/problems/customer-required' } });
    const attended = await refresh(id, {
      mode: 'force',
      customerPresent: { ip: '203.0.113.7', userAgent: 'Browser/1' },
    });
    expect(attended).toMatchObject({ status: 202, body: { decision: { attended: true }, task: { attended: true } } });
    expect(attended.text).not.toContain('203.0.113.7');
    const decision = await rig.get(`/v1/decisions/${attended.body.decision.id}`);
    expect(decision.text).not.toContain('203.0.113.7');
  });
});

describe('refusals are problems', () => {
  const refusal = async (more: Readonly<Record<string, unknown>>, body: unknown) => {
    const { id } = await importOne(rig, more);
    return { id, ...(await refresh(id, body)) };
  };

  it.each([
    ['RECONNECT_REQUIRED', 'LOGIN_REQUIRED', 'repair'],
    ['IN_PROGRESS', null, 'connect'],
    ['DELETED', null, null],
  ])('%s is not refreshable, and says what helps instead', async (status, statusReason, operation) => {
    const { id, status: code, headers, body } = await refusal({ status, statusReason }, { mode: 'force' });
    expect(code).toBe(409);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body).toMatchObject({
      type: '/problems/not-refreshable',
      title: 'The status forbids a refresh',
      status: 409,
      instance: `/v1/connections/${id}/refresh`,
      requestId: headers.get('x-request-id'),
      operation,
      connectionId: id,
    });
    const decision = await rig.get(`/v1/decisions/${body.decisionId}`);
    expect(decision.body).toMatchObject({ verdict: 'refuse', connectionId: id });
  });

  it('a product that is not granted', async () => {
    const { status, body } = await refusal({}, { products: ['OWNERS'] });
    expect([status, body.type]).toEqual([400, '/problems/product-not-granted']);
  });

  it('a range that the provider cannot serve', async () => {
    const { status, body } = await refusal({}, { mode: 'force', from: '2026-11-01T00:00:00Z' });
    expect([status, body.type]).toEqual([400, '/problems/range-out-of-reach']);
  });

  it('a provider that is never forced', async () => {
    const { status, body } = await refusal({ provider: 'UNHEARD_OF' }, { mode: 'force' });
    expect([status, body.type]).toEqual([409, '/problems/not-forceable']);
  });

  it('a provider that is paused: 503, and Retry-After although nobody knows when', async () => {
    await rig.call('PATCH', '/v1/providers/MX', { body: { paused: true } });
    const { status, headers, body } = await refusal({}, { mode: 'force' });
    expect([status, body.type, body.retryAt]).toEqual([503, '/problems/provider-closed', undefined]);
    expect(headers.get('retry-after')).toBe('60');
  });

  it('a cooldown: 429, the limit, and Retry-After rounded up to whole seconds of the engine clock', async () => {
    const { id } = await importOne(rig);
    const forced = await refresh(id, { mode: 'force' });
    await rig.post(`/v1/tasks/${forced.body.task.id}/cancel`);
    const { id: recent } = await importOne(rig, { lastSuccessAt: new Date(NOW - 1.5).toISOString() });
    const { status, headers, body } = await refresh(recent, { mode: 'force' });
    expect([status, body.type, body.limit]).toEqual([429, '/problems/rate-limited', 'mx-cooldown']);
    expect(body.detail).toContain('mx-cooldown');
    const seconds = Number(headers.get('retry-after'));
    expect(seconds).toBe(Math.ceil((Date.parse(body.retryAt) - NOW) / 1_000));
    rig.clock.advance(Date.parse(body.retryAt) - NOW - 1);
    expect((await refresh(recent, { mode: 'force' })).headers.get('retry-after')).toBe('1');
    rig.clock.advance(1);
    expect((await refresh(recent, { mode: 'force' })).status).toBe(202);
  });

  it('a budget: 429, its name and when its period turns', async () => {
    await rig.close();
    const budgets = [{ name: 'tight', currency: 'USD', amount: '0.15', period: 'month', timeZone: 'UTC' }];
    rig = await startRig({ policyFile: { version: 1, budgets } });
    const { id } = await importOne(rig);
    expect((await refresh(id, { mode: 'force' })).status).toBe(202);
    const { status, headers, body } = await refusal({}, { mode: 'force' });
    expect([status, body.type, body.budget]).toEqual([429, '/problems/budget-exhausted', 'tight']);
    expect(body.retryAt).toBe('2026-12-01T00:00:00.000Z');
    expect(headers.get('retry-after')).toBe(String((Date.parse(body.retryAt) - NOW) / 1_000));
  });
});

describe('preview', () => {
  it('answers 200 whatever the verdict, and changes nothing', async () => {
    const { id } = await importOne(rig);
    const before = await rig.get(`/v1/connections/${id}`);
    const force = await rig.post(`/v1/connections/${id}/refresh/preview`, { mode: 'force' });
    expect(force).toMatchObject({ status: 200, body: { decision: { verdict: 'force' } } });
    const refuse = await rig.post(`/v1/connections/${id}/refresh/preview`, { products: ['OWNERS'] });
    expect(refuse).toMatchObject({ status: 200, body: { decision: { verdict: 'refuse' } } });
    expect((await rig.get(`/v1/connections/${id}`)).body).toEqual(before.body);
    expect((await rig.get('/v1/decisions')).body.data).toEqual([]);
    expect((await rig.get(`/v1/decisions/${force.body.decision.id}`)).status).toBe(404);
    expect((await rig.get('/v1/tasks')).body.data).toEqual([]);
  });
});

describe('Idempotency-Key', () => {
  const key = (value: string) => ({ 'idempotency-key': value });

  it('gives the same answer again, and never a second refresh', async () => {
    const { id } = await importOne(rig);
    const first = await refresh(id, { mode: 'force' }, key('one'));
    await rig.post(`/v1/tasks/${first.body.task.id}/cancel`);
    const again = await refresh(id, { mode: 'force', products: null }, key('one'));
    expect(again.status).toBe(202);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    expect((await rig.get('/v1/tasks')).body.data).toHaveLength(1);
  });

  it('a refusal is kept too', async () => {
    const { id } = await importOne(rig, { status: 'EXPIRED' });
    const first = await refresh(id, {}, key('refused'));
    const again = await refresh(id, {}, key('refused'));
    expect([again.status, again.body.decisionId]).toEqual([409, first.body.decisionId]);
  });

  it('with another body is 422', async () => {
    const { id } = await importOne(rig);
    await refresh(id, { mode: 'force' }, key('two'));
    const other = await refresh(id, { mode: 'auto' }, key('two'));
    expect([other.status, other.body.type]).toEqual([422, '/problems/idempotency-mismatch']);
  });

  it('belongs to its tenant and connection, and ends after a day', async () => {
    const mine = await importOne(rig);
    const second = await importOne(rig);
    const theirs = await importOne(rig, {}, keys.other);
    const answers = [
      await refresh(mine.id, { mode: 'force' }, key('shared')),
      await refresh(second.id, { mode: 'auto', products: ['BALANCES'] }, key('shared')),
      await rig.post(`/v1/connections/${theirs.id}/refresh`, {}, { headers: key('shared'), key: keys.other }),
    ];
    expect(answers.map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, null, null]);
    rig.clock.advance(25 * HOUR);
    expect((await refresh(mine.id, {}, key('shared'))).headers.get('idempotency-replayed')).toBeNull();
  });

  it('the quoted form of a structured header names the same key', async () => {
    const { id } = await importOne(rig);
    const first = await refresh(id, {}, key('abc"d'));
    const again = await refresh(id, {}, key('"abc\\"d"'));
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  it('at once: one decision, whoever wins', async () => {
    const { id } = await importOne(rig);
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(id, { mode: 'force' }, key('race'))));
    expect(new Set(answers.map(({ body }) => body.decision.id)).size).toBe(1);
    expect((await rig.get('/v1/decisions')).body.data).toHaveLength(1);
  });

  it.each([
    ['empty', ''],
    ['too long', 'x'.repeat(256)],
    ['with a space', 'a b'],
    ['an empty quoted one', '""'],
    ['beyond ASCII', 'caf\u00e9'],
  ])('%s is refused', async (_, value) => {
    const { id } = await importOne(rig);
    const { status, body } = await refresh(id, {}, key(value));
    expect([status, body.type]).toEqual([400, '/problems/invalid-request']);
    expect(body.errors[0].pointer).toBe('/Idempotency-Key');
  });
});

it('connections that share a provider connection join the same task', async () => {
  const twins = [row({ providerConnectionId: 'shared' }), row({ providerConnectionId: 'shared' })];
  const { body } = await rig.post('/v1/connections/import', { connections: twins });
  const [first, second] = body.data;
  const forced = await refresh(first.id, { mode: 'force' });
  const joined = await refresh(second.id, { mode: 'force' });
  expect(joined.body).toMatchObject({ decision: { verdict: 'join' }, task: { id: forced.body.task.id } });
  expect(first.duplicateConnectionIds).toEqual([second.id]);
});

import { HOUR, importOne, keys, NOW, row, startRig, TENANT, type Rig } from './rig.js';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const imports = (...connections: readonly unknown[]) => rig.post('/v1/connections/import', { connections });

describe('import', () => {
  it('answers with the connection, and never with its credentials', async () => {
    const given = row({
      externalId: 'ext-1',
      customerId: 'c-1',
      providerConnectionId: 'm-1',
      credentials: { accessToken: 'sesame' },
    });
    const answer = await imports(given);
    expect(answer.status).toBe(201);
    expect(answer.text).not.toContain('sesame');
    const [connection] = answer.body.data;
    const { imported, ...rest } = connection;
    expect(imported).toBe('created');
    expect(rest).toEqual({
      id: expect.stringMatching(/^conn_/),
      externalId: 'ext-1',
      connector: 'meld',
      provider: 'MX',
      customerId: 'c-1',
      institutionId: 'bank',
      providerConnectionId: 'm-1',
      status: 'ACTIVE',
      statusReason: null,
      products: ['BALANCES', 'TRANSACTIONS'],
      duplicateConnectionIds: [],
      activeDuplicateConnectionId: null,
      lastSuccessAt: '2026-11-20T13:30:00.000Z',
      freshness: { BALANCES: '2026-11-20T13:30:00.000Z', TRANSACTIONS: '2026-11-20T13:30:00.000Z' },
      lastAttemptAt: '2026-11-20T13:30:00.000Z',
      lastForcedAt: null,
      consecutiveFailures: 0,
      stale: false,
      nextBackgroundAt: '2026-11-21T13:30:00.000Z',
      nextForcedAt: '2026-11-21T09:30:00.000Z',
      consentExpiresAt: null,
      openTaskId: null,
      operations: { refresh: true, repair: false, updateProducts: true, delete: true },
      createdAt: '2026-11-21T09:30:00.000Z',
      updatedAt: '2026-11-21T09:30:00.000Z',
    });
    expect((await rig.get(`/v1/connections/${connection.id}`)).body).toEqual(rest);
  });

  it('again updates it, and says so; null and absent fields stay as they are', async () => {
    const first = await importOne(rig, { externalId: 'same', loginFingerprint: 'print' });
    const again = await importOne(rig, {
      externalId: 'same',
      customerId: first.customerId,
      providerConnectionId: null,
      lastSuccessAt: null,
      status: null,
      statusReason: null,
      products: ['BALANCES'],
    });
    expect(again).toMatchObject({
      id: first.id,
      imported: 'updated',
      providerConnectionId: first.providerConnectionId,
      lastSuccessAt: first.lastSuccessAt,
      status: 'ACTIVE',
      products: ['BALANCES'],
    });
  });

  it('takes every status, with each reason that belongs to it', async () => {
    const { body } = await imports(
      row({ status: 'RECONNECT_REQUIRED', statusReason: 'TOKEN_EXPIRED' }),
      row({ status: 'DEGRADED' }),
      row({ status: 'UNDETERMINED' }),
      row({ statusReason: 'ACCESS_EXPIRING_SOON' }),
    );
    expect(
      body.data.map((one: { status: string; statusReason: string | null }) => [one.status, one.statusReason]),
    ).toEqual([
      ['RECONNECT_REQUIRED', 'TOKEN_EXPIRED'],
      ['DEGRADED', null],
      ['UNDETERMINED', null],
      ['ACTIVE', 'ACCESS_EXPIRING_SOON'],
    ]);
  });

  it('is all or nothing', async () => {
    const { status, body } = await imports(row(), row({ provider: 'mx' }));
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      {
        pointer: '/connections/1/provider',
        message: expect.stringContaining('connections[1].provider: must be the name of a provider'),
      },
    ]);
    expect((await rig.get('/v1/connections')).body.data).toEqual([]);
  });

  it('one identity twice is refused where it comes again', async () => {
    const { status, body } = await imports(row({ externalId: 'twice' }), row(), row({ externalId: 'twice' }));
    expect([status, body.errors[0].pointer]).toEqual([400, '/connections/2/externalId']);
  });

  it('a row without externalId needs a connector that imports by itself', async () => {
    const { status, body } = await imports(row({ externalId: null, provider: 'MX' }));
    expect([status, body.errors[0].pointer]).toEqual([400, '/connections/0/externalId']);
  });

  it('takes a thousand rows, and not one more', async () => {
    const thousand = Array.from({ length: 1_000 }, () => row());
    expect((await imports(...thousand)).body.data).toHaveLength(1_000);
    const { status, body } = await imports(...thousand, row());
    expect([status, body.errors]).toEqual([
      400,
      [{ pointer: '/connections', message: 'connections: must have at most 1000 entries.' }],
    ]);
  });

  it('duplicates show each other, the most recently refreshed first', async () => {
    const twin = (hours: number) =>
      row({ providerConnectionId: 'one-member', lastSuccessAt: new Date(NOW - hours * HOUR).toISOString() });
    const { body } = await imports(twin(30), twin(10), twin(20));
    const [old, newest, middle] = body.data;
    expect(newest).toMatchObject({
      status: 'ACTIVE',
      duplicateConnectionIds: [middle.id, old.id],
      activeDuplicateConnectionId: newest.id,
    });
    expect(old).toMatchObject({
      status: 'PARTIALLY_ACTIVE',
      statusReason: 'INACTIVE_DUPLICATE',
      duplicateConnectionIds: [newest.id, middle.id],
      activeDuplicateConnectionId: newest.id,
    });
    const list = async (query: string) =>
      (await rig.get(`/v1/connections?${query}`)).body.data.map(({ id }: { id: string }) => id);
    expect(await list('duplicate=active')).toEqual([newest.id]);
    expect(await list('duplicate=inactive')).toEqual([middle.id, old.id]);
  });
});

it('lists by customer, provider, status and staleness', async () => {
  const { body } = await imports(
    row({ customerId: 'carol' }),
    row({ provider: 'PLAID' }),
    row({ status: 'DEGRADED' }),
    row({ lastSuccessAt: new Date(NOW - 90 * 24 * HOUR).toISOString() }),
  );
  const ids = body.data.map(({ id }: { id: string }) => id);
  const list = async (query: string) =>
    (await rig.get(`/v1/connections?${query}`)).body.data.map(({ id }: { id: string }) => ids.indexOf(id));
  expect(await list('customerId=carol')).toEqual([0]);
  expect(await list('provider=PLAID')).toEqual([1]);
  expect(await list('status=DEGRADED')).toEqual([2]);
  expect(await list('stale=true')).toEqual([3]);
  expect(await list('customerId=carol&provider=PLAID')).toEqual([]);
});

it('history tells every status change, the newest first', async () => {
  const { id } = await importOne(rig, { externalId: 'told', customerId: 'x' });
  await importOne(rig, {
    externalId: 'told',
    customerId: 'x',
    status: 'RECONNECT_REQUIRED',
    statusReason: 'LOGIN_REQUIRED',
  });
  const { body } = await rig.get(`/v1/connections/${id}/history`);
  expect(body.data).toMatchObject([
    {
      event: 'imported',
      from: 'ACTIVE',
      to: 'RECONNECT_REQUIRED',
      reason: 'LOGIN_REQUIRED',
      at: '2026-11-21T09:30:00.000Z',
    },
    { event: 'imported', from: null, to: 'ACTIVE', reason: null },
  ]);
  expect(body.data[0].cause).toEqual(expect.any(String));
});

describe('repair', () => {
  it('answers 202 with the page for the customer, and leaves the status alone', async () => {
    const { id } = await importOne(rig, { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' });
    const answer = await rig.post(`/v1/connections/${id}/repair`);
    expect([answer.status, answer.body]).toEqual([
      202,
      { connectUrl: 'https://connect.example/1', expiresAt: '2026-11-21T10:30:00.000Z' },
    ]);
    expect((await rig.get(`/v1/connections/${id}`)).body.status).toBe('RECONNECT_REQUIRED');
  });

  it('is 409 where the status forbids it', async () => {
    const { id } = await importOne(rig);
    const { status, body } = await rig.post(`/v1/connections/${id}/repair`);
    expect([status, body.type]).toEqual([409, '/problems/operation-not-allowed']);
  });

  it.each([
    [{ kind: 'refused', message: 'no such user' } as const, 409, 'operation-not-allowed', null],
    [{ kind: 'limited', until: NOW + 1_500, scope: 'provider' } as const, 429, 'rate-limited', '2'],
    [
      { kind: 'unavailable', who: 'provider', retryAt: NOW + 30_000, message: 'down' } as const,
      503,
      'provider-closed',
      '30',
    ],
    [{ kind: 'unknown', message: 'no reply' } as const, 503, 'provider-closed', '60'],
  ])('tells what the provider answered: %j', async (link, status, slug, retryAfter) => {
    rig.meld.script({ repair: [link] });
    const { id } = await importOne(rig, { status: 'RECONNECT_REQUIRED' });
    const answer = await rig.post(`/v1/connections/${id}/repair`);
    expect([answer.status, answer.body.type]).toEqual([status, `/problems/${slug}`]);
    expect(answer.headers.get('retry-after')).toBe(retryAfter);
  });

  it('is 503 while the connector is switched off', async () => {
    const { id } = await importOne(rig, { connector: 'akoya', provider: 'AKOYA', status: 'RECONNECT_REQUIRED' });
    const { status, body } = await rig.post(`/v1/connections/${id}/repair`);
    expect([status, body.type]).toEqual([503, '/problems/provider-closed']);
  });
});

it('adds products: 202, and they are granted', async () => {
  const { id } = await importOne(rig);
  const answer = await rig.post(`/v1/connections/${id}/products`, { products: ['OWNERS'] });
  expect([answer.status, answer.body.products]).toEqual([202, ['BALANCES', 'TRANSACTIONS', 'OWNERS']]);
  expect(rig.meld.callsOf('addProducts')).toHaveLength(1);
});

it('deletes once; it stays readable as DELETED, and a second time is 409', async () => {
  const { id } = await importOne(rig);
  const first = await rig.call('DELETE', `/v1/connections/${id}`);
  expect([first.status, first.text]).toEqual([204, '']);
  expect((await rig.get(`/v1/connections/${id}`)).body).toMatchObject({
    status: 'DELETED',
    operations: { refresh: false, repair: false, updateProducts: false, delete: false },
  });
  const second = await rig.call('DELETE', `/v1/connections/${id}`);
  expect([second.status, second.body.type]).toEqual([409, '/problems/operation-not-allowed']);
  expect((await rig.post(`/v1/connections/${id}/products`, { products: ['OWNERS'] })).status).toBe(409);
});

it('deletes what its caller reads, though no connector is there; the credentials go with it', async () => {
  const { id } = await importOne(rig, { connector: 'akoya', provider: 'AKOYA', credentials: { token: 't' } });
  expect((await rig.call('DELETE', `/v1/connections/${id}`)).status).toBe(204);
  expect((await rig.get(`/v1/connections/${id}`)).body.status).toBe('DELETED');
  expect(await rig.engine.store.read('connection', { tenantId: TENANT, id })).toMatchObject({ credentials: null });
});

it('does not delete what only a connector could sever, and names the connector', async () => {
  const { id } = await importOne(rig, { connector: 'mx' });
  const { status, body } = await rig.call('DELETE', `/v1/connections/${id}`);
  expect([status, body.type]).toEqual([503, '/problems/provider-closed']);
  expect(body.detail).toContain('The connector mx is not configured');
  expect((await rig.get(`/v1/connections/${id}`)).body.status).toBe('ACTIVE');
});

it('a key sees what its scope allows', async () => {
  const { id } = await importOne(rig);
  const as = (key: string) => ({ key });
  expect((await rig.get(`/v1/connections/${id}`, as(keys.reader))).status).toBe(200);
  const refused = await rig.post(`/v1/connections/${id}/refresh`, {}, as(keys.reader));
  expect([refused.status, refused.body.type]).toEqual([403, '/problems/forbidden']);
  expect((await rig.post(`/v1/connections/${id}/refresh`, {}, as(keys.refresher))).status).toBe(202);
  expect((await rig.get(`/v1/connections/${id}`, as(keys.refresher))).status).toBe(403);
  expect((await rig.call('DELETE', `/v1/connections/${id}`, as(keys.refresher))).status).toBe(403);
});

import { importOne, NOW, row, startRig, type Rig } from './rig.js';

let rig: Rig;
let id: string;
beforeAll(async () => {
  rig = await startRig();
  ({ id } = await importOne(rig));
});
afterAll(() => rig.close());

const faultsOf = ({ status, body }: { status: number; body: { type: string; errors: { pointer: string }[] } }) => {
  expect([status, body.type]).toEqual([400, '/problems/invalid-request']);
  return body.errors.map(({ pointer }) => pointer);
};

describe('a refresh', () => {
  it.each([
    ['mode', { mode: 'harder' }],
    ['mode', { mode: 1 }],
    ['products', { products: 'BALANCES' }],
    ['products', { products: [] }],
    ['products', { products: ['BALANCES', 'BALANCES'] }],
    ['products/1', { products: ['BALANCES', 'CRYPTO'] }],
    ['maxAge', { maxAge: '15m' }],
    ['maxAge', { maxAge: 'PT0S' }],
    ['maxAge', { maxAge: 'P1M' }],
    ['maxAge', { maxAge: 'P9999D' }],
    ['maxAge', { maxAge: 900 }],
    ['from', { from: '2026-11-01' }],
    ['from', { from: '2026-02-30T00:00:00Z' }],
    ['from', { from: '2026-11-01T00:00:00' }],
    ['to', { from: '2026-11-02T00:00:00Z', to: '2026-11-01T00:00:00Z' }],
    ['customerPresent', { customerPresent: true }],
    ['customerPresent/ip', { customerPresent: {} }],
    ['customerPresent/ip', { customerPresent: { ip: null } }],
    ['customerPresent/ip', { customerPresent: { ip: '999.1.1.1' } }],
    ['customerPresent/ip', { customerPresent: { ip: 'localhost' } }],
    ['customerPresent/userAgent', { customerPresent: { ip: '::1', userAgent: 'x'.repeat(1_025) } }],
    ['customerPresent/agent', { customerPresent: { ip: '::1', agent: 'x' } }],
    ['force', { force: true }],
    ['a~1b~0c', { 'a/b~c': 1 }],
    ['constructor', { constructor: 1 }],
  ])('with a wrong %s is refused: %j', async (pointer, body) => {
    for (const path of ['refresh', 'refresh/preview']) {
      expect(faultsOf(await rig.post(`/v1/connections/${id}/${path}`, body))).toEqual([`/${pointer}`]);
    }
  });

  it('every fault is listed, and each names its field, the rule and the way out', async () => {
    const { body } = await rig.post(`/v1/connections/${id}/refresh`, {
      mode: 'x',
      maxAge: 'soon',
      unknown: 1,
      other: 2,
    });
    expect(body.errors).toEqual([
      { pointer: '/mode', message: 'mode: must be one of auto, force.' },
      { pointer: '/maxAge', message: expect.stringContaining('maxAge: must be an ISO-8601 duration such as PT15M') },
      { pointer: '/unknown', message: 'unknown: is not a field that this request has: leave it out.' },
      { pointer: '/other', message: 'other: is not a field that this request has: leave it out.' },
    ]);
    expect(body.detail).toBe('mode: must be one of auto, force. (and 3 more)');
  });

  it.each(['[]', '"text"', '1', 'true'])('whose body is %s is refused as a whole', async (raw) => {
    const answer = await rig.call('POST', `/v1/connections/${id}/refresh`, { raw });
    expect(faultsOf(answer)).toEqual(['']);
    expect(answer.body.errors[0].message).toBe('The body must be an object.');
  });
});

describe('an import', () => {
  const tomorrow = new Date(NOW + 86_400_000).toISOString();

  it.each([
    ['connector', { connector: 'Meld' }],
    ['connector', { connector: null }],
    ['provider', { provider: '' }],
    ['customerId', { customerId: '' }],
    ['customerId', { customerId: 'x'.repeat(257) }],
    ['customerId', { customerId: 7 }],
    ['institutionId', { institutionId: undefined }],
    ['externalId', { externalId: 'a\u0000b' }],
    ['externalId', { externalId: 'half \ud800' }],
    ['externalId', { externalId: 'two\nlines' }],
    ['products', { products: [] }],
    ['products', { products: null }],
    ['products/0', { products: ['balances'] }],
    ['optionalProducts', { optionalProducts: ['OWNERS', 'OWNERS'] }],
    ['status', { status: 'FINE' }],
    ['statusReason', { status: 'ACTIVE', statusReason: 'LOGIN_REQUIRED' }],
    ['statusReason', { statusReason: 'LOGIN_REQUIRED' }],
    ['statusReason', { status: 'EXPIRED', statusReason: 'OTHER' }],
    ['lastSuccessAt', { lastSuccessAt: tomorrow }],
    ['connectedAt', { connectedAt: tomorrow }],
    ['connectedAt', { connectedAt: 'yesterday' }],
    ['historicalLoaded', { historicalLoaded: 'yes' }],
    ['consentExpiresAt', { consentExpiresAt: 0 }],
    ['credentials', { credentials: 'token' }],
    ['credentials/token', { credentials: { token: 1 } }],
    ['login', { login: 'x' }],
  ])('with a wrong %s is refused: %j', async (field, more) => {
    const connections = [row(), row(more)];
    expect(faultsOf(await rig.post('/v1/connections/import', { connections }))).toEqual([`/connections/1/${field}`]);
  });

  it('takes a time that is a little ahead of our clock', async () => {
    const connections = [row({ lastSuccessAt: new Date(NOW + 4 * 60_000).toISOString() })];
    expect((await rig.post('/v1/connections/import', { connections })).status).toBe(201);
  });

  it('lists the faults of all rows, those of time too', async () => {
    const connections = [
      row({ provider: 'mx' }),
      row({ lastSuccessAt: tomorrow, status: 'FINE' }),
      row({ statusReason: 'x' }),
    ];
    expect(faultsOf(await rig.post('/v1/connections/import', { connections }))).toEqual([
      '/connections/0/provider',
      '/connections/1/status',
      '/connections/1/lastSuccessAt',
      '/connections/2/statusReason',
    ]);
  });

  it.each([
    ['', undefined],
    ['', null],
    ['/connections', {}],
    ['/connections', { connections: null }],
    ['/connections', { connections: [] }],
    ['/connections', { connections: {} }],
    ['/connections/0', { connections: [null] }],
  ])('needs its rows (%s): %j', async (pointer, body) => {
    expect(faultsOf(await rig.post('/v1/connections/import', body))).toEqual([pointer]);
  });

  it('never repeats what was sent: it may be a secret', async () => {
    const connections = [row({ credentials: { token: { secret: 'sesame' } }, provider: 'sesame' })];
    expect((await rig.post('/v1/connections/import', { connections })).text).not.toContain('sesame');
  });

  it('a thousand faulty rows do not make an answer without end', async () => {
    const connections = Array.from({ length: 1_000 }, () => ({}));
    const { body } = await rig.post('/v1/connections/import', { connections });
    expect(body.errors).toHaveLength(501);
    expect(body.errors[500].message).toBe('4500 more faults are not listed.');
  });
});

describe('other bodies', () => {
  it.each([
    ['POST', () => `/v1/connections/${id}/products`, {}, '/products'],
    ['POST', () => `/v1/connections/${id}/products`, { products: [] }, '/products'],
    ['PATCH', () => '/v1/providers/MX', {}, '/paused'],
    ['PATCH', () => '/v1/providers/MX', { paused: 'yes' }, '/paused'],
    ['PATCH', () => '/v1/providers/MX', { paused: true, until: 'x' }, '/until'],
    ['POST', () => '/v1/tasks/task_01a1fd70-f1c0-7000-8000-000000000005/outcome', {}, '/outcome'],
    ['POST', () => '/v1/tasks/task_01a1fd70-f1c0-7000-8000-000000000005/outcome', { outcome: 'great' }, '/outcome'],
    [
      'POST',
      () => '/v1/tasks/task_01a1fd70-f1c0-7000-8000-000000000005/outcome',
      { outcome: 'limited', code: '' },
      '/code',
    ],
    [
      'POST',
      () => '/v1/tasks/task_01a1fd70-f1c0-7000-8000-000000000005/outcome',
      { outcome: 'done', asOf: '2027-01-01T00:00:00Z' },
      '/asOf',
    ],
  ])('%s %s %j', async (method, path, body, pointer) => {
    expect(faultsOf(await rig.call(method, path(), { body }))).toEqual([pointer]);
  });
});

describe('queries', () => {
  it.each([
    '/v1/connections?limit=0',
    '/v1/connections?limit=501',
    '/v1/connections?limit=-1',
    '/v1/connections?limit=1e2',
    '/v1/connections?limit=',
    '/v1/connections?limit=1&limit=2',
    '/v1/connections?limit=1000000000000',
    '/v1/connections?page=2',
    '/v1/connections?__proto__=2',
    '/v1/connections?status=FINE',
    '/v1/connections?duplicate=both',
    '/v1/connections?stale=maybe',
    '/v1/connections?customerId=',
    '/v1/connections?cursor=',
    '/v1/connections?cursor=bm9uc2Vuc2U',
    '/v1/tasks?state=done',
    '/v1/tasks?executor=robot',
    '/v1/decisions?verdict=no',
    '/v1/decisions?from=yesterday',
    '/v1/decisions?to=2026-11-21',
  ])('%s is refused', async (path) => {
    const { status, body } = await rig.get(path);
    expect([status, body.type]).toEqual([400, '/problems/invalid-request']);
    const name = /\?(\w+)=/.exec(path)?.[1];
    expect(body.errors).toEqual([{ pointer: `/${name}`, message: expect.stringContaining(`${name}: `) }]);
  });
});

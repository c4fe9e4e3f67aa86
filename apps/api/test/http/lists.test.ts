import { importOne, keys, row, startRig, type Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  const connections = Array.from({ length: 7 }, () => row({ customerId: 'carol' }));
  await rig.post('/v1/connections/import', { connections });
  await importOne(rig, { customerId: 'carol' }, keys.other);
});
afterAll(() => rig.close());

const ids = (body: { data: { id: string }[] }): readonly string[] => body.data.map(({ id }) => id);

it('pages bring everything once, the newest first, and say when there is no more', async () => {
  const whole = await rig.get('/v1/connections');
  expect(ids(whole.body)).toHaveLength(7);
  expect(whole.body.nextCursor).toBeNull();
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const { body } = await rig.get(`/v1/connections?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`);
    seen.push(...ids(body));
    cursor = body.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual(ids(whole.body));
  expect((await rig.get('/v1/connections?limit=7')).body.nextCursor).toBeNull();
});

it('a cursor says nothing, and may be used with another limit', async () => {
  const { body } = await rig.get('/v1/connections?limit=2');
  expect(body.nextCursor).toMatch(/^[\w-]+$/);
  expect(ids((await rig.get(`/v1/connections?limit=5&cursor=${body.nextCursor}`)).body)).toHaveLength(5);
});

describe('a cursor is refused', () => {
  const cursorOf = async (path: string, key?: string): Promise<string> =>
    (await rig.get(path, key === undefined ? {} : { key })).body.nextCursor;
  const refused = async (path: string, key: string = keys.admin) => {
    const { status, body } = await rig.get(path, { key });
    expect([status, body.errors]).toEqual([
      400,
      [{ pointer: '/cursor', message: expect.stringContaining('this very list') }],
    ]);
  };

  it('of another tenant', async () => {
    await refused(`/v1/connections?cursor=${await cursorOf('/v1/connections?limit=1')}`, keys.other);
  });

  it('of another list', async () => {
    await refused(`/v1/decisions?cursor=${await cursorOf('/v1/connections?limit=1')}`);
  });

  it('with other filters', async () => {
    const cursor = await cursorOf('/v1/connections?limit=1&customerId=carol');
    expect((await rig.get(`/v1/connections?customerId=carol&cursor=${cursor}`)).status).toBe(200);
    await refused(`/v1/connections?cursor=${cursor}`);
    await refused(`/v1/connections?customerId=dave&cursor=${cursor}`);
  });

  it('once it was edited', async () => {
    const cursor = await cursorOf('/v1/connections?limit=1');
    const bytes = Buffer.from(cursor, 'base64url');
    bytes[5] = (bytes[5] ?? 0) ^ 1;
    await refused(`/v1/connections?cursor=${bytes.toString('base64url')}`);
    await refused('/v1/connections?cursor=conn_01a1fd70-f1c0-7000-8000-000000000005');
  });
});

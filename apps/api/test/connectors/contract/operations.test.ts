import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ConnectionCall, Connector, RefreshContext } from '@freshet/ports';
import type { Misbehaviour } from './misbehaving-proxy.js';
import { everyRow, type AnyConnectorRow } from './rows.js';
import { startWorld, type World } from './world.js';

const rows = everyRow.map((row) => [row.title, row] as const);
const DEADLINE_MS = 400;
const EVERY_CALL = /./;

const HTML = { 'content-type': 'text/html' };
const disturbances: Readonly<Record<string, Misbehaviour>> = {
  'the line is cut': 'cut',
  silence: 'silence',
  'a body that comes too slowly': 'slow-body',
  'a body without an end': 'endless-body',
  'an HTML page': { status: 200, headers: HTML, body: '<!doctype html><p>Sign in' },
  'an HTML error page': { status: 502, headers: HTML, body: '<!doctype html><p>Bad gateway' },
  'a body that is not JSON': { status: 200, body: '{"status":' },
  'JSON of another kind': { status: 200, body: '[null,7,"x"]' },
  'a redirect': { redirect: 302 },
  '429': { status: 429, body: '{}' },
  '500': { status: 500, body: '{}' },
  'a status code that nobody knows': { status: 599, body: '{}' },
};

const LOOK = { products: ['BALANCES'], asOfBefore: null } as const;

type Ask = (connector: Connector, call: ConnectionCall, context: RefreshContext) => Promise<{ readonly kind: string }>;

/** Everything but the forced call itself. What may be said of it where nothing readable came back. */
const asks: Readonly<Record<string, { readonly ask: Ask; readonly says: readonly string[] }>> = {
  status: {
    ask: async (connector, call, context) => ({ kind: (await connector.status(call, context))?.status ?? 'nothing' }),
    says: ['nothing'],
  },
  progress: {
    ask: (connector, call, context) =>
      connector.progress({ ...call, ...LOOK, providerTaskId: 'task', sentAt: context.now() }, context),
    says: ['unknown'],
  },
  repair: {
    ask: (connector, call, context) => connector.repair(call, context),
    says: ['refused', 'limited', 'unavailable', 'unknown'],
  },
  'more products': {
    ask: (connector, call, context) => connector.addProducts({ ...call, products: ['OWNERS'] }, context),
    says: ['refused', 'limited', 'unavailable', 'unknown'],
  },
  'new tokens': {
    ask: async (connector, call, context) => (await connector.tokens?.renew(call, context)) ?? { kind: 'refused' },
    says: ['refused', 'limited', 'unavailable', 'unknown'],
  },
  delete: {
    ask: (connector, call, context) => connector.delete(call, context),
    says: ['refused', 'limited', 'unavailable', 'unknown'],
  },
};

/** Something else than was asked for, but a 2xx: a change that is answered so was taken. */
const takenAtItsWord: readonly string[] = ['JSON of another kind'];

describe.each(rows)('%s: whatever else is asked', (_title, row) => {
  let world: World;
  let call: ConnectionCall;
  const known = row.connection(1);

  const register = async ({ connector, provider, products }: AnyConnectorRow, more: object = {}): Promise<void> => {
    const { credentials, providerConnectionId, ...ids } = known;
    const given = { ...(providerConnectionId && { providerConnectionId }), ...(credentials && { credentials }) };
    await world.register({ connector, provider, products, ...ids, ...given, ...more });
  };
  beforeEach(async () => {
    world = await startWorld();
    await register(row);
    call = { ...known, provider: row.provider };
    // A token, where one is needed.
    await world.connector(row).status(call, world.context());
  });
  afterEach(() => world.close());

  test('is answered where all is well, as far as it can do that', async () => {
    const connector = world.connector(row);
    // Where callers read by themselves there is nothing to show.
    const { refresh, repair, addProducts } = connector.capabilities;
    expect((await connector.status(call, world.context()))?.status).toBe(refresh ? 'ACTIVE' : undefined);
    const more = await connector.addProducts({ ...call, products: ['OWNERS'] }, world.context());
    // Which products can be added is the provider's to say; where none can, that is said.
    expect(addProducts ? ['accepted', 'refused'] : ['refused']).toContain(more.kind);
    await register(row, { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' });
    expect((await connector.status(call, world.context()))?.status).toBe(refresh ? 'RECONNECT_REQUIRED' : undefined);
    expect((await connector.repair(call, world.context())).kind).toBe(repair ? 'link' : 'refused');
    // Where the access has ended there may be nothing left to end.
    expect(['accepted', 'gone']).toContain((await connector.delete(call, world.context())).kind);
  });

  test('of a connection that the provider does not know is answered, too', async () => {
    const connector = world.connector(row);
    const nobody = { ...call, externalId: 'nobody', customerId: 'nobody', credentials: null };
    expect(await connector.status(nobody, world.context())).toBeNull();
    for (const { ask } of Object.values(asks)) {
      expect(typeof (await ask(connector, nobody, world.context())).kind).toBe('string');
    }
  });

  describe.each(Object.entries(asks))('%s', (name, { ask, says }) => {
    test.each(Object.entries(disturbances))('that meets %s', async (disturbance, meets) => {
      world.proxy.set({ on: EVERY_CALL, when: 'before', meets, times: 100 });
      const { kind } = await ask(world.connector(row), call, world.context(DEADLINE_MS));
      const isTaken = takenAtItsWord.includes(disturbance) && kind === 'accepted';
      if (!isTaken) expect({ name, says }).toEqual({ name, says: expect.arrayContaining([kind]) });
    });
  });
});

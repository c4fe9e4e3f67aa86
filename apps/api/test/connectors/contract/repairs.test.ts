import { afterEach, describe, expect, test } from '@jest/globals';
import { MINUTE } from '@freshet/domain';
import { importConnections, lookAtRepairs, repairConnection } from '@freshet/flows';
import { createMemoryStore } from '@freshet/ports/memory';
import { startEngine, TENANT } from './engine.js';
import { connectorRows, type ConnectorRow } from './rows.js';
import { startWorld, type World } from './world.js';

const BROKEN = { status: 'RECONNECT_REQUIRED', statusReason: 'LOGIN_REQUIRED' } as const;
const MANY = 9;

const rows = connectorRows.map((row) => [row.title, row] as const);
/** At Bud a consent may stand while the login behind it does not: only its webhooks tell. */
const showsRepair = ({ connector }: ConnectorRow): boolean => connector !== 'bud';

describe.each(rows)('%s: a repair of which no webhook tells', (_title, row) => {
  let world: World;
  afterEach(() => world.close());

  test('is seen once it is done, and not before', async () => {
    world = await startWorld({ backgroundPulls: false });
    const { engine, link, walk, connection } = startEngine(world, {
      store: createMemoryStore(),
      connectors: [world.connector(row)],
    });
    world.onWebhook(async () => 200);
    const known = row.connection(1);
    const { id } = await link(row, known);
    const { connector, provider, products } = row;
    const { externalId, customerId, institutionId } = known;
    await world.register({ connector, provider, externalId, ...BROKEN });
    await importConnections(engine, TENANT, [
      { connector, provider, products, externalId, customerId, institutionId, ...BROKEN },
    ]);
    const look = async () => {
      await walk(MINUTE);
      await lookAtRepairs(engine, MANY);
      return (await connection(id)).status;
    };

    const asked = await repairConnection(engine, TENANT, id);
    if (asked.kind !== 'link') throw new Error(asked.kind);
    expect(await look()).toBe('RECONNECT_REQUIRED');
    const [page] = asked.link.connectUrl.split('?');
    expect((await fetch(`${page}/complete`, { method: 'POST' })).ok).toBe(true);
    expect(await look()).toBe(showsRepair(row) ? 'ACTIVE' : 'RECONNECT_REQUIRED');
  });
});

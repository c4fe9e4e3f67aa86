import { afterEach, describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import type { ConnectionId } from '@freshet/domain';
import { createBackgroundWatcher, receiveWebhook, requestRefresh, type Engine } from '@freshet/flows';
import { createMemoryStore } from '@freshet/ports/memory';
import { startEngine, TENANT, type RunningEngine } from './engine.js';
import { connectorRows, type ConnectorRow } from './rows.js';
import { startWorld, type SentWebhook, type World } from './world.js';

/** Of Bud nothing is read: a consent shows no data. */
const rows = connectorRows.filter(({ connector }) => connector !== 'bud').map((row) => [row.title, row] as const);

const STEP_MS = 30 * MINUTE;
const MANY = 200;

/** What is due is done on the way, and what nobody tells of is asked for. */
const walking = ({ engine, walk }: RunningEngine) => {
  const watcher = createBackgroundWatcher(engine);
  return async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= STEP_MS) {
      await walk(Math.min(left, STEP_MS));
      await watcher.tick(MANY);
    }
  };
};

const auto = async (engine: Engine, row: ConnectorRow, connectionId: ConnectionId) => {
  const asked = { mode: 'auto', products: null, maxAgeMs: DAY, from: null, to: null } as const;
  const decided = await requestRefresh(engine, {
    tenantId: TENANT,
    connectionId,
    request: { ...asked, attended: row.presence !== null },
    presence: row.presence,
    idempotency: null,
  });
  if (decided.kind !== 'decided') throw new Error(decided.kind);
  return decided.record.decision;
};

const codes = ({ reasons }: Awaited<ReturnType<typeof auto>>): readonly string[] => reasons.map(({ code }) => code);

describe.each(rows)('%s: what the provider pulls by itself', (_title, row) => {
  let world: World;
  afterEach(() => world.close());

  const start = async (backgroundPulls: boolean) => {
    world = await startWorld({ backgroundPulls });
    const rig = startEngine(world, { store: createMemoryStore(), connectors: [world.connector(row)] });
    const { id } = await rig.link(row, row.connection(1));
    const watch = () => rig.store.read('backgroundWatch', { tenantId: TENANT, id });
    return { rig, id, watch, walk: walking(rig) };
  };

  test('is found by a free read where no webhook tells of it, and costs nothing', async () => {
    const { rig, id, watch, walk } = await start(true);
    await walk(3 * DAY);
    // Nothing was new at the bank, so nobody told of anything.
    expect(world.webhooks).toEqual([]);
    const { lastBackgroundAt, lastSuccessAt, status } = await rig.connection(id);
    expect(status).toBe('ACTIVE');
    expect(lastSuccessAt).toBe(lastBackgroundAt);
    expect(lastBackgroundAt).toBeGreaterThan(world.sandbox.now() - 30 * HOUR);
    expect(await watch()).toMatchObject({ lateSince: null });
    expect(await world.bills()).toEqual([]);
    expect((await world.calls('refresh')).length).toBe(0);
  });

  test('is found too where its webhook is lost, and one that comes late changes nothing', async () => {
    const { rig, id, walk } = await start(true);
    const lost: SentWebhook[] = [];
    world.onWebhook(async (webhook) => {
      lost.push(webhook);
      return 200;
    });
    const { externalId } = row.connection(1);
    await world.control('POST', 'data', { provider: row.provider, externalId, transactions: 3 });
    await walk(3 * DAY);
    expect(lost.length).toBeGreaterThan(0);
    const found = await rig.connection(id);
    expect(found.lastBackgroundAt).toBeGreaterThan(world.sandbox.now() - 30 * HOUR);
    for (const { connector, raw } of lost) await receiveWebhook(rig.engine, TENANT, connector, raw);
    await rig.runDue();
    const { lastBackgroundAt, lastSuccessAt } = await rig.connection(id);
    if (row.webhooksTellTime) {
      expect([lastBackgroundAt, lastSuccessAt]).toEqual([found.lastBackgroundAt, found.lastSuccessAt]);
    }
  });

  test('that stays away is late, then stale; auto does not wait for it, until it comes back', async () => {
    const { rig, id, watch, walk } = await start(false);
    await walk(2 * DAY);
    expect(await watch()).toMatchObject({ lateSince: expect.any(Number), staleSince: expect.any(Number) });
    const decision = await auto(rig.engine, row, id);
    expect(codes(decision)).toContain('BACKGROUND_LATE');
    expect(decision).toMatchObject({ nextBackgroundAt: null });
    expect(decision.verdict).not.toBe('wait');
    const { externalId } = row.connection(1);
    const lastSuccessAt = new Date(world.sandbox.now()).toISOString();
    await world.register({ connector: row.connector, provider: row.provider, externalId, lastSuccessAt });
    await walk(7 * HOUR);
    expect(await watch()).toMatchObject({ lateSince: null, staleSince: null, misses: 0 });
  });
});

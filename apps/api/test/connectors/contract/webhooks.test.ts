import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MINUTE, SECOND } from '@freshet/domain';
import type { Connection, ConnectionId, Effect } from '@freshet/domain';
import { receiveWebhook } from '@freshet/flows';
import type { Store } from '@freshet/ports';
import { createMemoryStore } from '@freshet/ports/memory';
import { startEngine, TENANT, type RunningEngine } from './engine.js';
import { connectorRows } from './rows.js';
import { startWorld, type World } from './world.js';

const rows = connectorRows.map((row) => [row.title, row] as const);

/** The store, with its effects counted: that nothing was written shows only there. */
const counting = (store: Store): { readonly store: Store; readonly written: () => number } => {
  let written = 0;
  const counted = <Decided extends { readonly effects: readonly Effect[] }>(decided: Decided): Decided => {
    written += decided.effects.length;
    return decided;
  };
  return {
    written: () => written,
    store: { ...store, turn: (load, decide) => store.turn(load, (facts) => counted(decide(facts))) },
  };
};

/** What no late word on old data may change. */
const lastingOf = ({ status, statusReason, consecutiveFailures, active, lastForcedAt }: Connection) => ({
  ...{ status, statusReason, consecutiveFailures, active, lastForcedAt },
});

describe.each(rows)('webhooks of %s', (_title, row) => {
  let world: World;
  let rig: RunningEngine;
  let written: () => number;
  let id: ConnectionId;
  const { externalId } = row.connection(1);

  beforeEach(async () => {
    world = await startWorld();
    const counted = counting(createMemoryStore());
    ({ written } = counted);
    rig = startEngine(world, { store: counted.store, connectors: [world.connector(row)] });
    ({ id } = await rig.link(row, row.connection(1)));
    await world.control('POST', 'data', { provider: row.provider, externalId, transactions: 3 });
  });
  afterEach(() => world.close());

  const refresh = async (fault?: string): Promise<void> => {
    if (fault !== undefined) await world.fault({ provider: row.provider, externalId, fault });
    await rig.ask(row, id);
    await rig.walk(MINUTE);
  };

  test('that are genuine are known, understood and of this connection', async () => {
    await refresh();
    expect(world.webhooks.length).toBeGreaterThan(0);
    const connector = world.connector(row);
    for (const { raw } of world.webhooks) {
      expect(await connector.verifyWebhook(raw, world.context())).toMatchObject({ genuine: true });
      const events = connector.translateWebhook(Buffer.from(raw.body).toString('utf8'), world.sandbox.now());
      expect(events.length).toBeGreaterThan(0);
      for (const event of events) if (event.kind !== 'ignored') expect(event.externalId).toBe(externalId);
    }
  });

  test('that are forged are refused, each way, and write nothing', async () => {
    await refresh();
    const before = written();
    for (const [how, forge] of Object.entries(row.forgeries)) {
      for (const { connector, raw } of world.webhooks) {
        const answer = await receiveWebhook(rig.engine, TENANT, connector, forge(raw));
        expect({ how, kind: answer.kind }).toEqual({ how, kind: 'refused' });
      }
    }
    expect(written()).toBe(before);
  });

  test('that come twice are one event', async () => {
    await refresh('duplicate-webhook');
    const keys = await Promise.all(
      world.webhooks.map(async ({ raw }) => {
        const verdict = await world.connector(row).verifyWebhook(raw, world.context());
        return verdict.genuine ? verdict.eventKey : 'not genuine';
      }),
    );
    expect(new Set(keys).size * 2).toBe(keys.length);
    const first = await rig.connection(id);
    for (const { connector, raw } of world.webhooks) {
      expect(await receiveWebhook(rig.engine, TENANT, connector, raw)).toEqual({ kind: 'stored', replay: true });
    }
    await rig.walk(MINUTE);
    expect(await rig.connection(id)).toEqual(first);
  });

  test('that come late, and in any order, leave what those in time have left', async () => {
    await refresh('late-webhook');
    const inTime = await rig.connection(id);
    await rig.walk(10 * MINUTE);
    expect(world.webhooks.length).toBeGreaterThan(0);
    const after = await rig.connection(id);
    expect(lastingOf(after)).toEqual(lastingOf(inTime));
    // Some tell it to the second.
    const later = Math.max(...row.products.map((name) => (after.freshness[name] ?? 0) - (inTime.freshness[name] ?? 0)));
    if (row.webhooksTellTime) expect(later).toBeLessThan(SECOND);
  });

  test('that never come leave it as those that came', async () => {
    await refresh('no-webhook');
    expect(world.webhooks).toEqual([]);
    const { status, freshness, lastSuccessAt } = await rig.connection(id);
    expect(status).toBe('ACTIVE');
    expect(lastSuccessAt).toBeGreaterThan(world.sandbox.now() - 2 * MINUTE);
    expect(Object.keys(freshness).sort()).toEqual([...row.products].sort());
  });
});

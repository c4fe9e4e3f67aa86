import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SECOND, type PullId } from '@freshet/domain';
import type { RefreshCall } from '@freshet/ports';
import { faultNames, faults, meaningOf } from './faults.js';
import { connectorRows, type ConnectorRow } from './rows.js';
import { startWorld, type World } from './world.js';

const rows = connectorRows.map((row) => [row.title, row] as const);

describe.each(rows)('%s, alone', (_title, row) => {
  let world: World;
  let used = 0;
  beforeEach(async () => {
    world = await startWorld();
  });
  afterEach(() => world.close());

  const linked = async (): Promise<RefreshCall> => {
    used += 1;
    const connection = row.connection(used);
    const { credentials, providerConnectionId, ...ids } = connection;
    const { connector, provider, products } = row;
    await world.register({
      ...{ connector, provider, products, ...ids },
      ...(providerConnectionId === null ? {} : { providerConnectionId }),
      ...(credentials === null ? {} : { credentials }),
    });
    return {
      ...connection,
      provider,
      pullId: `pull_${used}` as PullId,
      products,
      allProducts: true,
      from: null,
      to: null,
      presence: row.presence,
    };
  };
  /** Tokens and the like are there already: a fault is to strike the call that forces, and nothing before it. */
  const warmUp = async (of: ConnectorRow): Promise<void> => {
    await world.connector(of).status(await linked(), world.context());
  };

  test.each(faultNames)('%s', async (name) => {
    const { strike, pass, deadlineMs } = faults[name];
    await warmUp(row);
    const call = await linked();
    await strike(world, row, call);
    const sentAt = world.sandbox.now();
    const answer = await world.connector(row).refresh(call, world.context(deadlineMs));
    await pass?.(world);
    const { later: looked, answer: kind, bills } = meaningOf(row, name);
    const later = looked === null ? null : (await world.outcome(row, call, answer, sentAt)).kind;
    const billed = (await world.bills()).filter(({ externalId }) => externalId === call.externalId).length;
    // What surely did not happen is not billed before it is tried again, which is the engine's to decide.
    const billedNow = kind === 'unavailable' ? 0 : bills;
    expect({ answer: answer.kind, later, billed }).toEqual({ answer: kind, later: looked, billed: billedNow });
  });

  test('429 with a time tells until when, and one without tells none', async () => {
    for (const [retryAfter, until] of [
      [600, world.sandbox.now() + 600 * SECOND],
      [undefined, null],
    ] as const) {
      const call = await linked();
      const { provider } = row;
      await world.fault({ provider, externalId: call.externalId, fault: '429', ...(retryAfter && { retryAfter }) });
      expect(await world.connector(row).refresh(call, world.context())).toMatchObject({ kind: 'limited', until });
    }
  });
});

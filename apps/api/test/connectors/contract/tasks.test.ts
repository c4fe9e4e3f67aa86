import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { isOpen, MINUTE } from '@freshet/domain';
import type { Connection } from '@freshet/domain';
import { openSqliteStore } from '@freshet/persistence';
import type { Store } from '@freshet/ports';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine, type RunningEngine } from './engine.js';
import { faultNames, faults, meaningOf, type FaultName } from './faults.js';
import { connectorRows, type ConnectorRow } from './rows.js';
import { startWorld, type World } from './world.js';

jest.setTimeout(60_000);

/** An unanswered call is given up after half an hour; a call that was never sent is tried for less than a minute before. */
const BOUND_MS = 31 * MINUTE;
/** Time for late webhooks, and for a second call that must not come. */
const AFTERWARDS_MS = 15 * MINUTE;

const rows = connectorRows.map((row) => [row.title, row] as const);

let folder = '';
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-contract-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const inWords = ({ status, statusReason }: Pick<Connection, 'status' | 'statusReason'>): string =>
  statusReason === null ? status : `${status}/${statusReason}`;

describe.each(rows)('%s, with the engine and its books', (_title, row) => {
  let world: World;
  let store: Store;
  afterEach(async () => {
    await store.close();
    await world.close();
  });

  const start = async (of: ConnectorRow): Promise<RunningEngine> => {
    world = await startWorld();
    files += 1;
    store = openSqliteStore({ file: join(folder, `${files}.db`) });
    return startEngine(world, { store, connectors: [world.connector(of)] });
  };
  const meet = async (name: FaultName) => {
    const rig = await start(row);
    const { strike, pass, deadlineMs } = faults[name];
    const known = row.connection(1);
    const { id } = await rig.link(row, known);
    await world.connector(row).status({ ...known, provider: row.provider }, world.context());
    const asked = await rig.ask(row, id);
    if (asked.kind !== 'decided' || asked.task === null) throw new Error(`not forced: ${JSON.stringify(asked)}`);
    await strike(world, row, known);
    if (deadlineMs !== undefined) rig.setDeadline(deadlineMs);
    await rig.runDue();
    await pass?.(world);
    const taskId = asked.task.id;
    for (let walked = 0; isOpen((await rig.task(taskId)).state) && walked < BOUND_MS; walked += MINUTE) {
      await rig.walk(MINUTE);
    }
    const { state } = await rig.task(taskId);
    await rig.walk(AFTERWARDS_MS);
    return { rig, id, taskId, state, externalId: known.externalId };
  };

  const inOurWords = async (status: string, externalId: string): Promise<string> => {
    const shown = inWords(await world.shown(externalId));
    if (status === 'in doubt') return world.connector(row).capabilities.tellsStatus ? shown : 'UNDETERMINED';
    return status === 'as shown' ? shown : status;
  };

  test.each(faultNames)('%s', async (name) => {
    const { rig, id, taskId, state, externalId } = await meet(name);
    const { task, charge, bills, status } = meaningOf(row, name);
    const ended = await rig.task(taskId);
    const found = {
      task: state,
      charge: ended.charge,
      bills: (await world.bills()).filter((bill) => bill.externalId === externalId).length,
      status: inWords(await rig.connection(id)),
    };
    expect(found).toEqual({ task, charge, bills, status: await inOurWords(status, externalId) });
    expect(ended.state).toBe(state);
    expect(rig.warnings).not.toContain('a connector threw');
  });
});

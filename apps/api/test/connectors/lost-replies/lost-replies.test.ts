import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MINUTE } from '@freshet/domain';
import type { Connection } from '@freshet/domain';
import { openSqliteStore } from '@freshet/persistence';
import type { Store } from '@freshet/ports';
import { createMemoryStore } from '@freshet/ports/memory';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policyBook, startEngine, TENANT, type RunningEngine } from '../contract/engine.js';
import { faults } from '../contract/faults.js';
import { startWorld, type World } from '../contract/world.js';
import { randomFrom } from './random.js';
import { activeFaults, booksOf, faultsIn } from './reconcile.js';
import { scenarioOf, type Episode, type Scenario } from './scenario.js';
import { startWorkers, type Workers } from './workers.js';

const RUNS = 1_000;
/** One in so many is over a database file. */
const OVER_SQLITE = 50;
/** Scenarios that follow one another at one emulator, whose time goes on: each with connections, an engine and books of its own. */
const STAGE = 20;
const MOST_UNITS = 2;
/** Longer than an unanswered call is looked for, and than late webhooks are late. */
const SETTLED_AFTER_MS = 45 * MINUTE;
const DEADLINE_MS = 10_000;
const TIMEOUT_MS = 600_000;

/** The same seed gives the same scenario; a stage is played again from its first. */
const firstSeed = Number(process.env.LOST_REPLIES_SEED ?? 1);
const runs = Number(process.env.LOST_REPLIES_RUNS ?? RUNS);

/** Looks at what nobody knows are free, but there are many: fewer of them tell the same. */
const policies = policyBook({
  version: 1,
  overrides: [{ match: { tenant: TENANT }, set: { execution: { pollMax: 'PT5M' } } }],
});

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-lost-replies-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const storeFor = (seed: number): Store =>
  seed % OVER_SQLITE === 0 ? openSqliteStore({ file: join(folder, `${seed}.db`) }) : createMemoryStore();

interface Stage {
  readonly world: World;
  readonly rig: RunningEngine;
  readonly workers: Workers;
  readonly scenario: Scenario;
  readonly linked: readonly (readonly Connection[])[];
}

const play = async ({ world, rig, workers, scenario, linked }: Stage, episode: Episode): Promise<void> => {
  const asked = episode.asked.map(({ unit, member }) => ({
    row: scenario.units[unit]!.row,
    known: scenario.units[unit]!.members[member]!,
    id: linked[unit]![member]!.id,
  }));
  const [first] = asked;
  if (first === undefined) return;
  const { row, known } = first;
  const met = episode.faults.map((name) => faults[name]);
  for (const { strike } of met) await strike(world, row, known);
  if (episode.stop !== null) workers.stopNext(known.externalId, episode.stop);
  if (episode.newData) {
    await world.control('POST', 'data', { provider: row.provider, externalId: known.externalId, transactions: 2 });
  }
  rig.setDeadline(Math.min(DEADLINE_MS, ...met.map(({ deadlineMs }) => deadlineMs ?? DEADLINE_MS)));
  await Promise.all(asked.map((one) => rig.ask(one.row, one.id)));
  await rig.runDue();
  for (const { pass } of met) await pass?.(world);
  rig.setDeadline(DEADLINE_MS);
  if (episode.jumps) {
    await world.sandbox.advance(episode.passMs);
    await rig.runDue();
  } else {
    await rig.walk(episode.passMs);
  }
  if (episode.ghostsGoOn) await workers.goOn();
};

/** What is wrong after one scenario. */
const wrongAfter = async (world: World, seed: number): Promise<readonly string[]> => {
  const scenario = scenarioOf(randomFrom(seed), seed * MOST_UNITS);
  const store = storeFor(seed);
  const workers = startWorkers();
  try {
    const connectors = [...new Set(scenario.units.map(({ row }) => row))].map((row) => world.connector(row));
    const rig = startEngine(world, { store, connectors, policies, run: workers.run });
    const linked: Connection[][] = [];
    for (const { row, members } of scenario.units) {
      const unit: Connection[] = [];
      for (const member of members) unit.push(await rig.link(row, member));
      linked.push(unit);
    }
    for (const episode of scenario.episodes) await play({ world, rig, workers, scenario, linked }, episode);
    await rig.walk(SETTLED_AFTER_MS);
    await workers.goOn();
    await rig.runDue();
    const books = await booksOf(world, rig, linked);
    seen.bills += books.flatMap(({ bills }) => bills).length;
    seen.uncertain += books.flatMap(({ entries }) => entries).filter(({ kind }) => kind === 'uncertain').length;
    return [
      ...books.flatMap(faultsIn),
      ...books.flatMap(({ connections }) => activeFaults(connections)),
      ...workers.failures,
    ];
  } finally {
    await store.close();
  }
};

const wrongOnStage = async (seeds: readonly number[]): Promise<readonly string[]> => {
  // Whatever is new was asked for: else the provider's own pull could pass for ours, and nobody could tell.
  const world = await startWorld({ backgroundPulls: false });
  const wrong: string[] = [];
  try {
    for (const seed of seeds) {
      const found = await wrongAfter(world, seed);
      const again = `LOST_REPLIES_SEED=${seeds[0]} LOST_REPLIES_RUNS=${seed - (seeds[0] ?? seed) + 1}`;
      if (found.length > 0) wrong.push(`seed ${seed} (${again}): ${found.join('; ')}`);
      world.proxy.clear();
      for (const list of ['faults', 'calls', 'bills']) await world.control('DELETE', list);
    }
  } finally {
    await world.close();
  }
  return wrong;
};

const seen = { bills: 0, uncertain: 0 };

describe(`${runs} runs in which replies are lost and workers stop`, () => {
  test(
    'leave the provider’s bill between what is charged and what may be, and nothing billed twice',
    async () => {
      const wrong: string[] = [];
      const seeds = Array.from({ length: runs }, (_, n) => firstSeed + n);
      for (let n = 0; n < runs; n += STAGE) wrong.push(...(await wrongOnStage(seeds.slice(n, n + STAGE))));
      expect(wrong).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test('were about something', () => {
    expect(seen.bills).toBeGreaterThan(runs);
    expect(seen.uncertain).toBeGreaterThan(runs / 10);
  });
});

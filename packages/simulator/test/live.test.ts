import { describe, expect, test } from '@jest/globals';
import { HOUR, SECOND } from '@freshet/domain';
import { createMemoryStore } from '@freshet/ports/memory';
import { createHash } from 'node:crypto';
import {
  backgroundOnly,
  cooldown,
  forceAlways,
  freshShare,
  microsOf,
  oracleOf,
  referenceWorkload,
  replay,
  rulerFamilies,
  runPolicy,
  simulatedBook,
  steer,
  traceOf,
  type LiveOptions,
  type WatchedRead,
  type Workload,
} from '../src/index.js';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const small: Workload = { ...referenceWorkload, connections: 25, days: 20 };

const run = (workload: Workload, policyFile: unknown = null, options: Partial<LiveOptions> = {}) =>
  runPolicy(traceOf(workload), { name: 'policy', book: simulatedBook(workload, { policyFile, hash }), ...options });

const numbersOf = ({ fresh, spentMicros, forced, failed }: Awaited<ReturnType<typeof run>>) => ({
  fresh,
  spentMicros,
  forced,
  failed,
});

describe('the flows and the rulers measure the same world', () => {
  test('where nothing may be forced it is background only', async () => {
    const live = await run(small, { version: 1, overrides: [{ match: {}, set: { forced: { available: false } } }] });
    const ruler = replay(traceOf(small), backgroundOnly);
    expect(live).toMatchObject({ fresh: ruler.fresh, reads: ruler.reads, spentMicros: 0, forced: 0, warnings: {} });
    expect(live.verdicts).toMatchObject({ wait: ruler.reads, force: 0 });
  });

  test('asked in mode force it is force always, to the cent', async () => {
    const live = await run(small, null, { mode: 'force' });
    const { name: _, ...ruler } = replay(traceOf(small), forceAlways);
    expect(live).toMatchObject({ ...ruler, warnings: {} });
  });

  test('whoever watches is shown each read once, in order, with its decision and whether the copy was old', async () => {
    const seen: WatchedRead[] = [];
    const live = await run(small, null, { watch: (read) => seen.push(read) });
    const times = seen.map(({ record }) => record.decidedAt);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(seen).toHaveLength(live.reads);
    expect(seen.filter(({ record }) => record.verdict === 'force')).toHaveLength(live.verdicts.force);
    // Nothing fails here, so whoever forces sees fresh data.
    const fresh = seen.filter(({ wasStale, record }) => !wasStale || record.verdict === 'force');
    expect(fresh).toHaveLength(live.fresh);
  });

  test('under a gap, a cap and failures too: no call into a closed window, and as many calls as the ruler that minds them', async () => {
    const workload: Workload = {
      ...small,
      minGapMs: 3 * HOUR,
      cap: { count: 2, perMs: HOUR },
      forcedFailure: 0.1,
      readsPerDay: { median: 4, sigma: 1, min: 0.03, max: 20 },
    };
    const live = await run(workload, null, { mode: 'force' });
    const ruler = replay(traceOf(workload), cooldown(0));
    expect(live.violations).toBe(0);
    expect(live.verdicts.refuse).toBeGreaterThan(0);
    // While a call that is going to fail is under way, which takes it two seconds, a reader joins it.
    expect(Math.abs(live.forced - ruler.forced)).toBeLessThanOrEqual(0.01 * ruler.forced);
    expect(Math.abs(live.failed - ruler.failed)).toBeLessThanOrEqual(0.05 * ruler.failed);
    expect(Math.abs(live.fresh - ruler.fresh)).toBeLessThanOrEqual(0.01 * ruler.reads);
    expect(live.spentMicros).toBeGreaterThan(0);
  });

  test('a provider that ignores what it announced is told apart: its window is closed, the engine was not told', async () => {
    const [told, closing] = [small, { ...small, minGapMs: 12 * HOUR }];
    const live = await runPolicy(traceOf(closing), {
      name: 'policy',
      book: simulatedBook(told, { policyFile: null, hash }),
      mode: 'force',
    });
    expect(live.violations).toBeGreaterThan(0);
    expect(live.violations).toBeLessThan(replay(traceOf(closing), forceAlways).violations);
  });
});

describe('the real policy', () => {
  test('a budget holds it, whatever it would like to spend', async () => {
    const trace = traceOf({ ...small, days: 60 });
    const book = simulatedBook(trace.workload, { policyFile: null, hash, perConnectionMonth: 0.5 });
    const live = await runPolicy(trace, { name: 'policy', book });
    expect(live.spentMicros).toBeLessThanOrEqual(microsOf(trace, 0.5));
    expect(live.spentMicros).toBeGreaterThan(0);
    expect(freshShare(live)).toBeLessThanOrEqual(oracleOf(trace).freshAt(live.spentMicros));
  });

  test('where places are short and money is not, it gives them to whom they serve more than a fixed age does', async () => {
    const places = { ...small, connections: 120, days: 12, cap: { count: 3, perMs: HOUR } };
    const trace = traceOf(places);
    const book = simulatedBook(places, { policyFile: null, hash, perConnectionMonth: 5 });
    const live = await runPolicy(trace, { name: 'policy', book });
    const family = rulerFamilies(trace).find(({ name }) => name === 'older than');
    if (family === undefined) throw new Error('no such ruler');
    const { tally } = steer(trace, family, live.spentMicros);
    expect(live.violations).toBe(0);
    expect(freshShare(live) - freshShare(tally)).toBeGreaterThan(0.015);
  });

  test('the same run gives the same numbers', async () => {
    expect(await run(small)).toEqual(await run(small));
  });

  test('true rates go into the store before the first day, and a run with them is a run', async () => {
    expect(numbersOf(await run(small, null, { rates: 'true' })).forced).toBeGreaterThan(0);
  });

  test('a customer who waits for a slow refresh reads what it brought, and nobody pays twice for one', async () => {
    const busy = { ...small, connections: 4, days: 5, readsPerDay: { median: 19, sigma: 0, min: 19, max: 20 } };
    const [atOnce, slow] = [
      await run(busy, null, { mode: 'force' }),
      await run(busy, null, { mode: 'force', answersAfterMs: 200 * SECOND }),
    ];
    expect(slow.verdicts.join).toBeGreaterThan(0);
    expect(slow.forced + slow.verdicts.join).toBe(slow.reads);
    expect(slow.spentMicros).toBeLessThan(atOnce.spentMicros);
    expect(slow.fresh).toBeGreaterThan(0.99 * slow.reads);
  });

  test('one who would have to wait for longer than anybody does, does not', async () => {
    const hurried = await run(small, null, { mode: 'force', answersAfterMs: HOUR / 2 - SECOND });
    expect(hurried.fresh).toBeLessThan(0.9 * hurried.reads);
  });

  test('a background refresh tells truly whether something was new, and signals come through the webhook flow', async () => {
    const store = createMemoryStore();
    const workload: Workload = { ...small, signals: { kind: 'exact' } };
    const live = await run(workload, null, { store, mode: 'force' });
    const trace = traceOf(workload);
    const changes = trace.connections.reduce((sum, one) => sum + one.changes.length, 0);
    const webhooks = store.rows('webhook');
    expect(webhooks.filter(({ body }) => body.includes('change-told'))).toHaveLength(changes);
    expect(webhooks.every(({ state }) => state === 'processed')).toBe(true);
    const told = store.rows('pull').filter(({ newData }) => newData !== null);
    expect(told.some(({ newData }) => newData === false)).toBe(true);
    // Each pull that brought something brought at least one change of its own.
    expect(told.filter(({ newData }) => newData === true).length).toBeLessThanOrEqual(changes);
    expect(live.warnings).toEqual({});
  });

  test('a file that is none is refused as the service refuses it', () => {
    expect(() => simulatedBook(small, { policyFile: [], hash })).toThrow();
    expect(() => simulatedBook(small, { policyFile: { version: 1, speed: 1 }, fileName: 'mine.yaml', hash })).toThrow(
      'mine.yaml',
    );
  });
});

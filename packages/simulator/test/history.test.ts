import { beforeAll, describe, expect, test } from '@jest/globals';
import { DAY, DEFAULT_TENANT, HOUR } from '@freshet/domain';
import { exportHistory, type DecisionLine, type HistoryLine } from '@freshet/flows';
import { buildPolicyBook } from '@freshet/policy';
import { createMemoryStore } from '@freshet/ports/memory';
import { createHash } from 'node:crypto';
import {
  historyOf,
  historyTable,
  recordedCost,
  referenceWorkload,
  replayHistory,
  runPolicy,
  traceOf,
  type LiveTally,
  type Workload,
} from '../src/index.js';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const bookOf = (policyFile: unknown = null) => buildPolicyBook({ policyFile, hash });
const workload: Workload = {
  ...referenceWorkload,
  connections: 8,
  days: 12,
  readsPerDay: { median: 5, sigma: 0.5, min: 1, max: 20 },
};
const until = workload.start + workload.days * DAY;

const exported = async (tally: { from?: number; until?: number } = {}) => {
  const store = createMemoryStore();
  const live = await runPolicy(traceOf(workload), {
    name: 'recorded',
    book: bookOf(),
    store,
    place: { connector: 'meld', provider: 'MX' },
  });
  const stretch = { tenantId: DEFAULT_TENANT, from: workload.start, until: until + HOUR, ...tally };
  const lines: HistoryLine[] = [];
  for await (const line of exportHistory({ store }, stretch)) lines.push(line);
  return { live, lines, store };
};

let lines: readonly HistoryLine[];
let live: LiveTally;
beforeAll(async () => {
  ({ lines, live } = await exported());
});

describe('a history, exported', () => {
  test('tells every decision and every pull of its stretch, and what they cost', () => {
    const history = historyOf(lines);
    expect(lines[0]).toEqual({ line: 'history', version: 1, from: workload.start, until: until + HOUR });
    expect(history.connections).toHaveLength(8);
    const { verdicts, forced, spent } = recordedCost(history);
    expect(verdicts).toEqual(live.verdicts);
    expect(forced).toBe(live.forced);
    expect(spent).toEqual({ USD: live.spentMicros });
  });

  test('names no customer', () => {
    const customers = historyOf(lines).connections.map(({ customer }) => customer);
    expect(customers.toSorted()).toEqual(Array.from({ length: 8 }, (_, index) => `customer-${index + 1}`));
    // The workload counts its customers from nothing.
    expect(JSON.stringify(lines)).not.toContain('customer-0');
  });

  test('a stretch holds what lies in it: its first moment, and not its end', async () => {
    const all = historyOf(lines).course;
    const [first, last] = [all[10]?.at ?? 0, all[20]?.at ?? 0];
    const part = await exported({ from: first, until: last });
    const times = historyOf(part.lines).course.map(({ at }) => at);
    expect(times).toEqual(all.map(({ at }) => at).filter((at) => at >= first && at < last));
    const known = historyOf(part.lines).connections.map(({ lastSuccessAt }) => lastSuccessAt ?? 0);
    expect(known.every((at) => at < first)).toBe(true);
  });

  test('more than one page comes whole', async () => {
    const busy: Workload = {
      ...workload,
      connections: 2,
      days: 60,
      readsPerDay: { median: 19, sigma: 0, min: 19, max: 20 },
    };
    const store = createMemoryStore();
    const tally = await runPolicy(traceOf(busy), {
      name: 'busy',
      book: bookOf(),
      store,
      place: { connector: 'meld', provider: 'MX' },
    });
    let [decisions, pulls] = [0, 0];
    for await (const { line } of exportHistory({ store }, { tenantId: DEFAULT_TENANT, from: 0, until: until * 2 })) {
      if (line === 'decision') decisions += 1;
      if (line === 'pull') pulls += 1;
    }
    expect(decisions).toBe(tally.reads);
    expect(decisions).toBeGreaterThan(1_000);
    expect(pulls).toBe(store.rows('pull').length);
  });
});

describe('a history, replayed', () => {
  test('under the policy that made it, it costs what it did cost, but for what the record does not hold', async () => {
    const { recorded, replayed, requests, warnings } = await replayHistory(historyOf(lines), { book: bookOf() });
    // Data that is told of within minutes of a counted pull makes the copy fresh, and leaves no line of its own.
    expect(Math.abs(replayed.forced - recorded.forced)).toBeLessThanOrEqual(recorded.forced / 50);
    expect(replayed.spent).toEqual({ USD: replayed.forced * 100_000 });
    expect(replayed.verdicts).toEqual({
      ...recorded.verdicts,
      force: replayed.forced,
      wait: requests - replayed.forced,
    });
    expect({ requests, warnings }).toEqual({ requests: live.reads, warnings: {} });
  });

  test('under one that never forces it costs nothing, and everybody waits', async () => {
    const never = bookOf({ version: 1, overrides: [{ match: {}, set: { forced: { available: false } } }] });
    const { replayed } = await replayHistory(historyOf(lines), { book: never });
    expect(replayed).toMatchObject({ forced: 0, spent: {}, verdicts: { wait: live.reads, force: 0 } });
  });

  test('under other prices and a longer pause it costs what they make it', async () => {
    const other = bookOf({
      version: 1,
      overrides: [
        {
          match: { provider: 'MX' },
          set: {
            price: { currency: 'EUR', perRequest: '1.00', billedOn: 'attempt' },
            limits: { 'mx-cooldown': { for: 'PT6H' } },
          },
        },
      ],
    });
    const { recorded, replayed } = await replayHistory(historyOf(lines), { book: other });
    expect(replayed.spent).toEqual({ EUR: replayed.forced * 1_000_000 });
    expect(replayed.forced).toBeLessThan(recorded.forced);
    expect(replayed.forced).toBeGreaterThan(0);
  });

  test('what no policy could have allowed stays refused', async () => {
    const refused = lines.map((line) =>
      line.line === 'decision' ? { ...line, verdict: 'refuse' as const, refusal: 'not-refreshable' as const } : line,
    );
    const { replayed, carriedOver } = await replayHistory(historyOf(refused), { book: bookOf() });
    expect(carriedOver).toBe(live.reads);
    expect(replayed).toMatchObject({ forced: 0, verdicts: { refuse: live.reads } });
  });

  test('the table sets the two side by side', async () => {
    const text = historyTable(await replayHistory(historyOf(lines), { book: bookOf() }));
    expect(text).toContain(`${live.reads} requests for 8 connections`);
    const row = (what: string, then: number | string, now: number | string) =>
      new RegExp(`^${what} +${then} +${now}$`, 'm');
    expect(text).toMatch(row('USD spent', String.raw`\d+\.\d{6}`, String.raw`\d+\.\d{6}`));
    expect(text).toMatch(row('answered force', live.verdicts.force, String.raw`\d+`));
  });
});

describe('what is no history', () => {
  test.each([
    ['nothing', []],
    ['lines without their first', () => lines.slice(1)],
    [
      'a decision of a connection that no line tells of',
      () => [lines[0], lines.find((line): line is DecisionLine => line.line === 'decision')],
    ],
  ])('%s', (_, given) => {
    const made = typeof given === 'function' ? given() : given;
    expect(() => historyOf(made as readonly HistoryLine[])).toThrow('line');
  });
});

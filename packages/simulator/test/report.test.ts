import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  backgroundOnly,
  experiment,
  experimentPlot,
  experimentTable,
  fixedAge,
  microsOf,
  referenceWorkload,
  replay,
  textTable,
  traceOf,
  type Experiment,
} from '../src/index.js';
import { roundTicks } from '../src/report/drawing.js';
import { drawPicture } from '../src/report/svg.js';

const trace = traceOf({ ...referenceWorkload, connections: 20, days: 20 });
let found: Experiment;
beforeAll(async () => {
  // A ruler stands in for the policy: what is shown does not depend on who spent the money.
  found = await experiment(trace, [0.5], async (perConnectionMonth) =>
    replay(trace, perConnectionMonth === null ? backgroundOnly : fixedAge(50_000_000)),
  );
});

describe('an experiment', () => {
  test('sets the policy beside every ruler at equal spend, and the fixed ones as they are', () => {
    expect(found.asTheyAre.map(({ name }) => name)).toEqual([
      'background only',
      ...['PT1H', 'PT2H', 'PT4H', 'PT6H', 'PT12H', 'PT18H'].map((age) => `older than ${age}`),
      ...['PT15M', 'PT1H', 'PT3H'].map((pause) => `cooldown ${pause}`),
      'force always',
    ]);
    const [held] = found.atSpend;
    expect(held?.rulers.every(({ spentMicros }) => spentMicros <= microsOf(trace, 0.5))).toBe(true);
    expect(held?.policy).toMatchObject({ name: 'older than PT13H53M20S', oracleShare: expect.any(Number) });
    expect(found.policy.freshShare).toBe(found.base);
  });

  test('no curve rises over the oracle', () => {
    const oracleAt = (spend: number): number => {
      const next = found.oracle.points.find((point) => point.perConnectionMonth >= spend);
      return next?.freshShare ?? 1;
    };
    for (const { name, points } of found.curves) {
      const over = points.filter((point) => point.freshShare > oracleAt(point.perConnectionMonth) + 1e-9);
      expect({ name, over }).toEqual({ name, over: [] });
    }
  });
});

describe('the table', () => {
  test('text stands left and numbers right', () => {
    const rows = [
      { name: 'one', count: 5 },
      { name: 'a longer name', count: 1234 },
    ];
    expect(
      textTable(
        [
          ['', (row) => row.name],
          ['count', (row) => String(row.count)],
        ],
        rows,
      ),
    ).toBe(['               count', 'one                5', 'a longer name   1234'].join('\n'));
  });

  test('says what was simulated, and holds a line for each ruler and the policy', () => {
    const text = experimentTable(found);
    expect(text).toContain('Workload reference, seed 1: 20 connections, 20 days');
    expect(text).toContain('At 0.50 USD per connection-month');
    expect(text.match(/^signal bound .* 0 +0$/gm)).toHaveLength(1);
    expect(text).not.toContain('NaN');
  });
});

describe('the picture', () => {
  test('has every curve, the policy and the axes, and no number that is none', () => {
    const svg = experimentPlot(found);
    for (const name of [
      'oracle',
      'signal bound',
      'cooldown',
      'background only',
      'the policy',
      'the policy on a budget',
      'USD per connection-month',
    ]) {
      expect(svg).toContain(`>${name}</text>`);
    }
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.match(/<polyline/g)?.length).toBeGreaterThan(8);
  });

  test('what is written in it cannot break it', () => {
    const axis = { label: 'a < b', min: 0, max: 1, format: String };
    const svg = drawPicture({ title: '<script> & "more"', subtitle: '', x: axis, y: axis, series: [] });
    expect(svg).toContain('&lt;script&gt; &amp; &quot;more&quot;');
    expect(svg).toContain('a &lt; b');
  });

  test.each([
    [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0.55, 1, 7, [0.6, 0.7, 0.8, 0.9, 1]],
    [0, 4.6, 8, [0, 1, 2, 3, 4]],
  ])('ticks from %f to %f are round', (min, max, about, ticks) => {
    expect(roundTicks(min, max, about).map((tick) => Math.round(tick * 100) / 100)).toEqual(ticks);
  });
});

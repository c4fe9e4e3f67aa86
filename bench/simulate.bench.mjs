// (e) Fresh reads for money: the policy and flows as they come, in mode auto under a budget, beside rulers that are steered to
// the very money that it spent, on the reference workload and its harder kin. Score 0 is what comes for free, 1 is the
// oracle that sees the whole trace. All of it takes the better part of an hour: SIMULATE_SEEDS (10) and SIMULATE_WORKLOADS
// (all of them, by name) run less.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import {
  oracleOf,
  referenceWorkload,
  rulerFamilies,
  runPolicy,
  scoreOf,
  simulatedBook,
  steer,
  traceOf,
} from '@freshet/simulator';
import { readWorkload } from '../apps/simulate/dist/workload/read-workload.js';

const SEEDS = Number(process.env.SIMULATE_SEEDS ?? 10);
const example = (name) => readWorkload(fileURLToPath(new URL(`../examples/workloads/${name}.yaml`, import.meta.url)));

/** What is run on each workload, per connection-month; `wanted`: the mean score of the seeds. */
const studies = [
  {
    name: 'reference-true-rates',
    workload: referenceWorkload,
    rates: 'true',
    wanted: { 0.5: 0.6, 1.1: 0.7, 2.2: 0.87 },
  },
  // Within three points of the true rates' scores.
  {
    name: 'reference',
    workload: referenceWorkload,
    rates: 'learned',
    wanted: { 0.5: 0.617, 1.1: 0.696, 2.2: 0.85 },
  },
  {
    name: 'exact-signals',
    workload: { ...referenceWorkload, signals: { kind: 'exact' } },
    rates: 'learned',
    wanted: { 0.5: 0.95 },
  },
  {
    name: 'posting-hours',
    workload: example('posting-hours'),
    rates: 'learned',
    wanted: { 0.5: null, 1.1: null, 2.2: null },
  },
  {
    name: 'provider-caps',
    workload: example('provider-caps'),
    rates: 'learned',
    wanted: { 0.5: null, 1.1: null, 2.2: null },
  },
  {
    name: 'lossy-webhooks',
    workload: example('lossy-webhooks'),
    rates: 'learned',
    wanted: { 0.5: null, 1.1: null, 2.2: null },
  },
];

/** Rulers that a team could run today; none may beat mode auto for the same money. */
const everyday = new Set(['cooldown', 'older than', 'uniform timetable', 'proportional timetable', 'blind bound']);

const hash = (text) => createHash('sha256').update(text).digest('hex');
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const least = (values) => values.reduce((low, value) => Math.min(low, value), Infinity);

/** One seed at one amount of money. */
const trial = async ({ workload, rates }, seed, perConnectionMonth) => {
  const trace = traceOf({ ...workload, seed });
  const oracle = oracleOf(trace);
  const book = simulatedBook(trace.workload, { policyFile: null, hash, perConnectionMonth });
  const policy = scoreOf(trace, oracle, await runPolicy(trace, { name: 'policy', book, rates }));
  const rulers = Object.fromEntries(
    rulerFamilies(trace).map((family) => {
      const { score, freshShare } = scoreOf(trace, oracle, steer(trace, family, policy.spentMicros).tally);
      return [family.name, { score, freshShare }];
    }),
  );
  const rivals = Object.entries(rulers).filter(([name]) => everyday.has(name));
  return {
    score: policy.score,
    ahead: rulers['looking ahead'].score,
    // In points of fresh reads; a ruler that is nearly perfect cannot be passed by much.
    lead: least(rivals.map(([, { freshShare }]) => policy.freshShare - freshShare)),
    violations: policy.violations,
  };
};

const studyOf = async (study) => {
  const figures = [];
  const ratios = [];
  for (const [spend, wanted] of Object.entries(study.wanted)) {
    const trials = [];
    for (let seed = 1; seed <= SEEDS; seed += 1) trials.push(await trial(study, seed, Number(spend)));
    const of = (figure) => trials.map((each) => each[figure]);
    const at = `${study.name}, ${study.rates} rates, $${spend}`;
    figures.push([`${at}: score`, mean(of('score'))], [`${at}: least of ${SEEDS} seeds`, least(of('score'))]);
    figures.push([`${at}: looking ahead with true rates, no steering`, mean(of('ahead'))]);
    figures.push([`${at}: least lead over everyday rulers, points`, 100 * least(of('lead'))]);
    figures.push([`${at}: calls into a closed window`, of('violations').reduce((sum, each) => sum + each, 0)]);
    if (wanted !== null) ratios.push(mean(of('score')) / wanted);
    // Below what is wanted where an everyday ruler is better, or a closed window was called into.
    if (least(of('lead')) < 0 || of('violations').some((each) => each > 0)) ratios.push(0);
    process.stderr.write(
      `${figures
        .slice(-5)
        .map(([name, value]) => `${name} ${value.toFixed(4)}`)
        .join('\n')}\n`,
    );
  }
  return { figures, ratios };
};

export const benchSimulate = async () => {
  const chosen = process.env.SIMULATE_WORKLOADS?.split(',');
  const results = [];
  for (const study of studies) {
    if (chosen === undefined || chosen.includes(study.name)) results.push(await studyOf(study));
  }
  return {
    name: `(e) fresh reads for money, ${SEEDS} seeds`,
    figures: Object.fromEntries(results.flatMap(({ figures }) => figures)),
    // Of the score that is wanted, where it is furthest away.
    ratio: least(results.flatMap(({ ratios }) => ratios)),
    wanted: 1,
  };
};

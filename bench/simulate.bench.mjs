// (d) Fresh reads for money: the policy as it comes, in mode auto under three budgets, on ten seeds of the reference
// workload, beside the ruler that looks ahead with true rates. Score 0 is what comes for free, 1 is the oracle.
import { createHash } from 'node:crypto';
import {
  microsOf,
  oracleOf,
  referenceWorkload,
  rulerFamilies,
  runPolicy,
  scoreOf,
  simulatedBook,
  steer,
  traceOf,
} from '@freshet/simulator';

const SEEDS = Number(process.env.SIMULATE_SEEDS ?? 10);
/** Per connection-month, and the score that is wanted there of a policy that knows the true rates. */
const WANTED = { 0.5: 0.6, 1.1: 0.7, 2.2: 0.87 };

const hash = (text) => createHash('sha256').update(text).digest('hex');
const least = (values) => values.reduce((low, value) => Math.min(low, value), Infinity);

const scoresOf = async (seed) => {
  const trace = traceOf({ ...referenceWorkload, seed });
  const oracle = oracleOf(trace);
  const ahead = rulerFamilies(trace).find(({ name }) => name === 'looking ahead');
  const scores = [];
  for (const [spend, wanted] of Object.entries(WANTED)) {
    const perConnectionMonth = Number(spend);
    const book = simulatedBook(trace.workload, { policyFile: null, hash, perConnectionMonth });
    const began = performance.now();
    const tally = await runPolicy(trace, { name: 'policy', book, rates: 'true' });
    const seconds = (performance.now() - began) / 1000;
    const ruler = steer(trace, ahead, microsOf(trace, perConnectionMonth)).tally;
    scores.push({
      spend,
      wanted,
      policy: scoreOf(trace, oracle, tally).score,
      ruler: scoreOf(trace, oracle, ruler).score,
      readsPerSecond: tally.reads / seconds,
      violations: tally.violations,
    });
  }
  return scores;
};

export const benchSimulate = async () => {
  const scores = [];
  for (let seed = 1; seed <= SEEDS; seed += 1) scores.push(...(await scoresOf(seed)));
  const at = (spend, of) => scores.filter((score) => score.spend === spend).map((score) => score[of]);
  const figures = Object.keys(WANTED).flatMap((spend) => [
    [`policy at ${spend}, least score`, least(at(spend, 'policy'))],
    [`looking ahead at ${spend}, least`, least(at(spend, 'ruler'))],
  ]);
  return {
    name: `(d) fresh reads for money, ${SEEDS} seeds of the reference workload`,
    figures: {
      ...Object.fromEntries(figures),
      'calls into a closed window': scores.reduce((sum, { violations }) => sum + violations, 0),
      'simulated reads /s': least(scores.map(({ readsPerSecond }) => readsPerSecond)),
    },
    // Of the score that is wanted, at the spend where it is furthest away.
    ratio: least(scores.map(({ policy, wanted }) => policy / wanted)),
    wanted: null,
  };
};

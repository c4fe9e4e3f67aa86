import type { Trace } from '../workload/trace.js';
import { replay } from './replay.js';
import type { RulerFamily } from './ruler.js';
import type { Tally } from './tally.js';

/** A ruler that was steered to an amount of money: the parameter found, and what it reached. */
export interface Steered {
  readonly parameter: number;
  readonly tally: Tally;
}

/** So often is the parameter's range halved: what is left of it moves no call. */
const HALVINGS = 24;

/** The parameter at which the family spends as much as it can of the target without going over it. */
export const steer = (trace: Trace, family: RulerFamily, targetMicros: number): Steered => {
  const { lowest, highest, higherSpends, at } = family;
  const tried = (parameter: number): Steered => ({ parameter, tally: replay(trace, at(parameter)) });
  const isWithin = ({ tally }: Steered): boolean => tally.spentMicros <= targetMicros;
  let [most, least] = higherSpends === 'more' ? [highest, lowest] : [lowest, highest];
  const richest = tried(most);
  if (isWithin(richest)) return richest;
  let best = tried(least);
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = tried(Math.sqrt(most * least));
    if (isWithin(middle)) [least, best] = [middle.parameter, middle];
    else most = middle.parameter;
  }
  return best;
};

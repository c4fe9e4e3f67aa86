import { DAY } from '@freshet/domain';
import type { Constraint } from './constraints.js';
import { leftOutRow, IN_PLAY, type Prepared } from './prepare.js';
import { slotFrom } from './rungs.js';

/** How many horizons ahead the musts are looked at. */
const AHEAD = 64;

/** When each has to be pulled in this horizon so that nothing starves; Infinity: it need not. */
export interface Musts {
  readonly at: Float64Array;
  /** It would starve, and there was no money or no room for it: a row of `leftOutCauses` and 1, else 0. */
  readonly unmet: Uint8Array;
}

/** The first of a column first; equals by seed, so that their order in the input says nothing. */
const byColumn = (rows: Int32Array, column: Float64Array, { columns }: Prepared): Int32Array => {
  const ties = columns.ties ?? columns.seeds;
  return rows.sort(
    (a, b) =>
      Number((column[a] as number) > (column[b] as number)) - Number((column[a] as number) < (column[b] as number)) ||
      (ties[a] as number) - (ties[b] as number) ||
      a - b,
  );
};

/**
 * What has to be spent now so that every later horizon can pay for its own: the most by which the musts up to any of them
 * exceed what the horizons after this one bring.
 */
const neededNow = (costs: Float64Array, limit: number): number => {
  let sum = 0;
  let needed = 0;
  costs.forEach((cost, ahead) => {
    sum += cost;
    needed = Math.max(needed, sum - ahead * limit);
  });
  return Math.min(needed, limit);
};

/** Pulls some before they have to be, where too many would have to be at once later. */
const pullEarly = (prepared: Prepared, constraint: Constraint, until: number, at: Float64Array): void => {
  const { mustAt, now, earliest, offsets } = prepared;
  const costs = new Float64Array(AHEAD);
  const aheadOf = (row: number): number => Math.floor(((mustAt[row] as number) - now) / (until - now));
  for (const row of constraint.members) {
    const ahead = aheadOf(row);
    if (ahead < AHEAD) costs[ahead] = (costs[ahead] as number) + constraint.costOf(row);
  }
  let missing = neededNow(costs, constraint.limit) - (costs[0] as number);
  if (missing <= 0) return;
  const later = constraint.members.filter((row) => aheadOf(row) >= 1 && aheadOf(row) < AHEAD);
  for (const row of byColumn(later, mustAt, prepared)) {
    if (missing <= 0) return;
    const slot = Math.max(slotFrom(now, offsets[row] as number, DAY), earliest[row] as number);
    if (slot >= until) continue;
    missing -= constraint.costOf(row);
    at[row] = slot;
  }
};

/** Where they do not fit together, the oldest go first. */
const dropNewest = (prepared: Prepared, constraint: Constraint, { at, unmet }: Musts, until: number): void => {
  let left = constraint.limit;
  for (const row of constraint.members) if ((at[row] as number) < until) left -= constraint.costOf(row);
  if (left >= 0) return;
  left = constraint.limit;
  const due = constraint.members.filter((row) => (at[row] as number) < until);
  for (const row of byColumn(due, prepared.columns.lastPullAt, prepared)) {
    const cost = constraint.costOf(row);
    if (cost <= left) left -= cost;
    else {
      at[row] = Number.POSITIVE_INFINITY;
      unmet[row] = 1 + leftOutRow(constraint.scope === 'budget' ? 'no-money' : 'cap');
    }
  }
};

/** Who has to be pulled in this horizon whatever it is worth. */
export const findMusts = (prepared: Prepared, constraints: readonly Constraint[], until: number): Musts => {
  const { mustAt, standing } = prepared;
  const at = mustAt.map((due, row) => (standing[row] === IN_PLAY && due < until ? due : Number.POSITIVE_INFINITY));
  const musts = { at, unmet: new Uint8Array(at.length) };
  for (const constraint of constraints) pullEarly(prepared, constraint, until, at);
  for (const constraint of constraints) dropNewest(prepared, constraint, musts, until);
  return musts;
};

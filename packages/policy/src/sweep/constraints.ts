import type { Instant } from '@freshet/domain';
import type { SweepColumns } from './candidates.js';
import type { SweepBudget, SweepCap } from './plan.js';
import { IN_PLAY, type Prepared } from './prepare.js';

/** A budget or a cap, over the candidates that it holds. */
export interface Constraint {
  readonly scope: 'budget' | SweepCap['scope'];
  /** The row of the budget, the account or the institution. */
  readonly row: number;
  /** Micros, or pulls in the horizon. */
  readonly limit: number;
  readonly members: Int32Array;
  readonly costOf: (candidate: number) => number;
}

/** How many pulls fit in a horizon under a cap, those counted that still fill the first window. */
export const placesIn = (cap: SweepCap, now: Instant, until: Instant): number => {
  const from = (at: Instant): number => (at < until ? 1 + Math.floor((until - 1 - at) / cap.perMs) : 0);
  const using = cap.usedAt.filter((at) => at + cap.perMs > now);
  const newest = using.toSorted((a, b) => a - b).slice(Math.max(0, using.length - cap.count));
  let places = (cap.count - newest.length) * from(now);
  for (const at of newest) places += from(at + cap.perMs);
  return places;
};

/** Whether a budget pays for the candidate. */
export const pays = (budget: Pick<SweepBudget, 'provider' | 'currency'>, columns: SweepColumns, row: number): boolean =>
  columns.currencyNames[columns.currencies[row] as number] === budget.currency &&
  (budget.provider === null || columns.providerNames[columns.providers[row] as number] === budget.provider);

const membersOf = (prepared: Prepared, holds: (row: number) => boolean): Int32Array => {
  const { standing } = prepared;
  const members = new Int32Array(standing.length);
  let count = 0;
  for (let row = 0; row < standing.length; row += 1) {
    if (standing[row] !== IN_PLAY || !holds(row)) continue;
    members[count] = row;
    count += 1;
  }
  return members.subarray(0, count);
};

/** The members of each of so many keys, one key after the other. */
const grouped = (keys: Int32Array, count: number, { standing }: Prepared): readonly Int32Array[] => {
  const sizes = new Int32Array(count);
  keys.forEach((key, row) => {
    if (standing[row] === IN_PLAY) sizes[key] = (sizes[key] as number) + 1;
  });
  const groups = Array.from(sizes, (size) => new Int32Array(size));
  sizes.fill(0);
  keys.forEach((key, row) => {
    if (standing[row] !== IN_PLAY) return;
    const place = sizes[key] as number;
    (groups[key] as Int32Array)[place] = row;
    sizes[key] = place + 1;
  });
  return groups;
};

const one = (): number => 1;

/** Budgets first, then what holds many, then what holds few: the prices are found in this order. */
export const constraintsOf = (
  prepared: Prepared,
  budgets: readonly SweepBudget[],
  caps: readonly SweepCap[],
  until: Instant,
): readonly Constraint[] => {
  const { columns, now } = prepared;
  const priceOf = (row: number): number => columns.priceMicros[row] as number;
  const money = budgets.map((budget, row): Constraint => ({
    scope: 'budget',
    row,
    limit: budget.micros,
    members: membersOf(prepared, (candidate) => priceOf(candidate) > 0 && pays(budget, columns, candidate)),
    costOf: priceOf,
  }));
  const capped = (scope: SweepCap['scope'], names: readonly string[], keys: Int32Array): Constraint[] => {
    const rowOf = new Map(names.map((name, row) => [name, row]));
    // Of several caps on one key the tightest has the price; the others are kept when the pulls are placed.
    const limits = new Map<number, number>();
    for (const cap of caps) {
      const row = cap.scope === scope ? rowOf.get(cap.key) : undefined;
      if (row !== undefined) limits.set(row, Math.min(limits.get(row) ?? Infinity, placesIn(cap, now, until)));
    }
    if (limits.size === 0) return [];
    const groups = grouped(keys, names.length, prepared);
    return Array.from(limits, ([row, limit]) => ({
      scope,
      row,
      limit,
      members: groups[row] as Int32Array,
      costOf: one,
    }));
  };
  return [
    ...money,
    ...capped('account', columns.accountNames, columns.accounts),
    ...capped('institution', columns.institutionNames, columns.institutions),
  ];
};

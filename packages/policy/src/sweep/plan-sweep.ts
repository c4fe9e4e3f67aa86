import { DAY } from '@freshet/domain';
import type { Instant } from '@freshet/domain';
import type { SweepColumns } from './candidates.js';
import { sweepColumns } from './columns.js';
import { constraintsOf } from './constraints.js';
import { forecastOf } from './forecast.js';
import { findMusts, type Musts } from './must.js';
import { placePulls, type Placed } from './place.js';
import { defaultSweepRules, type LeftOutCause, type SweepInput, type SweepPlan, type SweepRules } from './plan.js';
import { firstOf, IN_PLAY, leftOutRow, prepare, type Prepared } from './prepare.js';
import { findPrices, keptPrices, openMarket, rungOf, shadowOf, type Market } from './prices.js';
import { NEVER } from './rungs.js';

const columnsOf = (candidates: SweepInput['candidates']): SweepColumns =>
  'ids' in candidates ? candidates : sweepColumns(candidates);

/** Why those stay out that could be pulled: what they would do if nothing were short tells which shortage it was. */
const shortageOf = (prepared: Prepared, market: Market, open: Market, row: number, until: Instant): LeftOutCause => {
  const rung = rungOf(prepared, open, row);
  if (rung === NEVER) return 'not-worth';
  if (firstOf(prepared, row, rung) >= until) return 'not-due';
  const { columns } = prepared;
  const places =
    (market.accounts[columns.accounts[row] as number] as number) +
    (market.institutions[columns.institutions[row] as number] as number);
  return shadowOf(prepared, market, row) - shadowOf(prepared, open, row) > 2 * places ? 'no-money' : 'cap';
};

const reasonsLeftOut = (
  prepared: Prepared,
  market: Market,
  musts: Musts,
  { pulls, squeezedOut }: Placed,
  until: Instant,
): Uint8Array => {
  const leftOut = prepared.standing.slice();
  const open = openMarket(prepared);
  for (let row = 0; row < leftOut.length; row += 1) {
    if (leftOut[row] !== IN_PLAY) continue;
    if ((musts.unmet[row] as number) > 0) leftOut[row] = (musts.unmet[row] as number) - 1;
    else if ((squeezedOut[row] as number) > 0) leftOut[row] = leftOutRow('cap');
    else leftOut[row] = leftOutRow(shortageOf(prepared, market, open, row, until));
  }
  for (const row of pulls.candidates) leftOut[row] = IN_PLAY;
  return leftOut;
};

/**
 * Plans the pulls of connections that nobody else refreshes: which, when, at what cost, and what that brings. Pure: the
 * same input gives the same plan. The prices of money and places are found for exactly this horizon, from what each
 * connection is due at its age; then each gets the interval whose last pulls still bring that price, on slots of its own.
 *
 * Run it once a horizon and keep, per connection, the time of its first pull (`nextPullAt`, indexed) and, per plan, its
 * `prices`. A timer then reads only the connections whose `nextPullAt` has come; after each pull, and whenever what is
 * known of one connection changes, `nextPull` gives its next time at the kept prices without looking at the others.
 */
export const planSweep = (input: SweepInput): SweepPlan => {
  const { now, budgets, caps } = input;
  const until = now + (input.horizonMs ?? DAY);
  const rules: SweepRules = { ...defaultSweepRules, ...input.rules };
  const columns = columnsOf(input.candidates);
  const prepared = prepare(columns, rules, now, until);
  const constraints = constraintsOf(prepared, budgets, caps, until);
  const musts = findMusts(prepared, constraints, until);
  const { market, budgetPrices } = findPrices(prepared, musts, constraints, budgets, until);
  const open = openMarket(prepared);
  const moneyIsShort = (row: number): boolean => shadowOf(prepared, market, row) > shadowOf(prepared, open, row);
  const placed = placePulls({ prepared, market, musts, until, moneyIsShort }, caps);
  const leftOut = reasonsLeftOut(prepared, market, musts, placed, until);
  const { pulls } = placed;
  return {
    from: now,
    until,
    columns,
    pulls,
    leftOut,
    prices: keptPrices(prepared, market, budgets, budgetPrices),
    rules,
    forecast: forecastOf(columns, now, until, pulls, leftOut, budgets),
  };
};

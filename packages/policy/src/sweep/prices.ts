import type { SweepColumns } from './candidates.js';
import { clearingPrice, type Takers } from './clearing-price.js';
import { pays, type Constraint } from './constraints.js';
import type { Musts } from './must.js';
import type { SweepBudget, SweepPrices } from './plan.js';
import { firstOf, IN_PLAY, intervalOf, type Prepared } from './prepare.js';
import { NEVER, rungAt } from './rungs.js';

/** Prices settle where one constraint after the other is priced again; after so many rounds what is left is rounding. */
const ROUNDS = 5;
const SETTLED = 1e-6;

/** The prices in force while they are sought, in tables that are quick to read for one candidate. */
export interface Market {
  /** By provider and currency: what a micro of price costs in value. */
  readonly money: Float64Array;
  readonly accounts: Float64Array;
  readonly institutions: Float64Array;
  /** The interval that each candidate got at the last price that was tried. */
  readonly rungs: Uint8Array;
}

const moneyRow = (columns: SweepColumns, provider: number, currency: number): number =>
  provider * (columns.currencyNames.length + 1) + currency + 1;

export const openMarket = ({ columns, rules, standing }: Prepared): Market => ({
  money: new Float64Array(columns.providerNames.length * (columns.currencyNames.length + 1)).fill(rules.worthAtLeast),
  accounts: new Float64Array(columns.accountNames.length),
  institutions: new Float64Array(columns.institutionNames.length),
  rungs: new Uint8Array(standing.length).fill(NEVER),
});

/** What a pull of the candidate has to bring, in micros of value. */
export const shadowOf = ({ columns }: Prepared, market: Market, row: number): number => {
  const price = columns.priceMicros[row] as number;
  const currency = columns.currencies[row] as number;
  const money =
    price === 0 ? 0 : price * (market.money[moneyRow(columns, columns.providers[row] as number, currency)] as number);
  const places =
    (market.accounts[columns.accounts[row] as number] as number) +
    (market.institutions[columns.institutions[row] as number] as number);
  return money + places;
};

/** Its interval at the present prices. */
export const rungOf = (prepared: Prepared, market: Market, row: number): number => {
  const { turns, worth, shortest } = prepared;
  const rung = rungAt(
    shadowOf(prepared, market, row),
    turns[row] as number,
    worth[row] as number,
    shortest[row] as number,
    market.rungs[row] as number,
  );
  market.rungs[row] = rung;
  return rung;
};

/** When its first pull goes on that rung, or where it must go earlier, so that it does not starve. */
export const startOf = (prepared: Prepared, musts: Musts, row: number, rung: number): number => {
  const must = musts.at[row] as number;
  return rung === NEVER ? must : Math.min(firstOf(prepared, row, rung), must);
};

export const pullsOf = (prepared: Prepared, musts: Musts, row: number, rung: number, until: number): number => {
  const start = startOf(prepared, musts, row, rung);
  if (start >= until) return 0;
  return rung === NEVER ? 1 : 1 + Math.floor((until - 1 - start) / intervalOf(prepared, row, rung));
};

/** Before this it is not pulled at any price. */
const earliestStart = (prepared: Prepared, musts: Musts, row: number): number =>
  startOf(prepared, musts, row, prepared.shortest[row] as number);

/** Sets the price of one constraint; budgets of one provider and currency add up. */
const setPrice = (
  { columns, rules }: Prepared,
  market: Market,
  budgets: readonly SweepBudget[],
  found: Float64Array,
  constraint: Constraint,
): void => {
  const price = found[constraint.row] as number;
  if (constraint.scope === 'account') market.accounts[constraint.row] = price;
  else if (constraint.scope === 'institution') market.institutions[constraint.row] = price;
  else {
    columns.providerNames.forEach((provider, providerRow) =>
      columns.currencyNames.forEach((currency, currencyRow) => {
        let sum = rules.worthAtLeast;
        budgets.forEach((budget, row) => {
          const covers = budget.currency === currency && (budget.provider ?? provider) === provider;
          if (covers) sum += found[row] as number;
        });
        market.money[moneyRow(columns, providerRow, currencyRow)] = sum;
      }),
    );
  }
};

/** Of each budget and cap the lowest price at which what the candidates then want in this horizon fits, all together. */
export const findPrices = (
  prepared: Prepared,
  musts: Musts,
  constraints: readonly Constraint[],
  budgets: readonly SweepBudget[],
  until: number,
): { readonly market: Market; readonly budgetPrices: Float64Array } => {
  const market = openMarket(prepared);
  const found = {
    budget: new Float64Array(budgets.length),
    account: new Float64Array(market.accounts.length),
    institution: new Float64Array(market.institutions.length),
  };
  const takersOf = (constraint: Constraint): Takers => ({
    members: constraint.members,
    setPrice: (price) => {
      found[constraint.scope][constraint.row] = price;
      setPrice(prepared, market, budgets, found[constraint.scope], constraint);
    },
    takes: (row) => {
      const pulls = pullsOf(prepared, musts, row, rungOf(prepared, market, row), until);
      return pulls === 0 ? 0 : pulls * constraint.costOf(row);
    },
  });
  const due = constraints.map((constraint) => ({
    ...constraint,
    members: constraint.members.filter((row) => earliestStart(prepared, musts, row) < until),
  }));
  const settle = (constraint: Constraint): boolean => {
    const before = found[constraint.scope][constraint.row] as number;
    const takers = takersOf(constraint);
    const price = clearingPrice(takers, constraint.limit, before);
    takers.setPrice(price);
    return Math.abs(price - before) > SETTLED * Math.max(price, before);
  };
  for (let round = 0, moved = true; moved && round < ROUNDS; round += 1) {
    moved = false;
    for (const constraint of due) moved = settle(constraint) || moved;
    moved &&= due.length > 1;
  }
  // Raising one only lowers what the others want, so one more round leaves nothing over its limit.
  for (const constraint of due) {
    const takers = takersOf(constraint);
    takers.setPrice(found[constraint.scope][constraint.row] as number);
    let taken = 0;
    for (const row of constraint.members) taken += takers.takes(row);
    if (taken > constraint.limit) settle(constraint);
  }
  for (let row = 0; row < prepared.standing.length; row += 1)
    if (prepared.standing[row] === IN_PLAY) rungOf(prepared, market, row);
  return { market, budgetPrices: found.budget };
};

const shortOnes = (names: readonly string[], prices: Float64Array): Record<string, number> =>
  Object.fromEntries(names.map((name, row) => [name, prices[row] as number] as const).filter(([, price]) => price > 0));

/** The prices as plain data. */
export const keptPrices = (
  { columns }: Prepared,
  market: Market,
  budgets: readonly SweepBudget[],
  budgetPrices: Float64Array,
): SweepPrices => ({
  budgets: budgets.map(({ name, provider, currency }, row) => ({
    name,
    provider,
    currency,
    price: budgetPrices[row] as number,
  })),
  accounts: shortOnes(columns.accountNames, market.accounts),
  institutions: shortOnes(columns.institutionNames, market.institutions),
});

/** The market again from kept prices, for candidates that may be others than those they were found with. */
export const marketFrom = (prepared: Prepared, prices: SweepPrices): Market => {
  const market = openMarket(prepared);
  const { columns } = prepared;
  columns.accountNames.forEach((name, row) => (market.accounts[row] = prices.accounts[name] ?? 0));
  columns.institutionNames.forEach((name, row) => (market.institutions[row] = prices.institutions[name] ?? 0));
  for (let row = 0; row < columns.ids.length; row += 1) {
    const place = moneyRow(columns, columns.providers[row] as number, columns.currencies[row] as number);
    market.money[place] = prices.budgets.reduce(
      (sum, budget) => (pays(budget, columns, row) ? sum + budget.price : sum),
      prepared.rules.worthAtLeast,
    );
  }
  return market;
};

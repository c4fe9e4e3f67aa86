import { countedPullStates, type LedgerEntry, type ProviderName, type PullState } from '@freshet/domain';
import type { HeldWith, LedgerTotals, ProviderSpend, ReadParams } from '../reads.js';
import { countWhile, keyOf } from './table.js';
import type { Kept } from './tables.js';

const NOTHING: LedgerTotals = { reservedMicros: 0, chargedMicros: 0, uncertainMicros: 0 };

const isHeld = (kept: Kept, entry: LedgerEntry): boolean =>
  kept.other.ledgerOfPull.of(keyOf(entry.tenantId, entry.pullId)).every(({ kind }) => kind === 'reserved');

const plus = (kept: Kept, totals: LedgerTotals, entry: LedgerEntry): LedgerTotals => {
  switch (entry.kind) {
    case 'reserved':
      return isHeld(kept, entry) ? { ...totals, reservedMicros: totals.reservedMicros + entry.micros } : totals;
    case 'charged':
      return { ...totals, chargedMicros: totals.chargedMicros + entry.micros };
    case 'uncertain':
      return { ...totals, uncertainMicros: totals.uncertainMicros + entry.micros };
    case 'released':
      return totals;
  }
};

const since = <Row extends { readonly at: number }>(rows: readonly Row[], from: number): readonly Row[] =>
  rows.slice(countWhile(rows, (row) => row.at < from));

/** By what became of the pull: money counts when it was held, whenever it was settled. */
const fateOf = (kept: Kept, { tenantId, pullId }: LedgerEntry): LedgerEntry['kind'] =>
  kept.other.ledgerOfPull.of(keyOf(tenantId, pullId)).find(({ kind }) => kind !== 'reserved')?.kind ?? 'reserved';

const columns = {
  reserved: 'reservedMicros',
  charged: 'chargedMicros',
  uncertain: 'uncertainMicros',
  released: null,
} as const;

const held = (kept: Kept, totals: LedgerTotals, entry: LedgerEntry): LedgerTotals => {
  const column = columns[fateOf(kept, entry)];
  return column === null ? totals : { ...totals, [column]: totals[column] + entry.micros };
};

export const ledgerTotals = (
  kept: Kept,
  { tenantId, provider, currency, from, until }: ReadParams<'ledgerTotals'>,
): LedgerTotals =>
  since(kept.other.ledgerOfTenant.of(tenantId), from)
    .filter(({ kind, at }) => kind === 'reserved' && at < until)
    .filter((entry) => entry.currency === currency)
    .filter((entry) => provider === null || entry.provider === provider)
    .reduce((totals, entry) => held(kept, totals, entry), NOTHING);

/** Money without a task was owed as it was written. */
export const unaskedMoney = (
  kept: Kept,
  { tenantId, provider, currency, from, until }: ReadParams<'unaskedMoney'>,
): number =>
  since(kept.other.ledgerOfTenant.of(tenantId), from)
    .filter(({ kind, at, taskId }) => kind === 'charged' && taskId === null && at < until)
    .filter((entry) => entry.currency === currency && (provider === null || entry.provider === provider))
    .reduce((sum, { micros }) => sum + micros, 0);

export const heldTotals = (kept: Kept, asked: ReadParams<'heldTotals'>): readonly HeldWith[] => {
  const rows = new Map<string, HeldWith>();
  for (const { kind, at, provider, currency } of since(kept.other.ledgerOfTenant.of(asked.tenantId), asked.from)) {
    const key = keyOf(provider, currency);
    if (kind !== 'reserved' || at >= asked.until || rows.has(key)) continue;
    rows.set(key, { provider, currency, ...ledgerTotals(kept, { ...asked, provider, currency }) });
  }
  return [...rows.values()].sort((a, b) => order(a.provider, b.provider) || order(a.currency, b.currency));
};

const currencyOf = (kept: Kept, tenantId: string, pullId: string): string | null =>
  kept.other.ledgerOfPull.of(keyOf(tenantId, pullId)).find(({ kind }) => kind === 'reserved')?.currency ?? null;

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What was spent by each provider in each currency, beside the forced pulls that happened or may have. */
export const spend = (kept: Kept, { tenantId, since: from }: ReadParams<'spend'>): readonly ProviderSpend[] => {
  const rows = new Map<string, ProviderSpend>();
  const change = (provider: ProviderName, currency: string | null, to: (row: ProviderSpend) => ProviderSpend): void => {
    const key = keyOf(provider, currency);
    rows.set(key, to(rows.get(key) ?? { ...NOTHING, provider, currency, forced: 0 }));
  };
  for (const entry of since(kept.other.ledgerOfTenant.of(tenantId), from)) {
    change(entry.provider, entry.currency, (row) => ({ ...row, ...plus(kept, row, entry) }));
  }
  const counts = (state: PullState): boolean => (countedPullStates as readonly PullState[]).includes(state);
  for (const pull of since(kept.pull.forced.of(tenantId), from)) {
    if (!counts(pull.state)) continue;
    change(pull.provider, currencyOf(kept, tenantId, pull.id), (row) => ({ ...row, forced: row.forced + 1 }));
  }
  return [...rows.values()].sort((a, b) => order(a.provider, b.provider) || order(a.currency ?? '', b.currency ?? ''));
};

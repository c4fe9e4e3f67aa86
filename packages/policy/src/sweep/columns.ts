import type { SweepCandidate, SweepColumns } from './candidates.js';

/** Who reads once in a million years does not read: products of such numbers would be nothing, or no number. */
const SELDOM = 1e-9;

type Numbers = Float64Array | Int32Array | Uint32Array | Uint8Array;

/** One column that grows, at most to twice what is in it. */
class Column<Kind extends Numbers> {
  private values: Kind;
  private length = 0;
  private readonly made: (length: number) => Kind;

  constructor(made: (length: number) => Kind) {
    this.made = made;
    this.values = made(16);
  }

  add(value: number): void {
    if (this.length === this.values.length) {
      const wider = this.made(2 * this.length);
      wider.set(this.values);
      this.values = wider;
    }
    this.values[this.length] = value;
    this.length += 1;
  }

  get count(): number {
    return this.length;
  }

  all(): Kind {
    return this.values.subarray(0, this.length) as Kind;
  }
}

/** Each name once, in the order in which they came. */
class Names {
  private readonly rows = new Map<string, number>();

  rowOf(name: string): number {
    const row = this.rows.get(name) ?? this.rows.size;
    this.rows.set(name, row);
    return row;
  }

  all(): readonly string[] {
    return [...this.rows.keys()];
  }
}

const doubles = (): Column<Float64Array> => new Column((length) => new Float64Array(length));
const integers = (): Column<Int32Array> => new Column((length) => new Int32Array(length));

/** Candidates put into columns as they are read: what is kept of each is some dozen numbers and its id. */
export class SweepRows {
  private readonly ids: string[] = [];
  private readonly names = { providers: new Names(), institutions: new Names(), accounts: new Names() };
  private readonly currencies = new Names();
  private readonly rows = { providers: integers(), institutions: integers(), accounts: integers() };
  private readonly paidIn = integers();
  private readonly numbers = {
    lastPullAt: doubles(),
    changesPerDay: doubles(),
    readsPerDay: doubles(),
    valueMicros: doubles(),
    priceMicros: doubles(),
    backgroundPerDay: doubles(),
    minGapMs: doubles(),
    lastReadAt: doubles(),
    closedUntil: doubles(),
  };
  private readonly allowanceCounts = integers();
  private readonly allowanceStarts = integers();
  private readonly allowanceUsedAt = doubles();
  private readonly seeds = new Column((length) => new Uint32Array(length));
  private readonly ties = new Column((length) => new Uint32Array(length));
  private readonly unattended = new Column((length) => new Uint8Array(length));

  constructor() {
    this.allowanceStarts.add(0);
  }

  get count(): number {
    return this.ids.length;
  }

  add(candidate: SweepCandidate): void {
    const { names, rows, numbers } = this;
    this.ids.push(candidate.connectionId);
    rows.providers.add(names.providers.rowOf(candidate.provider));
    rows.institutions.add(names.institutions.rowOf(candidate.institution));
    rows.accounts.add(names.accounts.rowOf(candidate.account));
    this.paidIn.add(candidate.currency === null ? -1 : this.currencies.rowOf(candidate.currency));
    numbers.lastPullAt.add(candidate.lastPullAt ?? Number.NEGATIVE_INFINITY);
    numbers.changesPerDay.add(candidate.changesPerDay);
    numbers.readsPerDay.add(candidate.readsPerDay < SELDOM ? 0 : candidate.readsPerDay);
    numbers.valueMicros.add(candidate.valueMicros);
    numbers.priceMicros.add(candidate.currency === null ? 0 : candidate.priceMicros);
    numbers.backgroundPerDay.add(candidate.backgroundPerDay);
    numbers.minGapMs.add(candidate.minGapMs);
    numbers.lastReadAt.add(candidate.lastReadAt ?? Number.POSITIVE_INFINITY);
    numbers.closedUntil.add(candidate.closedUntil ?? Number.NEGATIVE_INFINITY);
    this.addAllowance(candidate);
    this.seeds.add(candidate.seed);
    this.ties.add(candidate.tie ?? candidate.seed);
    this.unattended.add(candidate.unattended ? 1 : 0);
  }

  columns(): SweepColumns {
    const { names, rows, numbers } = this;
    return {
      ids: this.ids,
      providerNames: names.providers.all(),
      providers: rows.providers.all(),
      institutionNames: names.institutions.all(),
      institutions: rows.institutions.all(),
      accountNames: names.accounts.all(),
      accounts: rows.accounts.all(),
      currencyNames: this.currencies.all(),
      currencies: this.paidIn.all(),
      lastPullAt: numbers.lastPullAt.all(),
      changesPerDay: numbers.changesPerDay.all(),
      readsPerDay: numbers.readsPerDay.all(),
      valueMicros: numbers.valueMicros.all(),
      priceMicros: numbers.priceMicros.all(),
      backgroundPerDay: numbers.backgroundPerDay.all(),
      minGapMs: numbers.minGapMs.all(),
      allowanceCounts: this.allowanceCounts.all(),
      allowanceStarts: this.allowanceStarts.all(),
      allowanceUsedAt: this.allowanceUsedAt.all(),
      lastReadAt: numbers.lastReadAt.all(),
      seeds: this.seeds.all(),
      ties: this.ties.all(),
      unattended: this.unattended.all(),
      closedUntil: numbers.closedUntil.all(),
    };
  }

  private addAllowance({ allowance }: SweepCandidate): void {
    this.allowanceCounts.add(allowance?.count ?? 0);
    for (const at of allowance?.usedAt ?? []) this.allowanceUsedAt.add(at);
    this.allowanceStarts.add(this.allowanceUsedAt.count);
  }
}

/** Candidates as columns. */
export const sweepColumns = (candidates: Iterable<SweepCandidate>): SweepColumns => {
  const rows = new SweepRows();
  for (const candidate of candidates) rows.add(candidate);
  return rows.columns();
};

const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** One row of the columns as a candidate again. */
export const candidateAt = (columns: SweepColumns, row: number): SweepCandidate => {
  const at = (values: { readonly [row: number]: number }): number => values[row] as number;
  const count = at(columns.allowanceCounts);
  const used = columns.allowanceUsedAt.subarray(at(columns.allowanceStarts), columns.allowanceStarts[row + 1]);
  const closedUntil = at(columns.closedUntil);
  return {
    connectionId: columns.ids[row] as string,
    provider: columns.providerNames[at(columns.providers)] as string,
    institution: columns.institutionNames[at(columns.institutions)] as string,
    account: columns.accountNames[at(columns.accounts)] as string,
    lastPullAt: orNull(at(columns.lastPullAt)),
    changesPerDay: at(columns.changesPerDay),
    readsPerDay: at(columns.readsPerDay),
    valueMicros: at(columns.valueMicros),
    priceMicros: at(columns.priceMicros),
    currency: columns.currencyNames[at(columns.currencies)] ?? null,
    backgroundPerDay: at(columns.backgroundPerDay),
    minGapMs: at(columns.minGapMs),
    allowance: count === 0 ? null : { count, usedAt: [...used] },
    lastReadAt: orNull(at(columns.lastReadAt)),
    seed: at(columns.seeds),
    tie: at(columns.ties ?? columns.seeds),
    unattended: at(columns.unattended) === 1,
    closedUntil: closedUntil === Number.NEGATIVE_INFINITY ? null : closedUntil,
  };
};

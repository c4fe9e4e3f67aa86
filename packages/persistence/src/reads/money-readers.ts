import { countedPullStates, type Charge, type Instant } from '@freshet/domain';
import type { HeldWith, LedgerTotals, ProviderSpend, ReadParams } from '@freshet/ports';
import { and, asc, eq, gt, gte, inArray, lt, lte, sql, type Column, type SQL } from 'drizzle-orm';
import { ledger, pulls } from '../schema/conditions.js';
import { selecting, variants, type Statement } from '../statement.js';
import { all, firstOf, recordColumns, sortedById, value, type Reader, type Readers, type Schema } from './reader.js';

type Spent = LedgerTotals & { readonly provider: string; readonly currency: string };
type Forced = Pick<ProviderSpend, 'provider' | 'currency' | 'forced'>;

/** Spelled so that no index of the tenant's is taken for the pull's own. */
const isTenants = (tenantId: Column): SQL => sql`${tenantId} || '' = ${value('tenantId')}`;

const totals = ({ tables: { ledgerEntry: entry } }: Schema) => {
  const is = (kind: Charge): SQL => sql`${entry.kind} = ${sql.raw(`'${kind}'`)}`;
  const total = (condition: SQL): SQL<number> =>
    sql<number>`coalesce(sum(case when ${condition} then ${entry.micros} else 0 end), 0)`.mapWith(Number);
  const settled = sql`exists (select 1 from ${entry} as s where s.pull_id = ${entry.pullId} and s.kind <> 'reserved')`;
  return {
    reservedMicros: total(sql`${ledger.reserved(entry)} and not ${settled}`),
    chargedMicros: total(is('charged')),
    uncertainMicros: total(is('uncertain')),
  };
};

/** Money that was held, by what became of its pull. */
const heldTotals = ({ tables: { ledgerEntry: entry } }: Schema) => {
  const settled = (as: SQL): SQL =>
    sql`exists (select 1 from ${entry} as s where s.pull_id = ${entry.pullId} and s.kind ${as})`;
  const total = (condition: SQL): SQL<number> =>
    sql<number>`coalesce(sum(case when ${condition} then ${entry.micros} else 0 end), 0)`.mapWith(Number);
  return {
    reservedMicros: total(sql`not ${settled(sql`<> 'reserved'`)}`),
    chargedMicros: total(settled(sql`= 'charged'`)),
    uncertainMicros: total(settled(sql`= 'uncertain'`)),
  };
};

const ledgerTotals = (schema: Schema): Reader<ReadParams<'ledgerTotals'>, LedgerTotals> => {
  const { ledgerEntry: entry } = schema.tables;
  const build = ({ provider }: ReadParams<'ledgerTotals'>): Statement<LedgerTotals> =>
    selecting(
      schema.db
        .select(heldTotals(schema))
        .from(entry)
        .where(
          and(
            eq(entry.tenantId, value('tenantId')),
            gte(entry.at, value('from')),
            lt(entry.at, value('until')),
            ledger.reserved(entry),
            eq(entry.currency, value('currency')),
            provider === null ? undefined : eq(entry.provider, value('provider')),
          ),
        ),
    );
  const statement = variants(({ provider }: ReadParams<'ledgerTotals'>) => String(provider === null), build);
  // A sum always has its row.
  return firstOf({ statement }) as Reader<ReadParams<'ledgerTotals'>, LedgerTotals>;
};

/** One walk through the entries of that time, by the index alone. */
const heldWith = (schema: Schema): Statement<HeldWith> => {
  const { ledgerEntry: entry } = schema.tables;
  return selecting(
    schema.db
      .select({ provider: entry.provider, currency: entry.currency, ...heldTotals(schema) })
      .from(entry)
      .where(
        and(
          eq(entry.tenantId, value('tenantId')),
          gte(entry.at, value('from')),
          lt(entry.at, value('until')),
          ledger.reserved(entry),
        ),
      )
      .groupBy(entry.provider, entry.currency)
      .orderBy(asc(entry.provider), asc(entry.currency)),
  );
};

const spentStatement = (schema: Schema): Statement<Spent> => {
  const { ledgerEntry: entry } = schema.tables;
  return selecting(
    schema.db
      .select({ provider: entry.provider, currency: entry.currency, ...totals(schema) })
      .from(entry)
      .where(and(eq(entry.tenantId, value('tenantId')), gte(entry.at, value('since'))))
      .groupBy(entry.provider, entry.currency),
  );
};

/** Forced pulls that happened, or may have: their reservation tells the currency. */
const forcedStatement = ({ db, tables: { pull, ledgerEntry: entry } }: Schema): Statement<Forced> => {
  // Nested: of one table, Drizzle leaves a selected column's table away, and this one would be the subquery's own.
  const ofPull = sql`e.pull_id = ${pull.id} and e.kind = 'reserved'`;
  const currency = sql<string | null>`(select min(e.currency) from ${entry} as e where ${ofPull})`;
  return selecting(
    db
      .select({ provider: pull.provider, currency, forced: sql<number>`count(*)`.mapWith(Number) })
      .from(pull)
      .where(
        and(
          eq(pull.tenantId, value('tenantId')),
          gte(pull.at, value('since')),
          pulls.forced(pull),
          inArray(pull.state, [...countedPullStates]),
        ),
      )
      .groupBy(sql`1`, sql`2`),
  );
};

const byProviderAndCurrency = (a: ProviderSpend, b: ProviderSpend): number =>
  order(a.provider, b.provider) || order(a.currency ?? '', b.currency ?? '');

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const merged = (spent: readonly Spent[], forced: readonly Forced[]): readonly ProviderSpend[] => {
  const rows = new Map<string, ProviderSpend>();
  const key = (row: Forced | Spent): string => JSON.stringify([row.provider, row.currency]);
  for (const row of spent) rows.set(key(row), { ...row, forced: 0 });
  for (const { provider, currency, forced: count } of forced) {
    const amounts = rows.get(key({ provider, currency, forced: count }));
    const none = { reservedMicros: 0, chargedMicros: 0, uncertainMicros: 0 };
    rows.set(key({ provider, currency, forced: count }), { ...none, ...amounts, provider, currency, forced: count });
  }
  return [...rows.values()].sort(byProviderAndCurrency);
};

const spend = (schema: Schema): Reader<ReadParams<'spend'>, readonly ProviderSpend[]> => {
  const statements = [spentStatement(schema), forcedStatement(schema)];
  return {
    statements: () => statements,
    values: (params) => params,
    result: ([spent, forced]) => merged(spent as readonly Spent[], forced as readonly Forced[]),
  };
};

const unaskedMoney = (schema: Schema): Reader<ReadParams<'unaskedMoney'>, number> => {
  const { ledgerEntry: entry } = schema.tables;
  const build = ({ provider }: ReadParams<'unaskedMoney'>): Statement<{ readonly micros: number }> =>
    selecting(
      schema.db
        .select({ micros: sql<number>`coalesce(sum(${entry.micros}), 0)`.mapWith(Number) })
        .from(entry)
        .where(
          and(
            eq(entry.tenantId, value('tenantId')),
            gte(entry.at, value('from')),
            lt(entry.at, value('until')),
            sql`${entry.kind} = 'charged'`,
            eq(entry.currency, value('currency')),
            sql`${entry.taskId} is null`,
            provider === null ? undefined : eq(entry.provider, value('provider')),
          ),
        ),
    );
  const statement = variants(({ provider }: ReadParams<'unaskedMoney'>) => String(provider === null), build);
  return {
    statements: (params) => [statement(params)],
    values: (params) => params,
    result: ([rows]) => (rows as readonly { readonly micros: number }[])[0]?.micros ?? 0,
  };
};

/** One row of the index by time. */
const oldestMoney = ({
  db,
  tables: { ledgerEntry: entry },
}: Schema): Reader<ReadParams<'oldestMoney'>, Instant | null> => {
  const query = db
    .select({ at: entry.at })
    .from(entry)
    .where(eq(entry.tenantId, value('tenantId')));
  const statement = selecting(query.orderBy(asc(entry.at)).limit(1));
  return {
    statements: () => [statement],
    values: (params) => params,
    result: ([rows]) => (rows as readonly { readonly at: Instant }[])[0]?.at ?? null,
  };
};

/** The tenant's rows of a period that the instant `at` lies in. */
const inPeriod = (t: { readonly tenantId: Column; readonly periodStart: Column; readonly periodEnd: Column }) =>
  and(eq(t.tenantId, value('tenantId')), gt(t.periodEnd, value('at')), lte(t.periodStart, value('at')));

type ByMoney =
  | 'ledgerTotals'
  | 'heldTotals'
  | 'spend'
  | 'ledgerOfPull'
  | 'oldestMoney'
  | 'unaskedMoney'
  | 'ledgerOfTask'
  | 'budgetCounters'
  | 'budgetAlerts';

/** The ledger, and what it adds up to. */
export const moneyReaders = (schema: Schema): Readers<ByMoney> => {
  const { ledgerEntry: entry, budgetCounter: counter, budgetAlert: alert } = schema.tables;
  return {
    budgetCounters: sortedById(selecting(schema.db.select().from(counter).where(inPeriod(counter)))),
    budgetAlerts: sortedById(selecting(schema.db.select().from(alert).where(inPeriod(alert)))),
    ledgerTotals: ledgerTotals(schema),
    heldTotals: all(heldWith(schema)),
    spend: spend(schema),
    oldestMoney: oldestMoney(schema),
    unaskedMoney: unaskedMoney(schema),
    ledgerOfTask: all(
      selecting(
        schema.db
          .select(recordColumns(entry))
          .from(entry)
          .where(and(eq(entry.taskId, value('taskId')), isTenants(entry.tenantId)))
          .orderBy(asc(entry.id)),
      ),
    ),
    ledgerOfPull: all(
      selecting(
        schema.db
          .select(recordColumns(entry))
          .from(entry)
          .where(and(eq(entry.pullId, value('pullId')), isTenants(entry.tenantId)))
          .orderBy(asc(entry.id)),
      ),
    ),
  };
};

import { pullOrigins, pullStates, type Pull, type PullState, type Usage } from '@freshet/domain';
import type { ReadParams, UsageQuery, UsageScope } from '@freshet/ports';
import {
  and,
  asc,
  desc,
  eq,
  gt,
  gte,
  inArray,
  like,
  lt,
  lte,
  ne,
  not,
  or,
  sql,
  type Placeholder,
  type SQL,
} from 'drizzle-orm';
import { pulls } from '../schema/conditions.js';
import type { Tables } from '../schema/index.js';
import { selecting, variants, type Values } from '../statement.js';
import { allOf, firstOf, value, type Reader, type Readers, type Schema } from './reader.js';

type Counting = Omit<UsageQuery, 'take'>;
type PullTable = Tables['pull'];

/**
 * The columns that each kind of scope names. `pulls` has an index for each, but a connection's pulls lie in its group's,
 * and those of a customer at one institution in the customer's.
 */
const scopeColumns = {
  connection: ['groupKey', 'connectionId'],
  group: ['groupKey'],
  'customer-institution': ['customerId', 'institutionId', 'provider'],
  customer: ['customerId', 'provider'],
  institution: ['provider', 'institutionId'],
  account: ['provider', 'connector'],
} as const satisfies Record<UsageScope['kind'], readonly (keyof Pull)[]>;

/** Queries of one shape share a statement: lists are part of it, so that their length and order are. */
const shapeOf = ({ scope, origins, states, attended, products, except }: Counting): string =>
  `${scope.kind} ${origins.join()} ${states.join()} ${attended} ${products?.length} ${except !== null}`;

const productAt = (place: number): string => `product${place}`;

const valuesOf = (query: Counting & { readonly take?: number }): Values => ({
  ...query.scope,
  tenantId: query.tenantId,
  since: query.since,
  take: query.take,
  except: query.except,
  // Found by their quoted names in the list's JSON, which reads the same on every database.
  ...Object.fromEntries((query.products ?? []).map((product, place) => [productAt(place), `%"${product}"%`])),
});

const flagIs = (column: PullTable['attended'], wanted: boolean): SQL => (wanted ? sql`${column}` : not(column));

const inScope = (pull: PullTable, { scope }: Pick<Counting, 'scope'>): SQL[] =>
  scopeColumns[scope.kind].map((column) => eq(pull[column], value(column)));

/** The same, spelled so that the scope's own index, which would lead through all of its past, is no use. */
const inScopeByScan = (pull: PullTable, { scope }: Counting): SQL[] =>
  scopeColumns[scope.kind].map((column) => sql`${pull[column]} || '' = ${value(column)}`);

const broughtAny = (pull: PullTable, count: number): SQL | undefined =>
  or(
    ...Array.from({ length: count }, (_, place) => like(sql`cast(${pull.products} as text)`, value(productAt(place)))),
  );

const matches = (pull: PullTable, query: Counting): (SQL | undefined)[] => [
  eq(pull.tenantId, value('tenantId')),
  query.origins.length < pullOrigins.length ? inArray(pull.origin, [...query.origins]) : undefined,
  query.attended === null ? undefined : flagIs(pull.attended, query.attended),
  query.products === null ? undefined : broughtAny(pull, query.products.length),
  query.except === null ? undefined : ne(pull.id, value('except')),
];

const hitSince = (pull: PullTable, query: Counting, states: readonly PullState[]): SQL | undefined =>
  and(
    ...matches(pull, query),
    ...inScope(pull, query),
    gt(pull.at, value('since')),
    states.length < pullStates.length ? inArray(pull.state, [...states]) : undefined,
  );

/** By the index of the reserved ones, which are few; a bound of their time leads to it. */
const reserved = (pull: PullTable, query: Counting, bound: SQL): SQL | undefined =>
  and(...matches(pull, query), ...inScopeByScan(pull, query), bound, pulls.reserved(pull));

/** What is reserved has no time yet and comes first: the young ones lie in the scope's index, so that only old ones are scanned. */
const usageStatement = ({ db, tables: { pull } }: Schema, query: Counting) => {
  const instants = (at: SQL<number | null> | PullTable['at'], condition: SQL | undefined) =>
    db
      .select({ at: sql<number | null>`${at}`.as('at') })
      .from(pull)
      .where(condition);
  const since = instants(
    pull.at,
    hitSince(
      pull,
      query,
      query.states.filter((state) => state !== 'reserved'),
    ),
  );
  const counted = query.states.includes('reserved')
    ? since
        .unionAll(instants(sql`null`, hitSince(pull, query, ['reserved'])))
        .unionAll(instants(sql`null`, reserved(pull, query, lte(pull.at, value('since')))))
        .orderBy(sql`at desc nulls first`)
        .limit(value('take'))
        .as('counted')
    : since.orderBy(desc(pull.at)).limit(value('take')).as('counted');
  return selecting<Usage>(
    db
      .select({
        count: sql<number>`count(*)`.mapWith(Number),
        oldestAt: sql<number | null>`min(${counted.at})`.mapWith(Number),
        latestAt: sql<number | null>`max(${counted.at})`.mapWith(Number),
      })
      .from(counted),
  );
};

/** The newest of them: so many as `take` says, or as is given. */
const pullsStatement = ({ db, tables: { pull } }: Schema, query: Counting, take: 1 | Placeholder) => {
  const whole = (condition: SQL | undefined) => db.select().from(pull).where(condition);
  const since = whole(hitSince(pull, query, query.states));
  if (!query.states.includes('reserved')) return selecting<Pull>(since.orderBy(desc(pull.at)).limit(take));
  const before = whole(reserved(pull, query, lte(pull.at, value('since'))));
  return selecting<Pull>(
    since
      .unionAll(before)
      .orderBy(desc(sql`at`))
      .limit(take),
  );
};

const betweenStatement = ({ db, tables: { pull } }: Schema, { scope }: Pick<Counting, 'scope'>) =>
  selecting<Pull>(
    db
      .select()
      .from(pull)
      .where(
        and(
          eq(pull.tenantId, value('tenantId')),
          ...inScope(pull, { scope }),
          gte(pull.at, value('from')),
          lt(pull.at, value('until')),
        ),
      )
      .orderBy(asc(pull.at), asc(pull.id))
      .limit(value('limit')),
  );

/** Pulls as limits count them, and as they were. */
export const usageReaders = (schema: Schema): Readers<'usage' | 'latestPull' | 'countedPulls' | 'pullsBetween'> => {
  const usage = firstOf<UsageQuery, Usage>({
    statement: variants(shapeOf, (query) => usageStatement(schema, query)),
    values: valuesOf,
  });
  return {
    // An aggregate always has its row.
    usage: usage as Reader<UsageQuery, Usage>,
    latestPull: firstOf<Counting, Pull>({
      statement: variants(shapeOf, (query) => pullsStatement(schema, query, 1)),
      values: valuesOf,
    }),
    countedPulls: allOf<UsageQuery, Pull>({
      statement: variants(shapeOf, (query) => pullsStatement(schema, query, value('take'))),
      values: valuesOf,
    }),
    pullsBetween: allOf<ReadParams<'pullsBetween'>, Pull>({
      statement: variants(
        ({ scope }) => scope.kind,
        (asked) => betweenStatement(schema, asked),
      ),
      values: ({ scope, ...asked }) => ({ ...scope, ...asked }),
    }),
  };
};

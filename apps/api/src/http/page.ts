import type { Engine } from '@freshet/flows';
import type { TenantId } from '@freshet/domain';
import type { Page } from '@freshet/ports';
import { z } from 'zod';
import { fault } from './faults.js';
import { optional } from './fields.js';
import { invalidRequest } from './problem.js';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;
const MAX_CURSOR = 1_024;

const limitRule = `must be a whole number from 1 to ${MAX_LIMIT}`;

const limit = z
  .string(limitRule)
  .regex(/^[1-9]\d{0,2}$/, limitRule)
  .transform(Number)
  .refine((count) => count <= MAX_LIMIT, limitRule)
  .meta({ description: `How many at most (default ${DEFAULT_LIMIT}, at most ${MAX_LIMIT}).`, examples: ['50'] });

const cursor = z
  .string()
  .min(1)
  .max(MAX_CURSOR)
  .meta({ description: 'The `nextCursor` of the page before, with the same filters.' });

/** The query of a list: its own filters beside `limit` and `cursor`. Unknown parameters are refused. */
export const listQuery = <Filters extends z.ZodRawShape>(filters: Filters) =>
  z.strictObject({
    limit: optional(limit).transform((count) => count ?? DEFAULT_LIMIT),
    cursor: optional(cursor),
    ...filters,
  });

export interface ListQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Lists as every route answers them. */
export const listOf = <View extends z.ZodType>(view: View) =>
  z.object({ data: z.array(view), nextCursor: z.string().nullable() });

/** What a cursor belongs to: moved to another tenant, list or filter, it does not open. */
const belongsTo = (
  tenantId: TenantId,
  list: string,
  { limit: _limit, cursor: _cursor, ...filters }: ListQuery,
): string => {
  const named = Object.entries(filters).filter(([, value]) => value !== undefined);
  return `cursor of ${JSON.stringify([tenantId, list, named.sort(([a], [b]) => (a < b ? -1 : 1))])}`;
};

const openCursor = (engine: Pick<Engine, 'vault'>, given: string, owner: string): string => {
  const opened = engine.vault.open(Buffer.from(given, 'base64url').toString(), owner);
  if (opened !== undefined) return opened;
  throw invalidRequest([fault(['cursor'], 'must be the nextCursor of this very list, with the same filters')]);
};

export interface PageOf<Row> {
  readonly rows: readonly Row[];
  readonly nextCursor: string | null;
}

/** One page, and the cursor of the next. One row more than asked for is read: it tells whether there is a next. */
export const readPage = async <Row extends { readonly id: string }>(
  engine: Pick<Engine, 'vault'>,
  { tenantId, list, query }: { readonly tenantId: TenantId; readonly list: string; readonly query: ListQuery },
  read: (page: Page) => Promise<readonly Row[]>,
): Promise<PageOf<Row>> => {
  const owner = belongsTo(tenantId, list, query);
  const before = query.cursor === undefined ? null : openCursor(engine, query.cursor, owner);
  const found = await read({ tenantId, limit: query.limit + 1, before });
  const rows = found.slice(0, query.limit);
  const last = found.length > query.limit ? rows.at(-1) : undefined;
  const nextCursor = last === undefined ? null : Buffer.from(engine.vault.seal(last.id, owner)).toString('base64url');
  return { rows, nextCursor };
};

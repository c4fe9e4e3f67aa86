import {
  chainedColumns,
  chainText,
  chainTime,
  type ChainCheckpoint,
  type ChainHead,
  type ChainName,
  type Instant,
} from '@freshet/domain';
import type { KeptLink, ReadParams } from '@freshet/ports';
import { and, asc, eq, gt, sql, type SQL } from 'drizzle-orm';
import { digest, type HeadRow } from '../chains.js';
import { selecting, type Statement } from '../statement.js';
import { value, type Reader, type Readers, type Schema } from './reader.js';

/** A row as the database keeps it: nothing of it is read as JSON. */
type Raw = Readonly<Record<string, unknown>>;

/** Every column as it is, so that whatever was changed in it is seen. */
const rawStatement = ({ db, tables }: Schema, chain: ChainName): Statement<Raw> => {
  const table = tables[chain] as Schema['tables']['decision'];
  const columns = [...chainedColumns[chain], 'sequence', 'previous', 'link'] as const;
  const raw = columns.map((column): [string, SQL] => [column, sql`${table[column as 'id']}`]);
  const fields = { ...Object.fromEntries(raw), chain: sql.raw(`'${chain}'`) };
  const behind = sql`(${table.connectionId}, ${table.id}) > (${value('connectionId')}, ${value('after')})`;
  return selecting(
    db
      .select(fields)
      .from(table)
      .where(and(eq(table.tenantId, value('tenantId')), behind))
      .orderBy(asc(table.connectionId), asc(table.id))
      .limit(value('limit')),
  ) as Statement<Raw>;
};

const keptLink = (row: Raw): KeptLink => {
  const chain = row.chain as ChainName;
  const values = chainedColumns[chain].map((column) => row[column]);
  return {
    id: row.id as string,
    connectionId: row.connectionId as KeptLink['connectionId'],
    madeAt: row[chainTime[chain]] as Instant,
    sequence: row.sequence as number,
    previous: row.previous as string,
    link: row.link as string,
    computed: digest(chainText(chain, values, row.sequence, row.previous)),
  };
};

const chainLinks = (schema: Schema): Reader<ReadParams<'chainLinks'>, readonly KeptLink[]> => {
  const statements = {
    decision: [rawStatement(schema, 'decision')],
    ledgerEntry: [rawStatement(schema, 'ledgerEntry')],
  };
  return {
    statements: ({ chain }) => statements[chain],
    values: (params) => ({ ...params }),
    result: ([rows]) => (rows as readonly Raw[]).map(keptLink),
  };
};

const headOf = ({ id, tenantId, ...row }: HeadRow): ChainHead => ({
  id,
  tenantId,
  decision: { sequence: row.decisionSequence, link: row.decisionLink },
  ledgerEntry: { sequence: row.ledgerEntrySequence, link: row.ledgerEntryLink },
});

const chainHeads = ({
  db,
  chainTables: { chainHead: head },
}: Schema): Reader<ReadParams<'chainHeads'>, readonly ChainHead[]> => {
  const after = and(eq(head.tenantId, value('tenantId')), gt(head.id, value('after')));
  const statement = selecting(db.select().from(head).where(after).orderBy(asc(head.id)).limit(value('limit')));
  return {
    statements: () => [statement],
    values: (params) => params,
    result: ([rows]) => (rows as readonly HeadRow[]).map(headOf),
  };
};

const chainCheckpoints = ({
  db,
  chainTables: { chainCheckpoint: checkpoint },
}: Schema): Reader<ReadParams<'chainCheckpoints'>, readonly ChainCheckpoint[]> => {
  const { id: _id, tenantId, connectionId, chain, sequence, link, madeAt, seal } = checkpoint;
  const after = and(eq(tenantId, value('tenantId')), eq(chain, value('chain')), gt(connectionId, value('after')));
  const statement = selecting(
    db
      .select({ tenantId, connectionId, chain, sequence, link, madeAt, seal })
      .from(checkpoint)
      .where(after)
      .orderBy(asc(connectionId))
      .limit(value('limit')),
  );
  return {
    statements: () => [statement],
    values: (params) => params,
    result: ([rows]) => rows as readonly ChainCheckpoint[],
  };
};

type OfChains = 'chainLinks' | 'chainHeads' | 'chainCheckpoints';

/** The chains as they are kept, beside what they should be. */
export const chainReaders = (schema: Schema): Readers<OfChains> => ({
  chainLinks: chainLinks(schema),
  chainHeads: chainHeads(schema),
  chainCheckpoints: chainCheckpoints(schema),
});

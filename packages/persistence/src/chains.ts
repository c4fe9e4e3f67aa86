import { hash } from 'node:crypto';
import { chainTime, type ChainName, type ConnectionId, type Instant, type TenantId } from '@freshet/domain';
import { eq, sql } from 'drizzle-orm';
import type { Schema } from './reads/reader.js';
import type { ChainTables } from './schema/index.js';
import { selecting, writing, type Statement } from './statement.js';

/** As `sha256` of the domain says it, by the runtime's own. */
export const digest = (text: string): string => hash('sha256', text, 'base64url');

export type HeadRow = ChainTables['chainHead']['$inferSelect'];
export type CheckpointRow = ChainTables['chainCheckpoint']['$inferSelect'];

/** A row that is to leave its chain. */
export interface LeavingRow {
  readonly tenantId: TenantId;
  readonly connectionId: ConnectionId;
  readonly sequence: number;
  readonly link: string;
  readonly madeAt: Instant;
}

/** What a store runs to keep its chains, beside the rows themselves. */
export interface ChainStatements {
  readonly head: Statement<HeadRow>;
  readonly insertHead: Statement<never>;
  readonly updateHead: Statement<never>;
  readonly checkpoint: Statement<CheckpointRow>;
  readonly putCheckpoint: Statement<never>;
  readonly leaving: { readonly [Chain in ChainName]: Statement<LeavingRow> };
}

const value = (name: string) => sql.placeholder(name);

export const prepareChains = ({ db, tables, chainTables }: Schema): ChainStatements => {
  const { chainHead, chainCheckpoint } = chainTables;
  const ends = {
    decisionSequence: value('decisionSequence'),
    decisionLink: value('decisionLink'),
    ledgerEntrySequence: value('ledgerEntrySequence'),
    ledgerEntryLink: value('ledgerEntryLink'),
  };
  const reach = { sequence: value('sequence'), link: value('link'), madeAt: value('madeAt'), seal: value('seal') };
  const checkpoint = {
    ...{ id: value('id'), tenantId: value('tenantId'), connectionId: value('connectionId'), chain: value('chain') },
    ...reach,
  };
  const leaving = (chain: ChainName): Statement<LeavingRow> => {
    const { id, tenantId, connectionId, sequence, link } = tables[chain];
    const table = tables[chain] as typeof tables.decision;
    const madeAt =
      chain === 'decision' ? tables.decision[chainTime.decision] : tables.ledgerEntry[chainTime.ledgerEntry];
    return selecting(
      db
        .select({ tenantId, connectionId, sequence, link, madeAt })
        .from(table)
        .where(eq(id, value('id'))),
    );
  };
  return {
    head: selecting(
      db
        .select()
        .from(chainHead)
        .where(eq(chainHead.id, value('id'))),
    ),
    insertHead: writing(
      db.insert(chainHead).values({ id: value('id'), tenantId: value('tenantId'), ...ends } as never),
    ),
    updateHead: writing(
      db
        .update(chainHead)
        .set(ends as never)
        .where(eq(chainHead.id, value('id'))),
    ),
    checkpoint: selecting(
      db
        .select()
        .from(chainCheckpoint)
        .where(eq(chainCheckpoint.id, value('id'))),
    ),
    putCheckpoint: writing(
      db
        .insert(chainCheckpoint)
        .values(checkpoint as never)
        .onConflictDoUpdate({ target: chainCheckpoint.id, set: reach as never }),
    ),
    leaving: { decision: leaving('decision'), ledgerEntry: leaving('ledgerEntry') },
  };
};

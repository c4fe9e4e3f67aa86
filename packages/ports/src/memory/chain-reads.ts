import { chainTime, type ChainedRecords, type ChainHead, type ChainName } from '@freshet/domain';
import type { KeptLink } from '../audit-reads.js';
import type { ReadParams, ReadResult } from '../reads.js';
import { byConnection } from './page-reads.js';
import type { Kept } from './tables.js';

type ChainRow = ChainedRecords[ChainName];

const rowsOf = ({ other }: Kept, { chain, ...place }: ReadParams<'chainLinks'>): readonly ChainRow[] =>
  chain === 'decision'
    ? byConnection(other.decisionsByConnection.of(place.tenantId), place)
    : byConnection(other.ledgerByConnection.of(place.tenantId), place);

const chainLinks = (kept: Kept, asked: ReadParams<'chainLinks'>): readonly KeptLink[] =>
  rowsOf(kept, asked).map((row) => {
    const link = kept.chains.linkOf(asked.chain, row);
    const madeAt = (row as unknown as Readonly<Record<string, number>>)[chainTime[asked.chain]] as number;
    return { id: row.id, connectionId: row.connectionId, madeAt, ...link, computed: link.link };
  });

const after = <Row extends { readonly tenantId: string; readonly connectionId: string }>(
  rows: readonly Row[],
  asked: ReadParams<'chainHeads'>,
): readonly Row[] => rows.filter((row) => row.tenantId === asked.tenantId && row.connectionId > asked.after);

const chainHeads = ({ chains }: Kept, asked: ReadParams<'chainHeads'>): readonly ChainHead[] =>
  after(chains.connections(), asked)
    .map(({ connectionId: id, tenantId }) => {
      const endOf = (chain: ChainName) => {
        const { sequence, link } = chains.endOf(chain, id);
        return { sequence, link };
      };
      return { id, tenantId, decision: endOf('decision'), ledgerEntry: endOf('ledgerEntry') };
    })
    // One whose first row was taken back has none.
    .filter(({ decision, ledgerEntry }) => decision.sequence + ledgerEntry.sequence > 0)
    .slice(0, asked.limit);

const chainCheckpoints = (
  { chains }: Kept,
  { chain, ...asked }: ReadParams<'chainCheckpoints'>,
): ReadResult<'chainCheckpoints'> =>
  after(chains.connections(), asked)
    .map(({ connectionId }) => chains.checkpointOf(chain, connectionId))
    .filter((checkpoint) => checkpoint !== null)
    .slice(0, asked.limit);

export const chainReads = (kept: Kept) => ({
  chainLinks: (asked: ReadParams<'chainLinks'>) => chainLinks(kept, asked),
  chainHeads: (asked: ReadParams<'chainHeads'>) => chainHeads(kept, asked),
  chainCheckpoints: (asked: ReadParams<'chainCheckpoints'>) => chainCheckpoints(kept, asked),
});

import {
  chainText,
  chainTime,
  checkpointText,
  keptValues,
  noChain,
  sha256,
  type ChainCheckpoint,
  type ChainedRecords,
  type ChainEnd,
  type ChainLink,
  type ChainName,
  type ConnectionId,
  type TenantId,
} from '@freshet/domain';
import { StoreConflict } from '../store.js';

type ChainRow = ChainedRecords[ChainName];

/** One chain: its rows by their places, and the links as far as anybody asked for them. */
interface Chain {
  readonly tenantId: TenantId;
  readonly connectionId: ConnectionId;
  /** The rows from the first that is kept on. */
  readonly rows: ChainRow[];
  readonly links: ChainLink[];
  checkpoint: ChainCheckpoint | null;
}

/**
 * The chains of a store in memory. Nobody changes its rows behind its back, and a simulation never looks at their links: a
 * link is worked out when it is asked for.
 */
export interface Chains {
  append(chain: ChainName, row: ChainRow): () => void;
  cut(chain: ChainName, row: ChainRow): () => void;
  linkOf(chain: ChainName, row: ChainRow): ChainLink;
  endOf(chain: ChainName, connectionId: ConnectionId): ChainEnd;
  checkpointOf(chain: ChainName, connectionId: ConnectionId): ChainCheckpoint | null;
  /** Those that ever had a row in any chain, by id. */
  connections(): readonly { readonly connectionId: ConnectionId; readonly tenantId: TenantId }[];
}

const startOf = ({ checkpoint }: Chain): ChainEnd => checkpoint ?? noChain;

const linkAt = (name: ChainName, chain: Chain, index: number): ChainLink => {
  for (let next = chain.links.length; next <= index; next += 1) {
    const before: ChainEnd = chain.links[next - 1] ?? startOf(chain);
    const [sequence, previous] = [before.sequence + 1, before.link];
    const values = keptValues(name, chain.rows[next] as never);
    chain.links.push({ sequence, previous, link: sha256(chainText(name, values, sequence, previous)) });
  }
  return chain.links[index] as ChainLink;
};

const madeAt = (name: ChainName, row: ChainRow): number =>
  name === 'decision'
    ? (row as ChainedRecords['decision'])[chainTime.decision]
    : (row as ChainedRecords['ledgerEntry'])[chainTime.ledgerEntry];

export const createChains = (): Chains => {
  const chains = { decision: new Map<ConnectionId, Chain>(), ledgerEntry: new Map<ConnectionId, Chain>() };

  const chainOf = (name: ChainName, { tenantId, connectionId }: ChainRow): Chain => {
    const known = chains[name].get(connectionId);
    if (known) return known;
    const made: Chain = { tenantId, connectionId, rows: [], links: [], checkpoint: null };
    chains[name].set(connectionId, made);
    return made;
  };

  return {
    append: (name, row) => {
      const { rows, links } = chainOf(name, row);
      rows.push(row);
      return () => {
        rows.pop();
        links.length = Math.min(links.length, rows.length);
      };
    },
    cut: (name, row) => {
      const chain = chainOf(name, row);
      if (chain.rows[0]?.id !== row.id)
        throw new StoreConflict(`rows of a chain leave from the oldest on (${name}.id)`);
      const { sequence, link, previous } = linkAt(name, chain, 0);
      const { tenantId, connectionId, checkpoint: before } = chain;
      const reached = { tenantId, connectionId, chain: name, sequence, link, madeAt: madeAt(name, row) };
      chain.rows.shift();
      chain.links.shift();
      chain.checkpoint = { ...reached, seal: sha256(checkpointText(reached)) };
      return () => {
        chain.rows.unshift(row);
        chain.links.unshift({ sequence, link, previous });
        chain.checkpoint = before;
      };
    },
    linkOf: (name, row) => {
      const chain = chainOf(name, row);
      return linkAt(
        name,
        chain,
        chain.rows.findIndex(({ id }) => id === row.id),
      );
    },
    endOf: (name, connectionId) => {
      const chain = chains[name].get(connectionId);
      if (chain === undefined) return noChain;
      return chain.rows.length === 0 ? startOf(chain) : linkAt(name, chain, chain.rows.length - 1);
    },
    checkpointOf: (name, connectionId) => chains[name].get(connectionId)?.checkpoint ?? null,
    connections: () => {
      const all = new Map([...chains.decision, ...chains.ledgerEntry]);
      return [...all.values()].sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
    },
  };
};

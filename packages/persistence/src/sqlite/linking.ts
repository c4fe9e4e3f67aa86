import {
  chainText,
  checkpointText,
  noChain,
  type ChainedRecords,
  type ChainEnd,
  type ChainName,
  type ConnectionId,
  type Effect,
} from '@freshet/domain';
import { StoreConflict } from '@freshet/ports';
import { digest, type CheckpointRow, type HeadRow } from '../chains.js';
import type { Statement, Values } from '../statement.js';
import type { Prepared } from './driver.js';
import { chains } from './queries.js';

/** Gives the rows of one turn their places in the chains of their connections. */
export interface Linking {
  /** Completes the parameters of a row that is put into a chain; takes note of one that leaves it. */
  follow(chain: ChainName, effect: Effect, bound: unknown[]): void;
  /** Writes how far the chains reach now. */
  keep(): void;
}

interface Head extends HeadRow {
  readonly isNew?: boolean;
}

const sequenceOf = { decision: 'decisionSequence', ledgerEntry: 'ledgerEntrySequence' } as const;
const linkOf = { decision: 'decisionLink', ledgerEntry: 'ledgerEntryLink' } as const;
/** Sequence, previous and link are the last columns of their tables. */
const LINK_COLUMNS = 3;

/**
 * One turn's. Every row of a chain is written through here, whoever decided it: no decision can forget its link. A turn sees
 * the links of those before it in its commit, because each writes its heads at its end.
 */
export const linking = (prepared: Prepared): Linking => {
  const heads = new Map<ConnectionId, Head>();
  const checkpoints = new Map<string, CheckpointRow>();

  const one = <Row>(statement: Statement<Row>, values: Values): Row | undefined => {
    const row = prepared.query(statement).get(statement.bind(values)) as unknown[] | undefined;
    return row === undefined ? undefined : statement.decode(row);
  };
  const run = (statement: Statement<never>, values: object): void => {
    prepared.command(statement).run(statement.bind(values as Values));
  };

  const headOf = ({ connectionId: id, tenantId }: ChainedRecords[ChainName]): Head =>
    heads.get(id) ??
    one(chains.head, { id }) ?? {
      ...{ id, tenantId, decisionSequence: noChain.sequence, decisionLink: noChain.link },
      ...{ ledgerEntrySequence: noChain.sequence, ledgerEntryLink: noChain.link, isNew: true },
    };

  const append = (chain: ChainName, row: ChainedRecords[ChainName], bound: unknown[]): void => {
    const head = headOf(row);
    const [sequence, previous] = [head[sequenceOf[chain]] + 1, head[linkOf[chain]]];
    const link = digest(chainText(chain, bound, sequence, previous));
    bound.splice(bound.length - LINK_COLUMNS, LINK_COLUMNS, sequence, previous, link);
    heads.set(row.connectionId, { ...head, [sequenceOf[chain]]: sequence, [linkOf[chain]]: link });
  };

  const cut = (chain: ChainName, id: string): void => {
    const row = one(chains.leaving[chain], { id });
    if (row === undefined) return;
    const { tenantId, connectionId, sequence, link, madeAt } = row;
    const key = `${connectionId} ${chain}`;
    const before: ChainEnd = checkpoints.get(key) ?? one(chains.checkpoint, { id: key }) ?? noChain;
    if (sequence !== before.sequence + 1) {
      throw new StoreConflict(`rows of a chain leave from the oldest on (${chain}.id)`);
    }
    const reached = { tenantId, connectionId, chain, sequence, link, madeAt };
    checkpoints.set(key, { id: key, ...reached, seal: digest(checkpointText(reached)) });
  };

  return {
    follow: (chain, effect, bound) => {
      if (effect.do === 'insert') append(chain, effect.row as ChainedRecords[ChainName], bound);
      else if (effect.do === 'remove') cut(chain, effect.id);
      else throw new Error(`a row of a chain is never changed (${chain})`);
    },
    keep: () => {
      for (const head of heads.values()) run(head.isNew === true ? chains.insertHead : chains.updateHead, head);
      for (const checkpoint of checkpoints.values()) run(chains.putCheckpoint, checkpoint);
    },
  };
};

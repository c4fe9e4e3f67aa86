import type { DecisionRecord } from './decision.js';
import type { ConnectionId, TenantId } from './ids.js';
import type { LedgerEntry } from './ledger.js';
import type { Instant } from './time.js';

/**
 * Records of which every connection has a chain: each row carries a hash over all of itself and the hash before it. Rows
 * are appended, never changed, and leave from the oldest on.
 */
export interface ChainedRecords {
  readonly decision: DecisionRecord;
  readonly ledgerEntry: LedgerEntry;
}

export type ChainName = keyof ChainedRecords;

export const chainNames = ['decision', 'ledgerEntry'] as const satisfies readonly ChainName[];

export const isChained = (record: string): record is ChainName => (chainNames as readonly string[]).includes(record);

/** What a hash is over, in this order: every column. */
export const chainedColumns = {
  decision: [
    'id',
    'tenantId',
    'connectionId',
    'verdict',
    'taskId',
    'policyVersion',
    'decision',
    'request',
    'facts',
    'decidedAt',
  ],
  ledgerEntry: [
    'id',
    'tenantId',
    'connectionId',
    'connector',
    'provider',
    'taskId',
    'pullId',
    'kind',
    'micros',
    'currency',
    'cause',
    'at',
  ],
} as const satisfies { readonly [Chain in ChainName]: readonly (keyof ChainedRecords[Chain])[] };

type Unhashed<Chain extends ChainName> = Exclude<keyof ChainedRecords[Chain], (typeof chainedColumns)[Chain][number]>;
/** Does not compile where a column is left out. */
export const everyColumnIsHashed: [Unhashed<ChainName>] extends [never] ? true : Unhashed<ChainName> = true;

/** Columns that are kept as the text of their JSON; it is that text that is hashed, so the order of names in it stays. */
export const jsonColumns: ReadonlySet<string> = new Set(['decision', 'request', 'facts']);

/** When a row was made, in its own terms. */
export const chainTime = { decision: 'decidedAt', ledgerEntry: 'at' } as const satisfies {
  readonly [Chain in ChainName]: keyof ChainedRecords[Chain];
};

/** What is kept with a row of a chain. */
export interface ChainLink {
  /** From 1, without a gap. */
  readonly sequence: number;
  /** The link of the row before; empty for the first. */
  readonly previous: string;
  /** The hash of `chainText`. */
  readonly link: string;
}

/** How far a chain reaches. */
export interface ChainEnd {
  readonly sequence: number;
  readonly link: string;
}

export const noChain: ChainEnd = { sequence: 0, link: '' };

/** The newest rows of a connection's chains: without it nobody would see that they were taken away. */
export interface ChainHead {
  readonly id: ConnectionId;
  readonly tenantId: TenantId;
  readonly decision: ChainEnd;
  readonly ledgerEntry: ChainEnd;
}

/** Stands for the rows of a chain that were pruned: all up to its sequence. */
export interface ChainCheckpoint extends ChainEnd {
  readonly tenantId: TenantId;
  readonly connectionId: ConnectionId;
  readonly chain: ChainName;
  /** When the newest of them was made. */
  readonly madeAt: Instant;
  /** The hash of `checkpointText`. */
  readonly seal: string;
}

/** A number and a text that look alike are told apart, and no two lists of values make one text. */
const told = (value: unknown): string => {
  if (value === null || value === undefined) return '-';
  if (typeof value === 'string') return `${value.length}:${value}`;
  return typeof value === 'number' ? `n${value};` : `x${String(value)};`;
};

/**
 * What a row's link is the hash of: its columns as they are kept, in the order of `chainedColumns`, behind its place. This
 * form is for good: whatever changes it breaks every chain that there is.
 */
export const chainText = (
  chain: ChainName,
  values: readonly unknown[],
  sequence: unknown,
  previous: unknown,
): string => {
  const { length } = chainedColumns[chain];
  let text = `${chain} ${told(sequence)}${told(previous)}`;
  for (let index = 0; index < length; index += 1) text += told(values[index]);
  return text;
};

/** A row's columns as a database keeps them. */
export const keptValues = <Chain extends ChainName>(chain: Chain, row: ChainedRecords[Chain]): readonly unknown[] =>
  (chainedColumns[chain] as readonly (keyof ChainedRecords[Chain] & string)[]).map((column) => {
    const value = row[column];
    return value !== null && jsonColumns.has(column) ? JSON.stringify(value) : value;
  });

/** A checkpoint is hashed, too: each of its columns says something. */
export const checkpointText = ({
  tenantId,
  connectionId,
  chain,
  sequence,
  link,
  madeAt,
}: Omit<ChainCheckpoint, 'seal'>): string =>
  `checkpoint ${[tenantId, connectionId, chain, sequence, link, madeAt].map(told).join('')}`;

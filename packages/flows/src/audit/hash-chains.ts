import { chainNames, checkpointText, sha256 } from '@freshet/domain';
import type { ChainCheckpoint, ChainEnd, ChainHead, ChainName, ConnectionId } from '@freshet/domain';
import { read, type KeptLink, type Loader } from '@freshet/ports';
import { beginChain, endChain, walkRow, withFault, type ChainFault, type ChainFaultKind } from './chain-walk.js';
import type { WalkedChain } from './chain-walk.js';
import { NO_FIGURES, type AuditPage, type AuditPlace, type Check, type Found } from './check.js';

/** Where the walk has got to: which chains, the last connection that is done with, and the one that is half seen. */
interface ChainPlace {
  readonly chain: ChainName;
  readonly closed: string;
  readonly open: WalkedChain | null;
  /** Over all heads so far. */
  readonly digest: string;
}

interface Closed {
  readonly chain: ChainName;
  readonly walked: WalkedChain;
  readonly head: ChainEnd | null;
  readonly checkpoint: ChainCheckpoint | null;
}

/** A page's rows, and what stands at both ends of their chains. */
interface Loaded {
  readonly rows: readonly KeptLink[];
  readonly isFull: boolean;
  readonly heads: readonly ChainHead[];
  readonly checkpoints: readonly ChainCheckpoint[];
  /** Beyond this connection, not all of it was read; null: all was. */
  readonly until: string | null;
}

const FIRST: ChainPlace = { chain: chainNames[0], closed: '', open: null, digest: '' };
/** Behind all ids. */
const LAST_ID = '\u{10ffff}';

const lastOf = (ids: readonly string[], limit: number): string | null =>
  ids.length < limit ? null : (ids.at(-1) as string);

const least = (a: string | null, b: string | null): string | null => (a === null || (b !== null && b < a) ? b : a);

function* load({ tenantId, limit }: AuditPlace, { chain, closed, open }: ChainPlace): Loader<Loaded> {
  const heads = yield* read('chainHeads', { tenantId, after: closed, limit });
  const checkpoints = yield* read('chainCheckpoints', { tenantId, chain, after: closed, limit });
  const from =
    open === null ? { connectionId: closed, after: closed === '' ? '' : LAST_ID } : { ...open, after: open.lastId };
  const found = yield* read('chainLinks', {
    ...{ tenantId, chain, limit },
    ...{ connectionId: from.connectionId, after: from.after },
  });
  const headsTo = lastOf(
    heads.map(({ id }) => id),
    limit,
  );
  const checkpointsTo = lastOf(
    checkpoints.map(({ connectionId }) => connectionId),
    limit,
  );
  const until = least(headsTo, checkpointsTo);
  const rows = until === null ? found : found.filter(({ connectionId }) => connectionId <= until);
  return { rows, isFull: found.length === limit && rows.length === found.length, heads, checkpoints, until };
}

interface Walk {
  readonly ended: readonly Closed[];
  readonly next: ChainPlace | null;
}

const endOf = (heads: ReadonlyMap<string, ChainHead>, chain: ChainName, id: string): ChainEnd | null =>
  heads.get(id)?.[chain] ?? null;

/** Every connection that has rows, a head or a checkpoint, in their order. */
const connectionsIn = (
  { rows, heads, checkpoints, until }: Loaded,
  open: WalkedChain | null,
): readonly ConnectionId[] => {
  const all = new Set([
    ...(open === null ? [] : [open.connectionId]),
    ...rows.map(({ connectionId }) => connectionId),
    ...heads.map(({ id }) => id),
    ...checkpoints.map(({ connectionId }) => connectionId),
  ]);
  return [...all].filter((id) => until === null || id <= until).sort((a, b) => (a < b ? -1 : 1));
};

const byConnection = (rows: readonly KeptLink[]): ReadonlyMap<ConnectionId, readonly KeptLink[]> => {
  const map = new Map<ConnectionId, KeptLink[]>();
  for (const row of rows) {
    const known = map.get(row.connectionId);
    if (known) known.push(row);
    else map.set(row.connectionId, [row]);
  }
  return map;
};

const walk = (place: ChainPlace, loaded: Loaded): Walk => {
  const { chain, open } = place;
  const heads = new Map<string, ChainHead>(loaded.heads.map((head) => [head.id, head]));
  const checkpoints = new Map<string, ChainCheckpoint>(loaded.checkpoints.map((each) => [each.connectionId, each]));
  const rowsOf = byConnection(loaded.rows);
  // Where the rows of a page end, there may be more of that connection.
  const halfSeen = loaded.isFull ? (loaded.rows.at(-1) as KeptLink).connectionId : null;
  const ended: Closed[] = [];
  let [digest, closed, half]: [string, string, WalkedChain | null] = [place.digest, place.closed, null];
  for (const id of connectionsIn(loaded, open)) {
    if (halfSeen !== null && id > halfSeen) break;
    const checkpoint = checkpoints.get(id) ?? null;
    const begun = open?.connectionId === id ? open : beginChain(id, checkpoint);
    const walked = (rowsOf.get(id) ?? []).reduce(walkRow, begun);
    if (id === halfSeen) {
      half = walked;
      break;
    }
    ended.push({ chain, walked, head: endOf(heads, chain, id), checkpoint });
    if (chain === chainNames[0]) digest = plusHead(digest, heads.get(id));
    closed = id;
  }
  const next = { chain, closed: half === null ? (loaded.until ?? closed) : closed, open: half, digest };
  return { ended, next: half !== null || loaded.until !== null ? next : nextChain(next) };
};

/** Of both chains of every connection, in the order of ids. */
const plusHead = (digest: string, head: ChainHead | undefined): string => {
  if (head === undefined) return digest;
  const { id, decision, ledgerEntry } = head;
  return sha256([digest, id, decision.sequence, decision.link, ledgerEntry.sequence, ledgerEntry.link].join(' '));
};

const nextChain = ({ chain, digest }: ChainPlace): ChainPlace | null => {
  const next = chainNames[chainNames.indexOf(chain) + 1];
  return next === undefined ? null : { ...FIRST, chain: next, digest };
};

const nouns: Readonly<Record<ChainName, string>> = { decision: 'decisions', ledgerEntry: 'ledger entries' };

interface Words {
  readonly told: (fault: ChainFault) => string;
  readonly means: string;
}

const places = ({ from, until }: ChainFault): string =>
  from === null ? 'without a place' : from === until ? `number ${from}` : `numbers ${from} to ${until}`;

const words: Readonly<Record<ChainFaultKind, Words>> = {
  changed: {
    told: (fault) => `${fault.id} (${places(fault)}) is not as it was written`,
    means: 'somebody wrote over it: nothing in it can be relied on',
  },
  replaced: {
    told: (fault) => `${fault.id} (${places(fault)}) was written anew, with a hash that fits it and no neighbour`,
    means: 'somebody who knows how the hashes are made put another row in its place',
  },
  missing: {
    told: (fault) =>
      `${places(fault)} ${fault.from === fault.until ? 'is' : 'are'} gone, and no checkpoint stands for them`,
    means: 'somebody removed them: retention would have left a checkpoint',
  },
  doubled: {
    told: (fault) => `${fault.id} says that it is ${places(fault)}, which is there already`,
    means: 'somebody added it: it was never decided or booked',
  },
  checkpoint: {
    told: (fault) => `the checkpoint at ${places(fault)} does not fit the rows behind it`,
    means: 'somebody changed or made it, which may hide that older rows were removed',
  },
  head: {
    told: (fault) => `the head at ${places(fault)} does not fit the newest row`,
    means: 'somebody changed or removed it, which may hide that newer rows were removed',
  },
  torn: {
    told: (fault) => `from ${fault.id} on, the chain is in too many pieces to be followed`,
    means: 'most of it is not as it was written',
  },
};

const isSealed = ({ seal, ...checkpoint }: ChainCheckpoint): boolean => seal === sha256(checkpointText(checkpoint));

const foundIn = ({ chain, walked, head, checkpoint }: Closed): readonly Found[] => {
  const isBroken = checkpoint !== null && !isSealed(checkpoint);
  const broken: ChainFault = {
    kind: 'checkpoint',
    id: null,
    from: checkpoint?.sequence ?? 0,
    until: checkpoint?.sequence ?? 0,
  };
  const { faults, faultCount, connectionId } = endChain(
    isBroken ? withFault(walked, broken) : walked,
    head,
    isBroken ? null : checkpoint,
  );
  const [first] = faults;
  if (first === undefined) return [];
  const more = faultCount === 1 ? '' : `; and ${faultCount - 1} more`;
  const found: Found = {
    severity: 'critical',
    key: `${chain} ${connectionId}`,
    connectionId,
    summary: `the chain of a connection's ${nouns[chain]} is broken: ${words[first.kind].told(first)}${more}`,
    action: `In short, ${words[first.kind].means}. Compare it with a backup, and find out who can write to the database.`,
    money: null,
    evidence: {
      chain: nouns[chain],
      faultCount,
      faults: faults.map((fault) => ({
        ...fault,
        told: words[fault.kind].told(fault),
        means: words[fault.kind].means,
      })),
      head,
      checkpoint: checkpoint === null ? null : { sequence: checkpoint.sequence, link: checkpoint.link },
    },
  };
  return [found];
};

/** The name under which the digest over all heads is reported: it is whole once the first kind of chain was walked. */
export const HEADS_DIGEST = 'digest of all chain heads';

function* page(at: AuditPlace): Loader<AuditPage> {
  const place = at.after === '' ? FIRST : (JSON.parse(at.after) as ChainPlace);
  const loaded = yield* load(at, place);
  const { ended, next } = walk(place, loaded);
  return {
    examined: loaded.rows.length,
    last: next === null ? null : JSON.stringify(next),
    judge: () => ended.flatMap(foundIn),
    figures: NO_FIGURES,
    ...(next === null ? { digests: { [HEADS_DIGEST]: place.digest } } : {}),
  };
}

export const hashChains: Check = {
  name: 'hash-chains',
  question: 'Are all decisions and movements of money as they were written, none changed, removed, doubled or swapped?',
  page,
};

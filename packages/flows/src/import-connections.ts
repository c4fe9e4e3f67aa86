import { idOf } from '@freshet/domain';
import type { Connection, Instant, TenantId } from '@freshet/domain';
import { decideImport, importedKey } from '@freshet/policy';
import type {
  GroupHoldings,
  HoldingsByKey,
  ImportClash,
  Imported,
  ImportFacts,
  ImportItem,
  RefreshPolicy,
} from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Credentials, Loader } from '@freshet/ports';
import { bringThroughConnectors, type Brought } from './bring-through-connector.js';
import { credentialsBelongTo } from './connection-call.js';
import { turnInputs, type Engine } from './engine.js';
import { loadHoldings } from './load-holdings.js';
import { loadKeptInForce } from './load-kept-sweep.js';

/** One connection to bring in, its credentials still open. */
export interface ImportRow extends Omit<ImportItem, 'credentials' | 'externalId'> {
  /** Absent where the connector's own import is to make it (Meld: Plaid and Akoya). */
  readonly externalId?: string | undefined;
  readonly credentials?: Credentials | undefined;
}

export interface ImportFault {
  readonly index: number;
  readonly field: string;
  readonly message: string;
}

export type ImportResult =
  | { readonly kind: 'imported'; readonly imported: readonly Imported[] }
  /** Nothing was brought in. */
  | { readonly kind: 'faulty'; readonly faults: readonly ImportFault[] };

const sealed = (engine: Engine, tenantId: TenantId, row: Brought): ImportItem => {
  const { credentials, ...rest } = row;
  if (credentials === undefined) return rest;
  const belongsTo = credentialsBelongTo({ tenantId, connector: row.connector, externalId: row.externalId });
  return { ...rest, credentials: engine.vault.seal(JSON.stringify(credentials), belongsTo) };
};

const identityOf = (row: { readonly connector: string; readonly externalId?: string | undefined }): string =>
  JSON.stringify([row.connector, row.externalId]);

const repeated = (rows: readonly ImportRow[]): readonly ImportFault[] => {
  const first = new Map<string, number>();
  return rows.flatMap((row, index) => {
    if (row.externalId === undefined) return [];
    const earlier = first.get(identityOf(row));
    if (earlier !== undefined) {
      const message = `the same connector and externalId as connections[${earlier}]: one connection, once in a batch`;
      return [{ index, field: 'externalId', message }];
    }
    first.set(identityOf(row), index);
    return [];
  });
};

const withoutId = (engine: Engine, tenantId: TenantId, rows: readonly ImportRow[]): readonly ImportFault[] =>
  rows.flatMap((row, index) => {
    if (row.externalId !== undefined) return [];
    const imports = engine.connectorsOf(tenantId).get(row.connector)?.capabilities.imports ?? [];
    if (!imports.includes(row.provider)) {
      const message = `needed: connector ${row.connector} has no import of its own for ${row.provider}`;
      return [{ index, field: 'externalId', message }];
    }
    if (row.credentials !== undefined) return [];
    return [{ index, field: 'credentials', message: 'needed where the connector imports the connection by itself' }];
  });

type PolicyOf = (item: ImportItem, connectionId: string) => RefreshPolicy;

function* loadImport(
  engine: Engine,
  items: readonly ImportItem[],
  tenantId: TenantId,
  policyOf: PolicyOf,
): Loader<ImportFacts> {
  const known: (Connection | null)[] = [];
  const keys = new Set<string>();
  const moves: Move[] = [];
  for (const item of items) {
    const { connector, externalId } = item;
    const before = yield* read('connectionByExternalId', { tenantId, connector, externalId });
    const id = before?.id ?? idOf('connection', '');
    const policy = policyOf(item, id);
    const groupKey = importedKey(item, before, id, policy);
    known.push(before);
    keys.add(groupKey);
    if (before === null) continue;
    keys.add(before.groupKey);
    if (before.groupKey !== groupKey || item.status === 'DELETED') moves.push({ before, groupKey, policy });
  }
  const groups: Record<string, readonly Connection[]> = {};
  for (const groupKey of keys) groups[groupKey] = yield* read('groupByKey', { tenantId, groupKey });
  const kept = yield* loadKeptInForce(engine, tenantId);
  return { known, groups, holdings: yield* loadMoved(moves, engine.clock.now()), kept };
}

/** A known connection that comes into another group, or is deleted from its own. */
interface Move {
  readonly before: Connection;
  readonly groupKey: string;
  readonly policy: RefreshPolicy;
}

/** Those that are left whole: what is carried has to be known before what it comes to. */
function* loadMoved(moves: readonly Move[], now: Instant): Loader<HoldingsByKey> {
  const holdings: Record<string, GroupHoldings> = {};
  for (const { before, groupKey, policy } of moves) {
    if (before.groupKey !== groupKey)
      holdings[before.groupKey] ??= yield* loadHoldings(before, before.groupKey, { policy, now });
  }
  for (const { before, groupKey } of moves) holdings[groupKey] ??= yield* loadHoldings(before, groupKey, null);
  return holdings;
}

const faultOf = ({ index, field, taskId }: ImportClash): ImportFault => ({
  index,
  field,
  message:
    `brings the refresh ${taskId} into a group where another one is under way, and a group has one at a time: ` +
    'import it again once one of them has ended',
});

/** What a connector has made and nobody here keeps can only be found there: it is told, so that it can be named again. */
const noteOrphans = (engine: Engine, rows: readonly Brought[], byConnector: ReadonlySet<number>): void => {
  if (byConnector.size === 0) return;
  const orphans = rows.filter((_row, index) => byConnector.has(index));
  const facts = { externalIds: orphans.map(({ externalId }) => externalId).join(' ') };
  engine.log.warn('connections were imported at their connector, and the batch was not kept here', facts);
};

interface Batch {
  readonly rows: readonly Brought[];
  /** The rows that their connector has just made. */
  readonly byConnector: ReadonlySet<number>;
}

const keepBatch = async (engine: Engine, tenantId: TenantId, { rows, byConnector }: Batch): Promise<ImportResult> => {
  // A connector may have made an id that another row of the batch names.
  const twice = repeated(rows);
  if (twice.length > 0) return { kind: 'faulty', faults: twice };
  const ready = ((await engine.beforeImport?.(rows)) ?? rows) as readonly Brought[];
  const items = ready.map((row, index) => ({
    ...sealed(engine, tenantId, row),
    madeByConnector: byConnector.has(index),
  }));
  const policyOf: PolicyOf = ({ connector, provider, institutionId }, connectionId) =>
    engine.policies.policyFor({ tenantId, connector, provider, institutionId, connectionId });
  const cause = `import ${engine.ids.next()}`;
  const decided = await engine.store.turn(
    () => loadImport(engine, items, tenantId, policyOf),
    (facts) => decideImport(items, facts, policyOf, tenantId, turnInputs(engine, cause)),
  );
  if (decided.clashes.length > 0) return { kind: 'faulty', faults: decided.clashes.map(faultOf) };
  return { kind: 'imported', imported: decided.imported };
};

/**
 * A batch of connections, all or nothing. What a connector has to import by itself is brought in there first; should a
 * later row fail, those stay at the connector, and the answer names them for the next try.
 */
export const importConnections = async (
  engine: Engine,
  tenantId: TenantId,
  rows: readonly ImportRow[],
): Promise<ImportResult> => {
  const faults = [...repeated(rows), ...withoutId(engine, tenantId, rows)];
  if (faults.length > 0) return { kind: 'faulty', faults };
  const brought = await bringThroughConnectors(engine, tenantId, rows);
  if (brought.kind === 'failed') return { kind: 'faulty', faults: brought.faults };
  let result: ImportResult | undefined;
  try {
    result = await keepBatch(engine, tenantId, brought);
    return result;
  } finally {
    if (result?.kind !== 'imported') noteOrphans(engine, brought.rows, brought.byConnector);
  }
};

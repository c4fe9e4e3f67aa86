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
import { call, callContext, credentialsBelongTo } from './connection-call.js';
import { turnInputs, type Engine } from './engine.js';
import { loadHoldings } from './load-holdings.js';

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

/** A row that has its identity. */
type Brought = ImportRow & { readonly externalId: string };

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

/** Brought into the connector first, where a row has no externalId yet. */
const throughConnector = async (
  engine: Engine,
  tenantId: TenantId,
  row: ImportRow,
  index: number,
): Promise<Brought | ImportFault> => {
  if (row.externalId !== undefined) return { ...row, externalId: row.externalId };
  const connector = engine.connectorsOf(tenantId).get(row.connector);
  if (connector === undefined)
    return { index, field: 'connector', message: `connector ${row.connector} is switched off` };
  const { provider, customerId, institutionId, products } = row;
  const request = { provider, customerId, institutionId, products, credentials: row.credentials ?? {} };
  const answer = await call(engine, connector, 'import', (to) => to.import(request, callContext(engine, to.name)));
  if (answer.kind === 'imported') {
    const { externalId, providerConnectionId, credentials = row.credentials } = answer;
    const known = row.providerConnectionId ?? providerConnectionId ?? undefined;
    return { ...row, externalId, providerConnectionId: known, credentials };
  }
  const message = 'message' in answer ? answer.message : 'the provider limits imports for now';
  return { index, field: 'credentials', message: `${row.connector} did not import it: ${message}` };
};

const isFault = (row: unknown): row is ImportFault => typeof row === 'object' && row !== null && 'message' in row;

type PolicyOf = (item: ImportItem, connectionId: string) => RefreshPolicy;

function* loadImport(
  items: readonly ImportItem[],
  tenantId: TenantId,
  policyOf: PolicyOf,
  now: Instant,
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
  return { known, groups, holdings: yield* loadMoved(moves, now) };
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

/**
 * A batch of connections, all or nothing. What a connector has to import by itself is brought in there first; should a
 * later row fail, those stay at the connector, and the next try of the batch finds them there.
 */
export const importConnections = async (
  engine: Engine,
  tenantId: TenantId,
  rows: readonly ImportRow[],
): Promise<ImportResult> => {
  const faults = [...repeated(rows), ...withoutId(engine, tenantId, rows)];
  if (faults.length > 0) return { kind: 'faulty', faults };
  const brought = [];
  for (const [index, row] of rows.entries()) brought.push(await throughConnector(engine, tenantId, row, index));
  const failed = brought.filter(isFault);
  if (failed.length > 0) return { kind: 'faulty', faults: failed };
  const rowsWithIds = brought as readonly Brought[];
  // A connector may have made an id that another row of the batch names.
  const twice = repeated(rowsWithIds);
  if (twice.length > 0) return { kind: 'faulty', faults: twice };
  const ready = ((await engine.beforeImport?.(rowsWithIds)) ?? rowsWithIds) as readonly Brought[];
  const items = ready.map((row) => sealed(engine, tenantId, row));
  const policyOf: PolicyOf = ({ connector, provider, institutionId }, connectionId) =>
    engine.policies.policyFor({ tenantId, connector, provider, institutionId, connectionId });
  const cause = `import ${engine.ids.next()}`;
  const decided = await engine.store.turn(
    () => loadImport(items, tenantId, policyOf, engine.clock.now()),
    (facts) => decideImport(items, facts, policyOf, tenantId, turnInputs(engine, cause)),
  );
  if (decided.clashes.length > 0) return { kind: 'faulty', faults: decided.clashes.map(faultOf) };
  return { kind: 'imported', imported: decided.imported };
};

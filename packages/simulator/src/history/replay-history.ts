import { DEFAULT_TENANT, HOUR } from '@freshet/domain';
import type { ConnectionId, ProviderEvent, Refusal } from '@freshet/domain';
import { receiveWebhook, importConnections, requestRefresh } from '@freshet/flows';
import type { ConnectionLine, DecisionLine, ImportRow, PullLine } from '@freshet/flows';
import type { PolicyBook } from '@freshet/policy';
import type { Store } from '@freshet/ports';
import { createMemoryStore } from '@freshet/ports/memory';
import { dueWork, type DueWork } from '../live/due-work.js';
import { virtualEngine, type VirtualEngine } from '../live/engine.js';
import { recordedProvider } from './recorded-provider.js';
import { countedVerdicts, recordedCost, type History, type HistoryCost } from './recorded.js';

export interface HistoryReplayOptions {
  readonly book: PolicyBook;
  readonly store?: Store;
}

/** The same requests and the same world under two policies. */
export interface HistoryReplay {
  readonly from: number;
  readonly until: number;
  readonly connections: number;
  readonly requests: number;
  readonly recorded: HistoryCost;
  readonly replayed: HistoryCost;
  /** Requests that no policy could have answered otherwise: refused then, refused again. */
  readonly carriedOver: number;
  readonly warnings: Readonly<Record<string, number>>;
}

const TENANT = DEFAULT_TENANT;
/** The address that RFC 5737 keeps for documentation: nobody's. Nothing is sent anywhere. */
const NOBODY = { ip: '192.0.2.1', userAgent: null };

/** What was wrong with the connection, the request or the provider, whatever the policy said. */
const beyondPolicy: ReadonlySet<Refusal | null> = new Set([
  'not-refreshable',
  'product-not-granted',
  'range-out-of-reach',
  'provider-closed',
]);

interface World {
  readonly virtual: VirtualEngine;
  readonly due: DueWork;
  readonly lines: ReadonlyMap<string, ConnectionLine>;
  readonly ids: ReadonlyMap<string, ConnectionId>;
}

const importRow = (line: ConnectionLine, from: number): ImportRow => ({
  externalId: line.connection,
  connector: line.connector,
  provider: line.provider,
  customerId: line.customer,
  institutionId: line.institution,
  // Twins share what names their group; where the record knew none, the connection names its own.
  providerConnectionId: line.group,
  products: line.products,
  connectedAt: Math.min(line.connectedAt, from),
  historicalLoaded: true,
  ...(line.lastSuccessAt === null ? {} : { lastSuccessAt: line.lastSuccessAt }),
});

const begin = async (history: History, { book, store = createMemoryStore() }: HistoryReplayOptions): Promise<World> => {
  const { from, connections } = history;
  const names = new Set(connections.map(({ connector }) => connector));
  const providers = [...names].map((name) => recordedProvider(name, history));
  const virtual = virtualEngine(from, store, book, providers);
  const result = await importConnections(
    virtual.engine,
    TENANT,
    connections.map((line) => importRow(line, from)),
  );
  if (result.kind !== 'imported') throw new Error(`not imported: ${JSON.stringify(result.faults)}`);
  return {
    virtual,
    due: dueWork(virtual),
    lines: new Map(connections.map((line) => [line.connection, line])),
    ids: new Map(result.imported.map(({ connection }) => [connection.externalId, connection.id])),
  };
};

/** A pull that was not ours to force: it comes again, as the provider's webhook. */
const arrive = async (
  { virtual, due, lines }: World,
  { at, connection, products, newData }: PullLine,
  nth: number,
): Promise<void> => {
  const event: ProviderEvent = { kind: 'aggregated', externalId: connection, at, products, newData };
  await receiveWebhook(virtual.engine, TENANT, lines.get(connection)?.connector ?? '', {
    headers: { 'event-id': `pull ${nth}` },
    body: new TextEncoder().encode(JSON.stringify([event])),
    secret: null,
    receivedAt: at,
  });
  await due.now();
};

const ask = async ({ virtual, due, ids }: World, line: DecisionLine) => {
  const { mode, products, maxAgeMs, attended } = line;
  const result = await requestRefresh(virtual.engine, {
    tenantId: TENANT,
    connectionId: ids.get(line.connection) as ConnectionId,
    request: { mode, products, maxAgeMs, attended, from: null, to: null },
    presence: attended ? NOBODY : null,
    idempotency: null,
  });
  if (result.kind !== 'decided') throw new Error(`not decided: ${result.kind}`);
  await due.now();
  return result.record.verdict;
};

const costOf = async ({ virtual }: World, verdicts: HistoryCost['verdicts'], since: number): Promise<HistoryCost> => {
  const rows = await virtual.engine.store.read('spend', { tenantId: TENANT, since });
  const spent: Record<string, number> = {};
  for (const { currency, chargedMicros, uncertainMicros, reservedMicros } of rows) {
    if (currency !== null) spent[currency] = (spent[currency] ?? 0) + chargedMicros + uncertainMicros + reservedMicros;
  }
  return { verdicts, forced: rows.reduce((sum, { forced }) => sum + forced, 0), spent };
};

const isFromOutside = (line: PullLine): boolean =>
  line.origin !== 'forced' && (line.state === 'succeeded' || line.state === 'partial');

/**
 * What would this history have cost under another policy? The same requests are decided again at the same times, in a world
 * where the provider's own pulls come as they came, and every forced refresh succeeds at once. What was refused for a reason
 * that no policy changes stays refused. Customers ask as they asked, though fresher data might have let them ask less.
 */
export const replayHistory = async (history: History, options: HistoryReplayOptions): Promise<HistoryReplay> => {
  const { from, until, connections, course } = history;
  const world = await begin(history, options);
  const verdicts = countedVerdicts();
  let [carriedOver, requests] = [0, 0];
  for (const [nth, line] of course.entries()) {
    await world.due.until(line.at);
    if (line.line === 'pull') {
      if (isFromOutside(line)) await arrive(world, line, nth);
      continue;
    }
    requests += 1;
    const stays = beyondPolicy.has(line.refusal);
    if (stays) carriedOver += 1;
    verdicts[stays ? line.verdict : await ask(world, line)] += 1;
  }
  await world.due.until(until + HOUR);
  return {
    from,
    until,
    connections: connections.length,
    requests,
    recorded: recordedCost(history),
    replayed: await costOf(world, verdicts, from),
    carriedOver,
    warnings: world.virtual.warnings,
  };
};

import { DEFAULT_TENANT, HOUR, put, verdicts } from '@freshet/domain';
import type {
  ConnectionId,
  ConnectorName,
  DecisionRecord,
  DurationMs,
  Mode,
  ProviderName,
  ProviderEvent,
  RefreshRequest,
  Verdict,
} from '@freshet/domain';
import { importConnections, policyOf, receiveWebhook, requestRefresh, type ImportRow } from '@freshet/flows';
import { nothingLearned, type PolicyBook } from '@freshet/policy';
import type { Store } from '@freshet/ports';
import { createMemoryStore } from '@freshet/ports/memory';
import type { Tally } from '../replay/tally.js';
import type { Trace, TracedConnection } from '../workload/trace.js';
import { dueWork, type DueWork } from './due-work.js';
import { virtualEngine, type VirtualEngine } from './engine.js';
import { externalIdOf, simulatedProvider, type SimulatedProvider } from './provider.js';
import { institutionOf, SIMULATED_CONNECTOR, SIMULATED_PROVIDER } from './simulated-policy.js';
import { timelineOf, type Happened } from './timeline.js';
import { keepingTrueRates, type KnownRates, type Placed } from './true-rates.js';

/** A provider of the catalogue, and the connector that reaches it. */
export interface Place {
  readonly connector: ConnectorName;
  readonly provider: ProviderName;
}

const SIMULATED: Place = { connector: SIMULATED_CONNECTOR, provider: SIMULATED_PROVIDER };

/** One read, as its customer met it. */
export interface WatchedRead {
  /** Its place in the trace. */
  readonly connection: number;
  /** The truth, before anything was done about it: the copy had missed a change. */
  readonly wasStale: boolean;
  readonly record: DecisionRecord;
}

export interface LiveOptions {
  readonly name: string;
  readonly book: PolicyBook;
  readonly rates?: KnownRates;
  /** How customers ask. `auto` is what is measured; `force` is the flows without a weighing, beside the ruler for it. */
  readonly mode?: Mode;
  /** From a forced refresh to its data; 0: the provider answers with it. */
  readonly answersAfterMs?: DurationMs;
  /** What each customer's request says of freshness. */
  readonly maxAgeMs?: DurationMs | null;
  /** As whose connections the workload's are brought in; the simulated provider's where nothing is said. */
  readonly place?: Place;
  /** Where everything is kept; the in-memory store where nothing is said. */
  readonly store?: Store;
  /** Shown each read as it is decided, in the order of time. */
  readonly watch?: (read: WatchedRead) => void;
}

/** What a ruler's tally tells, of the real policy; and how it decided. */
export interface LiveTally extends Tally {
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly policyVersion: string;
  /** What the engine warned of, and how often: nothing, if all is well. */
  readonly warnings: Readonly<Record<string, number>>;
}

const TENANT = DEFAULT_TENANT;
const PRODUCTS = ['BALANCES', 'TRANSACTIONS'] as const;
/** The address that RFC 5737 keeps for documentation: nobody's. Nothing is sent anywhere. */
const NOBODY = { ip: '192.0.2.1', userAgent: null };
const IMPORT_BATCH = 500;

const importRow = ({ index, priceMicros }: TracedConnection, start: number, place: Place): ImportRow => ({
  ...place,
  externalId: externalIdOf(index),
  customerId: `customer-${index}`,
  institutionId: institutionOf(priceMicros),
  products: PRODUCTS,
  lastSuccessAt: start,
  connectedAt: start,
  historicalLoaded: true,
});

/** One world in which the engine lives through a trace. */
interface Life {
  readonly virtual: VirtualEngine;
  readonly due: DueWork;
  readonly provider: SimulatedProvider;
  readonly ids: readonly ConnectionId[];
  readonly verdicts: Record<Verdict, number>;
  readonly request: RefreshRequest;
  readonly watch: (read: WatchedRead) => void;
}

/** All of them through the import flow, in batches. */
const placeAll = async (
  { engine }: VirtualEngine,
  { connections, workload }: Trace,
  place: Place,
): Promise<readonly Placed[]> => {
  const placed: Placed[] = [];
  for (let from = 0; from < connections.length; from += IMPORT_BATCH) {
    const batch = connections.slice(from, from + IMPORT_BATCH);
    const result = await importConnections(
      engine,
      TENANT,
      batch.map((connection) => importRow(connection, workload.start, place)),
    );
    if (result.kind !== 'imported') throw new Error(`not imported: ${JSON.stringify(result.faults)}`);
    batch.forEach((traced, index) => {
      const connection = result.imported[index]?.connection;
      if (connection !== undefined) placed.push({ connection, traced });
    });
  }
  return placed;
};

const encoder = new TextEncoder();

/** The provider's webhook, received and processed by the flows. */
const tell = async ({ virtual, due, provider }: Life, key: string, event: ProviderEvent): Promise<void> => {
  const { engine, clock } = virtual;
  await receiveWebhook(engine, TENANT, provider.connector.name, {
    headers: { 'event-id': key },
    body: encoder.encode(JSON.stringify([event])),
    secret: null,
    receivedAt: clock.now(),
  });
  await due.now();
};

const background = async (life: Life, { at, connection }: Happened): Promise<void> => {
  const course = life.provider.courses[connection];
  // The truth pulls at its background times by itself: whether something was new has to be asked just before.
  const newData = course?.hasNewsFor(at) ?? false;
  const now = life.virtual.clock.now();
  const externalId = externalIdOf(connection);
  await tell(life, `background ${connection} ${at}`, {
    kind: 'aggregated',
    externalId,
    at: now,
    products: PRODUCTS,
    newData,
  });
};

const signal = (life: Life, { at, connection, changedAt }: Happened): Promise<void> => {
  const changed = life.virtual.clock.now() - (at - changedAt);
  return tell(life, `signal ${connection} ${changedAt}`, {
    kind: 'change-told',
    externalId: externalIdOf(connection),
    at: changed,
  });
};

const read = async (life: Life, { at, connection }: Happened): Promise<void> => {
  const { virtual, due, provider, verdicts: counts, request } = life;
  const connectionId = life.ids[connection] as ConnectionId;
  const command = { tenantId: TENANT, connectionId, request, presence: NOBODY, idempotency: null };
  const result = await requestRefresh(virtual.engine, command);
  if (result.kind !== 'decided') throw new Error(`not decided: ${result.kind}`);
  const { verdict } = result.record;
  counts[verdict] += 1;
  const isStale = provider.courses[connection]?.isStale(at) ?? false;
  life.watch({ connection, wasStale: isStale, record: result.record });
  if (isStale && (verdict === 'force' || verdict === 'join')) provider.waitsFor(connection, at);
  else provider.readsNow(!isStale);
  await due.now();
};

const handlers = { background, signal, read } as const;

/** What was charged, what nobody knows of, and what is still held: all of it is money that the policy decided to spend. */
const spentMicros = async ({ virtual }: Life): Promise<number> => {
  const rows = await virtual.engine.store.read('spend', { tenantId: TENANT, since: 0 });
  return rows.reduce((sum, row) => sum + row.chargedMicros + row.uncertainMicros + row.reservedMicros, 0);
};

/** After the last day, so that calls under way come to their end. */
const LAST_CALLS_MS = HOUR;

/** The engine knows how often each connection changes and is read, from the first day. */
const tellTrueRates = async (
  { engine }: VirtualEngine,
  placed: readonly Placed[],
  traced: Map<string, TracedConnection>,
): Promise<void> => {
  for (const each of placed) traced.set(each.connection.groupKey, each.traced);
  await engine.store.turn(
    function* () {
      return null;
    },
    () => ({
      effects: placed.map(({ connection }) =>
        put('connectionRates', nothingLearned(connection, policyOf(engine, connection), engine.clock.now())),
      ),
    }),
  );
};

const begin = async (trace: Trace, options: LiveOptions): Promise<Life> => {
  const place = options.place ?? SIMULATED;
  const provider = simulatedProvider(trace, place.connector, options.answersAfterMs ?? 0);
  const kept = options.store ?? createMemoryStore();
  const traced = new Map<string, TracedConnection>();
  const store = options.rates === 'true' ? keepingTrueRates(kept, traced) : kept;
  const virtual = virtualEngine(trace.workload.start, store, options.book, [provider.connector]);
  const placed = await placeAll(virtual, trace, place);
  if (options.rates === 'true') await tellTrueRates(virtual, placed, traced);
  const asks = { products: null, from: null, to: null, attended: true } as const;
  const request = { ...asks, mode: options.mode ?? 'auto', maxAgeMs: options.maxAgeMs ?? null };
  return {
    virtual,
    due: dueWork(virtual),
    provider,
    ids: placed.map(({ connection }) => connection.id),
    verdicts: Object.fromEntries(verdicts.map((verdict) => [verdict, 0])) as Record<Verdict, number>,
    request,
    watch: options.watch ?? (() => undefined),
  };
};

/**
 * The real policy and flows live through a trace: every background refresh comes as a webhook, every read as a request
 * in mode auto by a customer who is there, and tasks are run by the dispatcher. What it knows it has through the flows.
 */
export const runPolicy = async (trace: Trace, options: LiveOptions): Promise<LiveTally> => {
  const { workload, spanMs, reads } = trace;
  const life = await begin(trace, options);
  for (const happened of timelineOf(trace)) {
    await life.due.until(workload.start + happened.at);
    await handlers[happened.what](life, happened);
  }
  await life.due.until(workload.start + spanMs + LAST_CALLS_MS);
  const { fresh, forced, failed, violations } = life.provider.books;
  return {
    name: options.name,
    reads,
    fresh,
    spentMicros: await spentMicros(life),
    forced,
    failed,
    violations,
    verdicts: life.verdicts,
    policyVersion: options.book.version,
    warnings: life.virtual.warnings,
  };
};

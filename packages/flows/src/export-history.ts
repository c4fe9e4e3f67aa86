import { DAY } from '@freshet/domain';
import type {
  Connection,
  ConnectionId,
  DecisionRecord,
  Instant,
  LedgerEntry,
  Mode,
  Money,
  Product,
  Pull,
  PullOrigin,
  PullState,
  Refusal,
  TenantId,
  Verdict,
} from '@freshet/domain';
import type { Engine } from './engine.js';

/** A connection that the following lines are about. Names no customer: theirs is a number within the history. */
export interface ConnectionLine {
  readonly line: 'connection';
  readonly connection: ConnectionId;
  readonly connector: string;
  readonly provider: string;
  readonly customer: string;
  readonly institution: string;
  readonly group: string;
  readonly products: readonly Product[];
  readonly connectedAt: Instant;
  /** The newest data before the history begins; null: none that is known. */
  readonly lastSuccessAt: Instant | null;
}

/** One request, and what was decided. */
export interface DecisionLine {
  readonly line: 'decision';
  readonly at: Instant;
  readonly connection: ConnectionId;
  readonly mode: Mode;
  /** Null: all that the connection has. */
  readonly products: readonly Product[] | null;
  readonly maxAgeMs: number | null;
  readonly attended: boolean;
  /** What was known of the rates of change and reading, where the facts hold it. */
  readonly rates: unknown;
  readonly verdict: Verdict;
  readonly refusal: Refusal | null;
  readonly cost: Money | null;
}

/** One pull by whomever, and what of its money was charged or lost sight of. */
export interface PullLine {
  readonly line: 'pull';
  readonly at: Instant;
  readonly connection: ConnectionId;
  readonly origin: PullOrigin;
  readonly state: PullState;
  readonly attended: boolean;
  readonly products: readonly Product[];
  readonly newData: boolean | null;
  readonly charged: Money | null;
}

/** First of all: what stretch of time it tells of. */
export interface HistoryHead {
  readonly line: 'history';
  readonly version: 1;
  readonly from: Instant;
  readonly until: Instant;
}

export type HistoryLine = HistoryHead | ConnectionLine | DecisionLine | PullLine;

export interface HistoryStretch {
  readonly tenantId: TenantId;
  /** From (inclusive) and until (exclusive). */
  readonly from: Instant;
  readonly until: Instant;
}

const PAGE = 500;

/** Data that is older is as good as none. */
const LOOKED_BACK_MS = 7 * DAY;

type Reads = Pick<Engine, 'store'>;
/** Pages of rows that have an id, from one cursor to the next. */
type Fetch<Row> = (before: string | null) => Promise<readonly Row[]>;

async function* newestFirst<Row extends { readonly id: string }>(fetch: Fetch<Row>): AsyncGenerator<Row> {
  for (let before: string | null = null; ;) {
    const page: readonly Row[] = await fetch(before);
    yield* page;
    before = page.at(-1)?.id ?? null;
    if (page.length < PAGE) return;
  }
}

/** Page after page from the last moment on; those of that moment that were seen already are left out. */
async function* pullsOf(
  { store }: Reads,
  { groupKey, tenantId }: Connection,
  stretch: HistoryStretch,
): AsyncGenerator<Pull> {
  let [from, seen] = [stretch.from, new Set<string>()];
  for (;;) {
    const page = await store.read('pullsBetween', {
      ...{ tenantId, scope: { kind: 'group', groupKey } },
      ...{ from, until: stretch.until, limit: PAGE },
    });
    const more = page.filter(({ id }) => !seen.has(id));
    yield* more;
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined || more.length === 0) return;
    from = last.at;
    seen = new Set(page.filter(({ at }) => at === from).map(({ id }) => id));
  }
}

const chargedOf = (entries: readonly LedgerEntry[]): Money | null => {
  const counted = entries.filter(({ kind }) => kind === 'charged' || kind === 'uncertain');
  const [first] = counted;
  return first === undefined
    ? null
    : { currency: first.currency, micros: counted.reduce((sum, { micros }) => sum + micros, 0) };
};

const pullLine = (pull: Pull, entries: readonly LedgerEntry[]): PullLine => ({
  line: 'pull',
  at: pull.at,
  connection: pull.connectionId,
  origin: pull.origin,
  state: pull.state,
  attended: pull.attended,
  products: pull.products,
  newData: pull.newData,
  charged: chargedOf(entries),
});

const ratesIn = (facts: unknown): unknown =>
  typeof facts === 'object' && facts !== null && 'rates' in facts ? facts.rates : null;

const decisionLine = ({ decision, request, facts, connectionId, decidedAt }: DecisionRecord): DecisionLine => ({
  line: 'decision',
  at: decidedAt,
  connection: connectionId,
  mode: request.mode,
  products: request.products,
  maxAgeMs: request.maxAgeMs,
  attended: request.attended,
  rates: ratesIn(facts),
  verdict: decision.verdict,
  refusal: decision.refusal,
  cost: decision.verdict === 'force' ? decision.cost : null,
});

/** A permit that fell due is decided like a request, and nobody asked for it: it is told as the pull that it is. */
const fellDue = async ({ store }: Reads, { tenantId, taskId, verdict, request }: DecisionRecord): Promise<boolean> => {
  if (verdict !== 'force' || request.attended || taskId === null) return false;
  const task = await store.read('task', { tenantId, id: taskId });
  const pull = task && (await store.read('pull', { tenantId, id: task.pullId }));
  return pull?.origin === 'background';
};

/** The newest data that there was when the stretch began. */
const dataBefore = async ({ store }: Reads, connection: Connection, from: Instant): Promise<Instant | null> => {
  const { lastSuccessAt, tenantId, groupKey } = connection;
  if (lastSuccessAt === null || lastSuccessAt < from) return lastSuccessAt;
  const scope = { kind: 'group', groupKey } as const;
  const asked = { tenantId, scope, from: from - LOOKED_BACK_MS, until: from, limit: PAGE };
  const earlier = await store.read('pullsBetween', asked);
  return earlier.findLast(({ state }) => state === 'succeeded' || state === 'partial')?.at ?? null;
};

/** Customers by number, in the order in which they come: what tells them apart, and nothing that tells who they are. */
const numbered = (): ((customer: string) => string) => {
  const numbers = new Map<string, number>();
  return (customer) => {
    const number = numbers.get(customer) ?? numbers.size + 1;
    numbers.set(customer, number);
    return `customer-${number}`;
  };
};

/**
 * What was asked, decided and pulled in a stretch of time: connection by connection, in pages, so that its memory grows
 * with the customers alone. It reads outside of turns: it shows what is there, and what happens meanwhile may be missing.
 */
export async function* exportHistory(engine: Reads, stretch: HistoryStretch): AsyncGenerator<HistoryLine> {
  const { tenantId, from, until } = stretch;
  const { store } = engine;
  yield { line: 'history', version: 1, from, until };
  const customerOf = numbered();
  const page = { tenantId, limit: PAGE };
  for await (const connection of newestFirst((before) => store.read('connectionsPage', { ...page, before }))) {
    const { id: connectionId, connector, provider, institutionId, groupKey, products, connectedAt } = connection;
    yield {
      line: 'connection',
      connection: connectionId,
      connector,
      provider,
      customer: customerOf(connection.customerId),
      institution: institutionId,
      group: groupKey,
      products,
      connectedAt,
      lastSuccessAt: await dataBefore(engine, connection, from),
    };
    const asked = { ...page, connectionId, from, to: until };
    for await (const record of newestFirst((before) => store.read('decisionsPage', { ...asked, before }))) {
      if (!(await fellDue(engine, record))) yield decisionLine(record);
    }
    for await (const pull of pullsOf(engine, connection, stretch)) {
      // Twins share their group's pulls: each line is told once, with the connection that it was made for.
      if (pull.connectionId !== connectionId) continue;
      yield pullLine(pull, await store.read('ledgerOfPull', { tenantId, pullId: pull.id }));
    }
  }
}

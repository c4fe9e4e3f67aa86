import { Journal, type Change } from './journal.js';
import type {
  Bill,
  BudTask,
  BudToken,
  CallRecord,
  ClockRecord,
  Connection,
  Delivery,
  Due,
  Fault,
  FinicityLogin,
  FinicityPartner,
  FinicityPull,
  FinicityToken,
  Maintenance,
  MeldJob,
  MxMember,
  MxUser,
  PlaidCount,
  PlaidItem,
  PlaidJob,
  SigningKey,
  WidgetSession,
} from './records.js';
import { Table, type JournaledTable } from './table.js';

/** Below this the history is not worth shortening while the emulator runs; it is shortened at every start anyway. */
const COMPACT_FROM_BYTES = 64 << 20;
const COMPACT_AT_GROWTH = 4;

export function connectionKey(connector: string, externalId: string): string {
  return `${connector}:${externalId}`;
}

/** Equal for Meld connections over one provider connection; null where that is not known. */
export function providerConnectionKey(connection: Connection): string | null {
  if (connection.providerConnectionId === null) return null;
  return JSON.stringify([connection.connector, connection.provider, connection.providerConnectionId]);
}

/** What Bud is told as X-Customer-Id. */
export function budCustomerOf(connection: Connection): string {
  return connection.credentials['customerId'] ?? connection.customerId;
}

/** Everything that the emulator knows, and has told somebody. It survives the emulator's own end. */
export class Books {
  private pending: Change[] = [];
  private depth = 0;
  private journal: Journal | null = null;
  private compactedBytes = 0;
  private readonly note = (change: Change): void => {
    if (this.depth === 0) throw new Error(`the ${change[0]} table was written outside a turn`);
    this.pending.push(change);
  };

  readonly connections = new Table<Connection>('connections', this.note, {
    externalId: (connection) => connection.externalId,
    providerConnection: providerConnectionKey,
    connector: (connection) => connection.connector,
    accessToken: ({ connector, credentials }) => (connector === 'plaid' ? (credentials['accessToken'] ?? null) : null),
    budCustomer: (connection) => (connection.connector === 'bud' ? budCustomerOf(connection) : null),
  });
  readonly meldJobs = new Table<MeldJob>('meldJobs', this.note);
  readonly mxUsers = new Table<MxUser>('mxUsers', this.note);
  readonly mxMembers = new Table<MxMember>('mxMembers', this.note, {
    user: (member) => member.userGuid,
  });
  readonly budTasks = new Table<BudTask>('budTasks', this.note, {
    customer: (task) => task.customer,
  });
  readonly budTokens = new Table<BudToken>('budTokens', this.note);
  readonly finicityTokens = new Table<FinicityToken>('finicityTokens', this.note);
  readonly finicityPartners = new Table<FinicityPartner>('finicityPartners', this.note);
  readonly finicityLogins = new Table<FinicityLogin>('finicityLogins', this.note);
  readonly finicityPulls = new Table<FinicityPull>('finicityPulls', this.note);
  readonly plaidItems = new Table<PlaidItem>('plaidItems', this.note);
  readonly plaidJobs = new Table<PlaidJob>('plaidJobs', this.note);
  readonly plaidCounts = new Table<PlaidCount>('plaidCounts', this.note);
  readonly widgets = new Table<WidgetSession>('widgets', this.note);
  readonly faults = new Table<Fault>('faults', this.note);
  readonly calls = new Table<CallRecord>('calls', this.note);
  readonly bills = new Table<Bill>('bills', this.note);
  readonly deliveries = new Table<Delivery>('deliveries', this.note);
  readonly dues = new Table<Due>('dues', this.note);
  readonly maintenance = new Table<Maintenance>('maintenance', this.note);
  readonly clock = new Table<ClockRecord>('clock', this.note);
  readonly signingKeys = new Table<SigningKey>('signingKeys', this.note);

  private readonly tables = new Map<string, JournaledTable>(
    [
      this.connections,
      this.meldJobs,
      this.mxUsers,
      this.mxMembers,
      this.budTasks,
      this.budTokens,
      this.finicityTokens,
      this.finicityPartners,
      this.finicityLogins,
      this.finicityPulls,
      this.plaidItems,
      this.plaidJobs,
      this.plaidCounts,
      this.widgets,
      this.faults,
      this.calls,
      this.bills,
      this.deliveries,
      this.dues,
      this.maintenance,
      this.clock,
      this.signingKeys,
    ].map((table: JournaledTable) => [table.name, table]),
  );

  /** A null file keeps the books in memory. */
  static open(file: string | null): Books {
    const books = new Books();
    if (file === null) return books;
    const replay = (changes: readonly Change[]) => books.replay(changes);
    books.journal = Journal.open(file, replay, () => books.snapshot());
    books.compactedBytes = books.journal.bytes;
    return books;
  }

  get file(): string | null {
    return this.journal?.file ?? null;
  }

  /** All that `step` writes is one line of the journal, written before this returns. */
  turn<T>(step: () => T): T {
    this.depth += 1;
    try {
      return step();
    } finally {
      this.depth -= 1;
      // Written after a throw too: the tables in memory have changed, and the file must not say otherwise.
      if (this.depth === 0) this.flush();
    }
  }

  close(): void {
    this.journal?.close();
    this.journal = null;
  }

  private flush(): void {
    if (this.pending.length === 0) return;
    const changes = this.pending;
    this.pending = [];
    if (this.journal === null) return;
    this.journal.append(changes);
    if (this.journal.bytes <= Math.max(COMPACT_FROM_BYTES, this.compactedBytes * COMPACT_AT_GROWTH)) return;
    this.journal.compact(this.snapshot());
    this.compactedBytes = this.journal.bytes;
  }

  private *snapshot(): Iterable<Change> {
    for (const table of this.tables.values()) yield* table.snapshot();
  }

  private replay(changes: readonly Change[]): void {
    for (const change of changes) {
      const table = this.tables.get(change[0]);
      if (table === undefined) throw new Error(`the books name an unknown table ${change[0]}`);
      table.replay(change);
    }
  }
}

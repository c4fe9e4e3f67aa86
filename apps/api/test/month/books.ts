import type Database from 'better-sqlite3';
import { DAY, isOpen, MINUTE, type TaskState } from '@freshet/domain';
import { emulatorAt, serviceAt, type Place } from '../crash/processes.js';
import { planted } from './rows.js';
import { allOf, pause, type ShownConnection, type ShownTask } from './walk.js';

/** What the emulator billed: one a call and connection. */
interface Bill {
  readonly externalId: string;
  readonly connector: string;
  readonly provider: string;
}

interface Told {
  readonly externalId: string;
  readonly connector: string;
  readonly status: string;
  readonly lastSuccessAt: string | null;
}

export interface FoundThing {
  readonly check: string;
  readonly severity: string;
  readonly connectionId: string | null;
  readonly summary: string;
  readonly money: { readonly amount: string } | null;
  readonly evidence: Readonly<Record<string, unknown>>;
}

interface Audit {
  readonly id: string;
  readonly state: string;
  readonly error: string | null;
  readonly trigger: string;
  readonly requestedAt: string;
  readonly counts: { readonly bySeverity: Readonly<Record<string, number>> };
}

/** Everything that either side wrote down. */
export interface Books {
  readonly tasks: readonly ShownTask[];
  readonly connections: readonly ShownConnection[];
  readonly bills: readonly Bill[];
  readonly told: readonly Told[];
  readonly findings: readonly FoundThing[];
  /** By the night. */
  readonly nights: readonly { readonly audit: Audit; readonly findings: readonly FoundThing[] }[];
  readonly auditedAt: number;
}

const audited = async (place: Place): Promise<Audit> => {
  const { id } = (await serviceAt(place)<Audit>('POST', '/v1/audits', {})).body;
  for (;;) {
    const { body } = await serviceAt(place)<Audit>('GET', `/v1/audits/${id}`);
    if (body.state === 'done' || body.state === 'failed') return body;
    await pause(100);
  }
};

const findingsOf = (place: Place, { id }: Audit): Promise<readonly FoundThing[]> =>
  allOf<FoundThing>(place, `/v1/audits/${id}/findings`);

export const readBooks = async (place: Place): Promise<Books> => {
  const last = await audited(place);
  if (last.state !== 'done') throw new Error(`the last audit is ${last.state}`);
  const nights = [];
  for (const audit of await allOf<Audit>(place, '/v1/audits')) {
    if (audit.trigger === 'nightly') nights.push({ audit, findings: await findingsOf(place, audit) });
  }
  const told = await emulatorAt(place)<{ data: readonly Told[] }>('GET', '/connections');
  const bills = await emulatorAt(place)<{ data: readonly Bill[] }>('GET', '/bills');
  return {
    tasks: await allOf<ShownTask>(place, '/v1/tasks'),
    connections: await allOf<ShownConnection>(place, '/v1/connections'),
    bills: bills.body.data,
    told: told.body.data,
    findings: await findingsOf(place, last),
    nights,
    auditedAt: Date.parse(last.requestedAt),
  };
};

/** Of an Item each of these is a call of its own, and each is billed. */
const PLAID_CALLS: readonly (readonly string[])[] = [
  ['BALANCES'],
  ['TRANSACTIONS'],
  ['INVESTMENT_HOLDINGS', 'INVESTMENT_TRANSACTIONS'],
];

const callsOf = (connector: string, { products }: ShownTask): number =>
  connector === 'plaid' ? PLAID_CALLS.filter((call) => call.some((product) => products.includes(product))).length : 1;

interface Sums {
  charged: number;
  uncertain: number;
  billed: number;
}

const sumsBy = (books: Books, keyOf: (of: Pick<Bill, 'connector' | 'provider' | 'externalId'>) => string) => {
  const sums = new Map<string, Sums>();
  const at = (key: string): Sums => {
    const known = sums.get(key) ?? { charged: 0, uncertain: 0, billed: 0 };
    sums.set(key, known);
    return known;
  };
  for (const bill of books.bills) at(keyOf(bill)).billed += 1;
  const byId = new Map(books.connections.map((connection) => [connection.id, connection]));
  for (const task of books.tasks) {
    const connection = byId.get(task.connectionId);
    if (connection === undefined) throw new Error(`no connection of ${task.id}`);
    const sum = at(keyOf(connection));
    if (task.charge === 'charged') sum.charged += callsOf(connection.connector, task);
    if (task.charge === 'uncertain') sum.uncertain += callsOf(connection.connector, task);
  }
  return sums;
};

/** Where the emulator's bill does not lie between what is charged, and that and what nobody could tell. */
export const notBetween = (books: Books): readonly object[] => {
  const keys = {
    connection: ({ connector, externalId }: Bill) => `${connector} ${externalId}`,
    connector: ({ connector, provider }: Bill) => `${connector} ${provider}`,
    provider: ({ provider }: Bill) => provider,
    total: () => 'total',
  };
  return Object.values(keys).flatMap((keyOf) =>
    [...sumsBy(books, keyOf as (of: Pick<Bill, 'connector' | 'provider' | 'externalId'>) => string)]
      .filter(([, { charged, uncertain, billed }]) => billed < charged || billed > charged + uncertain)
      .map(([key, sums]) => ({ key, ...sums })),
  );
};

export const stillOpen = (books: Books): readonly ShownTask[] =>
  books.tasks.filter(({ state, charge }) => isOpen(state as TaskState) || charge === 'reserved');

const SOON_MS = 30 * MINUTE;

/** Connections whose refreshes were paid for nothing, told from the rows by another way than the audit's own. */
export const wastedIn = (database: Database.Database, since: number) => {
  const rows = database
    .prepare(
      `select t.connection_id as id, t.new_data as newData, exists (
          select 1 from pulls f join connections c on c.id = t.connection_id
          where f.group_key in (t.group_key, c.group_key) and f.origin = 'background' and f.state = 'succeeded'
            and f.task_id is null and f.at > coalesce(p.sent_at, p.at) and f.at <= p.at + ${SOON_MS}
        ) as free
      from tasks t join pulls p on p.id = t.pull_id
      where t.charge = 'charged' and p.origin <> 'background' and t.queued_at >= ?`,
    )
    .all(since) as { readonly id: string; readonly newData: number | null; readonly free: number }[];
  const named = (told: string, isIt: (row: (typeof rows)[number]) => boolean): readonly string[] => [
    ...new Set(rows.filter(isIt).map(({ id }) => `${id} ${told}`)),
  ];
  return [
    ...named('brought nothing new', ({ newData }) => newData === 0),
    ...named('came minutes before a free one', ({ newData, free }) => newData !== 0 && free === 1),
  ].toSorted();
};

/** Money that nobody here decided: history that a provider loads at a connect, and bills. */
export interface Unasked {
  readonly provider: string;
  readonly micros: number;
  readonly at: number;
}

export const unaskedIn = (database: Database.Database): readonly Unasked[] =>
  database
    .prepare(`select provider, micros, at from ledger_entries where kind = 'charged' and task_id is null`)
    .all() as Unasked[];

interface Period {
  readonly provider: string | null;
  readonly periodStart: string;
  readonly periodEnd: string;
}

/** A hard budget that is beyond its amount by no more than what was billed in its period without being asked for. */
export const isBeyondByHistory = (
  unasked: readonly Unasked[],
  { check, severity, summary, evidence, money }: FoundThing,
): boolean => {
  if (check !== 'budgets' || severity !== 'warning' || !summary.includes('without being asked for')) return false;
  const { provider, periodStart, periodEnd } = evidence as unknown as Period;
  const [from, until] = [Date.parse(periodStart), Date.parse(periodEnd)];
  const inIt = unasked.filter((one) => one.at >= from && one.at < until && one.provider === (provider ?? one.provider));
  const micros = inIt.reduce((sum, one) => sum + one.micros, 0);
  return Math.round(Number(money?.amount ?? 0) * 1_000_000) <= micros;
};

export const idOf = ({ connections }: Books, externalId: string): string | undefined =>
  connections.find((connection) => connection.externalId === externalId)?.id;

/** Consents of connections that may be refreshed, and end within four weeks. */
export const consentsEndingIn = ({ connections, auditedAt }: Books): readonly string[] =>
  connections
    .filter(({ consentExpiresAt, activeDuplicateConnectionId: active, id, operations }) => {
      const end = Date.parse(consentExpiresAt ?? '');
      const stands = active === null || active === id;
      return stands && operations.refresh && end > auditedAt && end <= auditedAt + 28 * DAY;
    })
    .map(({ id }) => id);

/** Whether the provider itself has nothing newer than what the finding says: nobody pulled, and the engine did not miss it. */
export const isTrulyLate = ({ told }: Books, { evidence }: FoundThing): boolean => {
  const shown = told.find(({ externalId }) => externalId === evidence.externalId);
  const [here, there] = [evidence.lastSuccessAt, shown?.lastSuccessAt ?? null].map((at) => Date.parse(String(at)) || 0);
  return (there ?? 0) <= (here ?? 0) + MINUTE;
};

/** A machine that is too busy to read a page in time: it says nothing of what was to be read. */
export const wasStarved = ({ error }: Pick<Audit, 'error'>): boolean => error?.includes('took longer than') ?? false;

const derived: readonly unknown[] = ['UNDETERMINED', 'DEGRADED', 'PARTIALLY_ACTIVE'];

/** A lost reply, an outage and a part that came are our own words, which stand until the next success: the provider shows ACTIVE all the time. */
export const isOurOwnWord = ({ check, severity, evidence }: FoundThing): boolean =>
  check === 'drift' && severity === 'info' && derived.includes(evidence.status) && evidence.shownStatus === 'ACTIVE';

/** What the plan made the provider keep silent about: whichever check finds it. */
export const isPlantedSilence = (books: Books, { connectionId }: FoundThing): boolean =>
  connectionId !== null && connectionId === idOf(books, planted.silent);

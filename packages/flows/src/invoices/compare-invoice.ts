import { DAY } from '@freshet/domain';
import type { Connection, Invoice, LedgerEntry, PullId } from '@freshet/domain';
import { read, type Loader } from '@freshet/ports';
import { keyInTime, placeInTime } from '../audit/in-time.js';
import { matchLines, ofMissing, type Chargeable, type MatchedLines } from './match-lines.js';

/** More lines of one unit are refused when they are imported. */
export const MOST_LINES_OF_UNIT = 1000;

/** A call is settled so long after it at the latest; a permit may be open for hours. */
const SETTLED_WITHIN_MS = 2 * DAY;
/** Of one connection in one period; what is beyond can only be missed, never be made up. */
const MOST_ENTRIES = 5000;
/** Twins of one provider connection. */
const MOST_TWINS = 50;

/** How one unit of lines, or one charge that no line may be of, came out. */
export interface Compared extends MatchedLines {
  readonly place: ComparedPlace;
  readonly lines: number;
}

/** How far a comparison has got: first through the lines, unit by unit, then through the charges that no line is of. */
export interface ComparedPlace {
  readonly phase: 'lines' | 'charges';
  readonly after: string;
}

export const FROM_THE_START: ComparedPlace = { phase: 'lines', after: '' };

const isOf = ({ connector, provider, currency }: Invoice, entry: LedgerEntry): boolean =>
  entry.connector === connector && (provider ?? entry.provider) === entry.provider && entry.currency === currency;

/** The pull with its money; null: none of it is this invoice's, or it was never sent. */
function* loadCharge(invoice: Invoice, pullId: PullId): Loader<Chargeable | null> {
  const { tenantId } = invoice;
  const entries = (yield* read('ledgerOfPull', { tenantId, pullId })).filter((entry) => isOf(invoice, entry));
  const [first] = entries;
  const pull = yield* read('pull', { tenantId, id: pullId });
  if (first === undefined || pull?.state === 'released' || pull?.state === 'reserved') return null;
  const held = entries.filter(({ kind }) => kind === 'reserved');
  const settled = entries.find(({ kind }) => kind !== 'reserved');
  const task = first.taskId === null ? null : yield* read('task', { tenantId, id: first.taskId });
  const from = pull?.sentAt ?? pull?.at ?? first.at;
  return {
    pullId,
    taskId: first.taskId,
    connectionId: first.connectionId,
    job: task?.pullId === pullId ? task.providerTaskId : null,
    products: pull?.products ?? [],
    from,
    until: Math.max(from, pull?.endedAt ?? settled?.at ?? from),
    micros: (held.length > 0 ? held : entries).reduce((total, { micros }) => total + micros, 0),
    fate: settled?.kind ?? 'reserved',
    isDue: from >= invoice.from && from < invoice.until,
  };
}

function* loadCharges(invoice: Invoice, connection: Connection): Loader<readonly Chargeable[]> {
  const around = Math.max(SETTLED_WITHIN_MS, invoice.toleranceMs);
  const entries = yield* read('ledgerOfConnection', {
    tenantId: invoice.tenantId,
    connectionId: connection.id,
    from: invoice.from - around,
    until: invoice.until + around,
    limit: MOST_ENTRIES,
  });
  const charges: Chargeable[] = [];
  for (const pullId of new Set(entries.filter((entry) => isOf(invoice, entry)).map((entry) => entry.pullId))) {
    const charge = yield* loadCharge(invoice, pullId);
    if (charge !== null) charges.push(charge);
  }
  return charges;
}

function* hasUnit({ tenantId, id: invoiceId }: Invoice, unit: string): Loader<boolean> {
  return (yield* read('invoiceLines', { tenantId, invoiceId, unit, limit: 1 })).length > 0;
}

/** What a line with no connection named is of, where it names a job. */
export const unitOfJob = (job: string): string => `job ${job}`;
export const unitOfConnection = (name: string): string => `connection ${name}`;
export const unitOfLine = (line: number): string => `line ${line}`;

/** Lines that name its job, and no connection, bill it: whatever else names its connection does not. */
function* isBilledByJob(invoice: Invoice, { job }: Chargeable): Loader<boolean> {
  if (job === null || invoice.columns.job === null) return false;
  return yield* hasUnit(invoice, unitOfJob(job));
}

/** The connections that a name on the invoice stands for. */
function* connectionsNamed({ tenantId, connector, namesBy }: Invoice, name: string): Loader<readonly Connection[]> {
  if (namesBy === 'providerConnectionId') {
    const asked = { tenantId, connector, providerConnectionId: name, limit: MOST_TWINS };
    const twins = yield* read('connectionsByProviderId', asked);
    if (twins.length > 0) return twins;
  }
  const found = yield* read('connectionByExternalId', { tenantId, connector, externalId: name });
  return found === null ? [] : [found];
}

function* chargesNamed(invoice: Invoice, connections: readonly Connection[]): Loader<readonly Chargeable[]> {
  const charges: Chargeable[] = [];
  for (const connection of connections) {
    for (const charge of yield* loadCharges(invoice, connection)) {
      if (!(yield* isBilledByJob(invoice, charge))) charges.push(charge);
    }
  }
  return charges;
}

function* chargesOfJob(invoice: Invoice, job: string): Loader<readonly Chargeable[]> {
  const { tenantId, connector } = invoice;
  const task = yield* read('taskByProviderTask', { tenantId, connector, providerTaskId: job });
  const charge = task === null ? null : yield* loadCharge(invoice, task.pullId);
  return charge === null ? [] : [charge];
}

const after = (unit: string, kind: 'connection' | 'job'): string | undefined =>
  unit.startsWith(`${kind} `) ? unit.slice(kind.length + 1) : undefined;

function* compareUnit(invoice: Invoice, unit: string): Loader<Compared> {
  const { tenantId, id: invoiceId, toleranceMs } = invoice;
  const lines = yield* read('invoiceLines', { tenantId, invoiceId, unit, limit: MOST_LINES_OF_UNIT });
  const [name, job] = [after(unit, 'connection'), after(unit, 'job')];
  const connections = name === undefined ? [] : yield* connectionsNamed(invoice, name);
  const charges = job === undefined ? yield* chargesNamed(invoice, connections) : yield* chargesOfJob(invoice, job);
  const connectionId = connections[0]?.id ?? charges[0]?.connectionId ?? null;
  const place = { phase: 'lines', after: unit } as const;
  return { place, lines: lines.length, ...matchLines(lines, charges, toleranceMs, connectionId) };
}

const namesOf = ({ namesBy }: Invoice, { externalId, providerConnectionId }: Connection): readonly string[] =>
  namesBy === 'externalId' || providerConnectionId === null ? [externalId] : [providerConnectionId, externalId];

/** Whether the lines of the invoice have been held against it already. */
function* isNamed(invoice: Invoice, charge: Chargeable): Loader<boolean> {
  if (yield* isBilledByJob(invoice, charge)) return true;
  const connection = yield* read('connection', { tenantId: invoice.tenantId, id: charge.connectionId });
  if (connection === null) return false;
  for (const name of namesOf(invoice, connection)) {
    if (yield* hasUnit(invoice, unitOfConnection(name))) return true;
  }
  return false;
}

/** Missed once for each pull, at its first settled entry. */
function* missing(invoice: Invoice, entry: LedgerEntry): Loader<MatchedLines> {
  const nothing: MatchedLines = { matched: 0, differences: [] };
  if (!isOf(invoice, entry)) return nothing;
  const { tenantId } = invoice;
  const entries = yield* read('ledgerOfPull', { tenantId, pullId: entry.pullId });
  const first = entries.find((each) => each.kind !== 'reserved' && isOf(invoice, each));
  if (first?.id !== entry.id) return nothing;
  const charge = yield* loadCharge(invoice, entry.pullId);
  if (charge === null) return nothing;
  const differences = ofMissing(charge);
  if (differences.length === 0 || (yield* isNamed(invoice, charge))) return nothing;
  return { matched: 0, differences };
}

function* comparedLines(invoice: Invoice, from: string, limit: number): Loader<readonly Compared[]> {
  const asked = { tenantId: invoice.tenantId, invoiceId: invoice.id, after: from, limit };
  const compared: Compared[] = [];
  for (const { unit } of yield* read('invoiceUnitsScan', asked)) compared.push(yield* compareUnit(invoice, unit));
  return compared;
}

function* comparedCharges(invoice: Invoice, from: string, limit: number): Loader<readonly Compared[]> {
  const { tenantId } = invoice;
  const until = invoice.until + SETTLED_WITHIN_MS;
  const entries = yield* read('chargesScan', { tenantId, until, limit, ...placeInTime(from, invoice.from) });
  const compared: Compared[] = [];
  for (const entry of entries) {
    const place = { phase: 'charges', after: keyInTime(entry.at, entry.id) } as const;
    compared.push({ place, lines: 0, ...(yield* missing(invoice, entry)) });
  }
  return compared;
}

/** So many more, from just behind a place; fewer: it is the end. */
export function* comparedFrom(
  invoice: Invoice,
  { phase, after: from }: ComparedPlace,
  limit: number,
): Loader<readonly Compared[]> {
  if (phase === 'charges') return yield* comparedCharges(invoice, from, limit);
  const lines = yield* comparedLines(invoice, from, limit);
  if (lines.length === limit) return lines;
  return [...lines, ...(yield* comparedCharges(invoice, '', limit - lines.length))];
}

/** The one at a place once more; none where its lines are gone. */
export function* comparedAt(invoice: Invoice, { phase, after: unit }: ComparedPlace): Loader<readonly Compared[]> {
  if (phase === 'charges') return [];
  return [yield* compareUnit(invoice, unit)];
}

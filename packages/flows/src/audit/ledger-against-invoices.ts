import { DAY, formatAmount, formatInstant } from '@freshet/domain';
import type { ConnectionId, Invoice, InvoiceId, Severity } from '@freshet/domain';
import { read, type Loader } from '@freshet/ports';
import { comparedFrom, FROM_THE_START, type Compared } from '../invoices/compare-invoice.js';
import type { Difference, DifferenceKind } from '../invoices/match-lines.js';
import { defineSummary, type AuditPlace, type Found } from './check.js';

/** An invoice that was imported earlier was compared on other nights; GET /v1/invoices/{id} compares it at any time. */
export const INVOICES_BACK_MS = 35 * DAY;

/** Connections of one kind of difference on one invoice that are findings of their own; more are one, with the first of them. */
export const MOST_SINGLE = 10;
const MOST_EXAMPLES = 5;

type Named = Pick<Invoice, 'id' | 'connector' | 'currency' | 'from' | 'until'>;

interface ComparedOfInvoice {
  readonly invoice: Named;
  readonly compared: Compared;
}

interface InvoicePlace {
  readonly invoiceId: InvoiceId | '';
  readonly at: Compared['place'];
}

const NOWHERE: InvoicePlace = { invoiceId: '', at: FROM_THE_START };

const keyOf = ({ invoice, compared }: ComparedOfInvoice): string =>
  JSON.stringify({ invoiceId: invoice.id, at: compared.place } satisfies InvoicePlace);

/** Not one that lacks some of its lines. */
function* nextInvoice({ tenantId, now }: AuditPlace, after: string): Loader<Invoice | undefined> {
  for (let from = after; ;) {
    const [invoice] = yield* read('invoicesScan', { tenantId, after: from, limit: 1 });
    if (invoice === undefined) return undefined;
    if (invoice.state === 'ready' && invoice.importedAt > now - INVOICES_BACK_MS) return invoice;
    from = invoice.id;
  }
}

function* rows(place: AuditPlace): Loader<readonly ComparedOfInvoice[]> {
  const { tenantId, after, limit } = place;
  const from = after === '' ? NOWHERE : (JSON.parse(after) as InvoicePlace);
  const found: ComparedOfInvoice[] = [];
  let { at } = from;
  let invoice: Invoice | null | undefined =
    from.invoiceId === '' ? yield* nextInvoice(place, '') : yield* read('invoice', { tenantId, id: from.invoiceId });
  // One that was taken away meanwhile is passed over.
  if (invoice === null) invoice = yield* nextInvoice(place, from.invoiceId);
  while (invoice && found.length < limit) {
    const { id, connector, currency, from: start, until }: Invoice = invoice;
    const asked = limit - found.length;
    const page = yield* comparedFrom(invoice, at, asked);
    found.push(...page.map((compared) => ({ invoice: { id, connector, currency, from: start, until }, compared })));
    if (page.length === asked) break;
    at = FROM_THE_START;
    invoice = yield* nextInvoice(place, id);
  }
  return found;
}

interface OfConnection {
  readonly connectionId: ConnectionId | null;
  readonly count: number;
  readonly micros: number;
  readonly first: readonly Difference[];
}

/** Differences of one kind on one invoice. */
interface OfKind {
  readonly invoice: Named;
  readonly kind: DifferenceKind;
  readonly count: number;
  readonly micros: number;
  readonly connections: Readonly<Record<string, OfConnection>>;
  /** Whether there are connections beside those. */
  readonly isCut: boolean;
}

type Sum = Readonly<Record<string, OfKind>>;

const addToConnection = (before: OfConnection | undefined, difference: Difference): OfConnection => {
  const { connectionId, count, micros, first } = before ?? {
    connectionId: difference.connectionId,
    count: 0,
    micros: 0,
    first: [],
  };
  return {
    connectionId,
    count: count + 1,
    micros: micros + difference.micros,
    first: first.length < MOST_EXAMPLES ? [...first, difference] : first,
  };
};

const addOne = (sum: Sum, invoice: Named, difference: Difference): Sum => {
  const { kind, micros } = difference;
  const key = `${invoice.id} ${kind}`;
  const before: OfKind = sum[key] ?? { invoice, kind, count: 0, micros: 0, connections: {}, isCut: false };
  const name = difference.connectionId ?? '';
  const isKnown = name in before.connections || Object.keys(before.connections).length < MOST_SINGLE;
  const after: OfKind = {
    ...before,
    count: before.count + 1,
    micros: before.micros + micros,
    connections: isKnown
      ? { ...before.connections, [name]: addToConnection(before.connections[name], difference) }
      : before.connections,
    isCut: before.isCut || !isKnown,
  };
  return { ...sum, [key]: after };
};

const add = (sum: Sum, { invoice, compared }: ComparedOfInvoice): Sum =>
  compared.differences.reduce((before, difference) => addOne(before, invoice, difference), sum);

interface Words {
  readonly severity: Severity;
  readonly told: (count: number) => string;
  readonly action: string;
}

const lines = (count: number): string => `${count} ${count === 1 ? 'line' : 'lines'}`;
const charges = (count: number): string => `${count} ${count === 1 ? 'charge' : 'charges'}`;

const words: Readonly<Record<DifferenceKind, Words>> = {
  unknown: {
    severity: 'critical',
    told: (count) => `${lines(count)} ${count === 1 ? 'bills' : 'bill'} what nobody here has asked for`,
    action:
      'Ask the provider what they are for. If another program shares the account, import its connections or leave its lines out.',
  },
  'not-owed': {
    severity: 'critical',
    told: (count) => `${charges(count)} billed for calls that were refused`,
    action:
      'Claim it back: the provider answered that the call was not carried out. The decision and the task say when.',
  },
  'other-amount': {
    severity: 'critical',
    told: (count) => `${charges(count)} billed at another amount than the one recorded`,
    action: 'Compare the price in the policy with the contract, and correct whichever is wrong.',
  },
  'not-billed': {
    severity: 'warning',
    told: (count) => `${charges(count)} recorded here, but not billed`,
    action:
      'Look on the next invoice. If they never come, the provider bills less than the policy says: check `price.billedOn`.',
  },
  'uncertain-billed': {
    severity: 'warning',
    told: (count) => `${charges(count)} of which nobody knew whether they happened were billed: they did`,
    action: 'Nothing is to be corrected: budgets count them as spent already.',
  },
  'uncertain-not-billed': {
    severity: 'info',
    told: (count) => `${charges(count)} of which nobody knew whether they happened were not billed`,
    action: 'Budgets have counted them as spent: raise the budget by as much if the period still runs.',
  },
};

const amount = (micros: number | null): string | null => (micros === null ? null : formatAmount(micros));

const shown = ({ connectionId, lines: of, at, billedMicros, ours, micros }: Difference) => ({
  lines: of.join(', '),
  connectionId,
  at: formatInstant(at),
  billed: amount(billedMicros),
  recorded: amount(ours?.micros ?? null),
  charge: ours?.fate ?? null,
  difference: amount(micros),
  taskId: ours?.taskId ?? null,
  pullId: ours?.pullId ?? null,
});

interface Told extends Pick<OfConnection, 'connectionId' | 'count' | 'micros'> {
  readonly first: readonly Difference[];
}

const foundOf = ({ invoice, kind }: OfKind, { connectionId, count, micros, first }: Told): Found => {
  const { severity, told, action } = words[kind];
  return {
    severity: micros === 0 ? 'info' : severity,
    key: `${invoice.id} ${kind} ${connectionId ?? 'together'}`,
    connectionId,
    summary: `an invoice of ${invoice.connector} and the ledger differ: ${told(count)}`,
    action,
    money: micros === 0 ? null : { micros, currency: invoice.currency },
    evidence: {
      invoiceId: invoice.id,
      difference: kind,
      periodStart: formatInstant(invoice.from),
      periodEnd: formatInstant(invoice.until),
      count,
      first: first.slice(0, MOST_EXAMPLES).map(shown),
    },
  };
};

const summarizeKind = (ofKind: OfKind): readonly Found[] => {
  const all = Object.values(ofKind.connections);
  if (!ofKind.isCut) return all.map((each) => foundOf(ofKind, each));
  const first = all.flatMap((each) => each.first.slice(0, 1));
  return [foundOf(ofKind, { connectionId: null, count: ofKind.count, micros: ofKind.micros, first })];
};

/** A finding for each kind of difference and connection; where many differ alike, one for all of them. */
export const ledgerAgainstInvoices = defineSummary<ComparedOfInvoice, Sum>({
  name: 'ledger-against-invoices',
  question:
    'Does every line of the imported invoices bill a refresh that the ledger has, at its amount, and the other way round?',
  rows,
  keyOf,
  nothing: {},
  add,
  summarize: (sum) => Object.values(sum).flatMap(summarizeKind),
});

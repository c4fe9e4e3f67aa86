import type { Invoice } from '@freshet/domain';
import { formatDuration } from '@freshet/domain';
import { differenceKinds, type FoundDifference, type InvoiceComparison } from '@freshet/flows';
import { z } from 'zod';
import { listOf, listQuery } from '../http/page.js';
import { instantView, moneyView, toInstant, toMoney } from '../http/wire.js';

const count = z.int().min(0);
const name = z.string().nullable();

const invoiceShape = {
  id: z.string(),
  connector: z.string(),
  provider: z.string().nullable(),
  from: instantView,
  to: instantView,
  timeZone: z.string(),
  state: z.enum(['importing', 'ready', 'removing']),
  lines: count.meta({ description: 'Lines that count.' }),
  leftOut: count.meta({ description: 'Lines whose product does not.' }),
  total: moneyView,
  tolerance: z.string(),
  connectionIs: z.enum(['externalId', 'providerConnectionId']),
  columns: z
    .object({ time: z.string(), amount: z.string(), connection: name, job: name, product: name, currency: name })
    .meta({ description: 'The headers that were read.' }),
  importedAt: instantView,
};

export const invoiceView = z.object(invoiceShape).meta({ id: 'Invoice' });
export const invoiceList = listOf(invoiceView);

const kind = z.enum(differenceKinds);
const counted = z.object({ count, money: moneyView });

export const comparedInvoiceView = z
  .object({
    ...invoiceShape,
    comparison: z
      .object({
        matched: count.meta({ description: 'Lines that bill a charge of the ledger.' }),
        differences: count,
        money: moneyView.meta({ description: 'What lies between the two, all differences together.' }),
        byKind: z.record(kind, counted),
      })
      .nullable()
      .meta({ description: 'With the ledger as it is now; null while its lines are not all there.' }),
  })
  .meta({ id: 'ComparedInvoice' });

export const differenceView = z
  .object({
    kind,
    connectionId: z.string().nullable(),
    lines: z.array(count).meta({ description: 'Lines of the file, where the header is line 1.' }),
    at: instantView,
    billed: moneyView.nullable(),
    recorded: moneyView.nullable().meta({ description: 'What the ledger has for it.' }),
    charge: z.enum(['reserved', 'charged', 'released', 'uncertain']).nullable(),
    money: moneyView.meta({ description: 'What lies between the two.' }),
    taskId: z.string().nullable(),
    pullId: z.string().nullable(),
  })
  .meta({ id: 'InvoiceDifference' });
export const differenceList = listOf(differenceView);

export const invoicesQuery = listQuery({});
export type InvoicesQuery = z.output<typeof invoicesQuery>;

export const showInvoice = (invoice: Invoice): z.infer<typeof invoiceView> => ({
  id: invoice.id,
  connector: invoice.connector,
  provider: invoice.provider,
  from: toInstant(invoice.from),
  to: toInstant(invoice.until),
  timeZone: invoice.timeZone,
  state: invoice.state,
  lines: invoice.lineCount,
  leftOut: invoice.leftOut,
  total: toMoney({ micros: invoice.totalMicros, currency: invoice.currency }),
  tolerance: formatDuration(invoice.toleranceMs),
  connectionIs: invoice.namesBy,
  columns: invoice.columns,
  importedAt: toInstant(invoice.importedAt),
});

export const showCompared = (
  invoice: Invoice,
  comparison: InvoiceComparison | null,
): z.infer<typeof comparedInvoiceView> => {
  const money = (micros: number) => toMoney({ micros, currency: invoice.currency });
  const shown = showInvoice(invoice);
  if (comparison === null) return { ...shown, comparison: null };
  const { matched, differences, micros, byKind } = comparison;
  const kinds = differenceKinds.map((each) => [each, { count: byKind[each].count, money: money(byKind[each].micros) }]);
  const shownKinds = Object.fromEntries(kinds) as NonNullable<
    z.infer<typeof comparedInvoiceView>['comparison']
  >['byKind'];
  return { ...shown, comparison: { matched, differences, money: money(micros), byKind: shownKinds } };
};

export const showDifference = (
  { currency }: Invoice,
  { kind: what, connectionId, lines, at, billedMicros, ours, micros }: FoundDifference,
): z.infer<typeof differenceView> => {
  const money = (amount: number | null) => (amount === null ? null : toMoney({ micros: amount, currency }));
  return {
    kind: what,
    connectionId,
    lines: [...lines],
    at: toInstant(at),
    billed: money(billedMicros),
    recorded: money(ours?.micros ?? null),
    charge: ours?.fate ?? null,
    money: toMoney({ micros, currency }),
    taskId: ours?.taskId ?? null,
    pullId: ours?.pullId ?? null,
  };
};

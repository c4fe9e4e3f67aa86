import type {
  AuditId,
  FindingId,
  Invoice,
  InvoiceColumns,
  InvoiceId,
  Product,
  RepairId,
  TenantId,
} from '@freshet/domain';
import type { ColumnKit } from '../sqlite/columns.js';

export const invoiceTable = ({ table, index, uniqueIndex, text, integer, json }: ColumnKit) =>
  table(
    'invoices',
    {
      id: text().$type<InvoiceId>().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      connector: text().notNull(),
      provider: text(),
      currency: text().notNull(),
      from: integer().notNull(),
      until: integer().notNull(),
      timeZone: text().notNull(),
      columns: json().$type<InvoiceColumns>().notNull(),
      namesBy: text().$type<Invoice['namesBy']>().notNull(),
      toleranceMs: integer().notNull(),
      hash: text().notNull(),
      lineCount: integer().notNull(),
      leftOut: integer().notNull(),
      totalMicros: integer().notNull(),
      state: text().$type<Invoice['state']>().notNull(),
      importedAt: integer().notNull(),
    },
    (t) => [index('invoices_page').on(t.tenantId, t.id), uniqueIndex('invoices_file').on(t.tenantId, t.hash)],
  );

export const invoiceLineTable = ({ table, index, text, integer, json }: ColumnKit) =>
  table(
    'invoice_lines',
    {
      id: text().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      invoiceId: text().$type<InvoiceId>().notNull(),
      line: integer().notNull(),
      unit: text().notNull(),
      at: integer().notNull(),
      until: integer().notNull(),
      connection: text(),
      job: text(),
      product: text(),
      products: json().$type<readonly Product[]>().notNull(),
      micros: integer().notNull(),
    },
    (t) => [
      index('invoice_lines_unit').on(t.invoiceId, t.tenantId, t.unit, t.at, t.id),
      index('invoice_lines_scan').on(t.invoiceId, t.tenantId, t.id),
    ],
  );

export const repairTable = ({ table, index, text, integer, json }: ColumnKit) =>
  table(
    'repairs',
    {
      id: text().$type<RepairId>().primaryKey(),
      tenantId: text().$type<TenantId>().notNull(),
      auditId: text().$type<AuditId>().notNull(),
      findingId: text().$type<FindingId>().notNull(),
      check: text().notNull(),
      what: text().notNull(),
      before: json().$type<Readonly<Record<string, unknown>>>().notNull(),
      after: json().$type<Readonly<Record<string, unknown>>>().notNull(),
      by: text().notNull(),
      at: integer().notNull(),
    },
    (t) => [index('repairs_page').on(t.tenantId, t.auditId, t.id)],
  );

import type { Connection, Invoice, InvoiceLine, LedgerEntry } from '@freshet/domain';
import type { Page, ReadParams } from '@freshet/ports';
import { and, asc, desc, eq, gt, lt, sql, type Column, type SQL } from 'drizzle-orm';
import { ledger } from '../schema/conditions.js';
import { selecting, variants } from '../statement.js';
import { all, allOf, first, recordColumns, value, type Readers, type Schema } from './reader.js';

const inTenant = (table: { readonly tenantId: Column; readonly id: Column }): SQL | undefined =>
  and(eq(table.id, value('id')), eq(table.tenantId, value('tenantId')));

const pageOf = (table: { readonly tenantId: Column; readonly id: Column }, { before }: Page): SQL | undefined =>
  and(eq(table.tenantId, value('tenantId')), before === null ? undefined : lt(table.id, value('before')));

const byFirstPage = ({ before }: Pick<Page, 'before'>): string => String(before === null);

const lineReaders = ({ db, tables: { invoiceLine: line } }: Schema) => {
  const ofInvoice = and(eq(line.invoiceId, value('invoiceId')), eq(line.tenantId, value('tenantId')));
  return {
    invoiceLines: all<ReadParams<'invoiceLines'>, InvoiceLine>(
      selecting(
        db
          .select()
          .from(line)
          .where(and(ofInvoice, eq(line.unit, value('unit'))))
          .orderBy(asc(line.at), asc(line.id))
          .limit(value('limit')),
      ),
    ),
    invoiceUnitsScan: all<ReadParams<'invoiceUnitsScan'>, { readonly unit: string }>(
      selecting(
        db
          .selectDistinct({ unit: line.unit })
          .from(line)
          .where(and(ofInvoice, gt(line.unit, value('after'))))
          .orderBy(asc(line.unit))
          .limit(value('limit')),
      ),
    ),
    invoiceLinesScan: all<ReadParams<'invoiceLinesScan'>, InvoiceLine>(
      selecting(
        db
          .select()
          .from(line)
          .where(and(ofInvoice, gt(line.id, value('after'))))
          .orderBy(asc(line.id))
          .limit(value('limit')),
      ),
    ),
  };
};

const chargeReaders = ({ db, tables: { ledgerEntry: entry } }: Schema) => ({
  ledgerOfConnection: all<ReadParams<'ledgerOfConnection'>, LedgerEntry>(
    selecting(
      db
        .select(recordColumns(entry))
        .from(entry)
        .where(
          and(
            eq(entry.tenantId, value('tenantId')),
            eq(entry.connectionId, value('connectionId')),
            // Spelled so that no index of the tenant's by time is taken for the connection's own: its entries are few.
            sql`+${entry.at} >= ${value('from')}`,
            sql`+${entry.at} < ${value('until')}`,
          ),
        )
        .orderBy(asc(entry.at), asc(entry.id))
        .limit(value('limit')),
    ),
  ),
  chargesScan: all<ReadParams<'chargesScan'>, LedgerEntry>(
    selecting(
      db
        .select(recordColumns(entry))
        .from(entry)
        .where(
          and(
            eq(entry.tenantId, value('tenantId')),
            ledger.owed(entry),
            lt(entry.at, value('until')),
            sql`(${entry.at}, ${entry.id}) > (${value('at')}, ${value('after')})`,
          ),
        )
        .orderBy(asc(entry.at), asc(entry.id))
        .limit(value('limit')),
    ),
  ),
});

type OfInvoices =
  | 'connectionsByProviderId'
  | 'finding'
  | 'repairsPage'
  | 'invoice'
  | 'invoiceByHash'
  | 'invoicesPage'
  | 'invoicesScan'
  | 'invoiceLines'
  | 'invoiceUnitsScan'
  | 'invoiceLinesScan'
  | 'ledgerOfConnection'
  | 'chargesScan';

const connectionsByProviderId = ({ db, tables: { connection } }: Schema) =>
  all<ReadParams<'connectionsByProviderId'>, Connection>(
    selecting(
      db
        .select()
        .from(connection)
        .where(
          and(
            eq(connection.tenantId, value('tenantId')),
            eq(connection.providerConnectionId, value('providerConnectionId')),
            eq(connection.connector, value('connector')),
          ),
        )
        .orderBy(asc(connection.id))
        .limit(value('limit')),
    ),
  );

/** What providers billed, what stands against it, and what was repaired of what was found. */
export const invoiceReaders = (schema: Schema): Readers<OfInvoices> => {
  const { db, tables } = schema;
  const { invoice, finding, repair } = tables;
  return {
    connectionsByProviderId: connectionsByProviderId(schema),
    finding: first(selecting(db.select().from(finding).where(inTenant(finding)))),
    repairsPage: allOf({
      statement: variants(byFirstPage, (page: ReadParams<'repairsPage'>) =>
        selecting(
          db
            .select()
            .from(repair)
            .where(and(pageOf(repair, page), eq(repair.auditId, value('auditId'))))
            .orderBy(desc(repair.id))
            .limit(value('limit')),
        ),
      ),
    }),
    invoice: first(selecting(db.select().from(invoice).where(inTenant(invoice)))),
    invoiceByHash: first(
      selecting(
        db
          .select()
          .from(invoice)
          .where(and(eq(invoice.tenantId, value('tenantId')), eq(invoice.hash, value('hash')))),
      ),
    ),
    invoicesPage: allOf({
      statement: variants(byFirstPage, (page: Page) =>
        selecting(
          db.select().from(invoice).where(pageOf(invoice, page)).orderBy(desc(invoice.id)).limit(value('limit')),
        ),
      ),
    }),
    invoicesScan: all<ReadParams<'invoicesScan'>, Invoice>(
      selecting(
        db
          .select()
          .from(invoice)
          .where(and(eq(invoice.tenantId, value('tenantId')), gt(invoice.id, value('after'))))
          .orderBy(asc(invoice.id))
          .limit(value('limit')),
      ),
    ),
    ...lineReaders(schema),
    ...chargeReaders(schema),
  };
};

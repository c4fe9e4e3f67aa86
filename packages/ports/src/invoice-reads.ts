import type {
  AuditId,
  Connection,
  ConnectionId,
  ConnectorName,
  Finding,
  FindingId,
  Instant,
  Invoice,
  InvoiceId,
  InvoiceLine,
  LedgerEntry,
  Repair,
  TenantId,
} from '@freshet/domain';
import type { Page } from './pages.js';
import type { InTenant, Read } from './read.js';

/** What providers billed, what stands against it, and what was repaired of what was found. */
export interface InvoiceReads {
  /** Those that are this at their provider, deleted ones too, by id. */
  readonly connectionsByProviderId: Read<
    {
      readonly tenantId: TenantId;
      readonly connector: ConnectorName;
      readonly providerConnectionId: string;
      readonly limit: number;
    },
    readonly Connection[]
  >;
  /** What moved for one connection from (inclusive) until (exclusive) then, by time and id. */
  readonly ledgerOfConnection: Read<
    {
      readonly tenantId: TenantId;
      readonly connectionId: ConnectionId;
      readonly from: Instant;
      readonly until: Instant;
      readonly limit: number;
    },
    readonly LedgerEntry[]
  >;
  readonly finding: Read<InTenant<FindingId>, Finding | null>;
  readonly invoice: Read<InTenant<InvoiceId>, Invoice | null>;
  readonly invoiceByHash: Read<{ readonly tenantId: TenantId; readonly hash: string }, Invoice | null>;
  /** The lines of one unit by their time, then by their place in the file. */
  readonly invoiceLines: Read<
    { readonly tenantId: TenantId; readonly invoiceId: InvoiceId; readonly unit: string; readonly limit: number },
    readonly InvoiceLine[]
  >;
  readonly repairsPage: Read<Page & { readonly auditId: AuditId }, readonly Repair[]>;
  readonly invoicesPage: Read<Page, readonly Invoice[]>;
  /** Money that was charged or lost sight of, by its time, then its id: what is behind that one and before `until`. */
  readonly chargesScan: Read<
    {
      readonly tenantId: TenantId;
      readonly at: Instant;
      readonly after: string;
      readonly until: Instant;
      readonly limit: number;
    },
    readonly LedgerEntry[]
  >;
  readonly invoicesScan: Read<
    { readonly tenantId: TenantId; readonly after: string; readonly limit: number },
    readonly Invoice[]
  >;
  /** The units of an invoice's lines, each once. */
  readonly invoiceUnitsScan: Read<
    { readonly tenantId: TenantId; readonly invoiceId: InvoiceId; readonly after: string; readonly limit: number },
    readonly { readonly unit: string }[]
  >;
  readonly invoiceLinesScan: Read<
    { readonly tenantId: TenantId; readonly invoiceId: InvoiceId; readonly after: string; readonly limit: number },
    readonly InvoiceLine[]
  >;
}

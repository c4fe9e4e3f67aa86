import type { ConnectorName, ProviderName } from './connection.js';
import type { InvoiceId, TenantId } from './ids.js';
import type { Product } from './products.js';
import type { DurationMs, Instant } from './time.js';

/** Where in the file stands what; null: nowhere. Names are those of its header. */
export interface InvoiceColumns {
  readonly time: string;
  readonly amount: string;
  readonly connection: string | null;
  readonly job: string | null;
  readonly product: string | null;
  readonly currency: string | null;
}

/** What a provider billed in a stretch of time, as its file says it. */
export interface Invoice {
  readonly id: InvoiceId;
  readonly tenantId: TenantId;
  /** Whose invoice it is: whom we call. */
  readonly connector: ConnectorName;
  /** Null: of every provider behind the connector. */
  readonly provider: ProviderName | null;
  readonly currency: string;
  /** From (inclusive) and until (exclusive). */
  readonly from: Instant;
  readonly until: Instant;
  /** Of times that have no offset of their own. */
  readonly timeZone: string;
  readonly columns: InvoiceColumns;
  /** What the connection's column holds. */
  readonly namesBy: 'externalId' | 'providerConnectionId';
  /** A line may be so far from the refresh that it bills. */
  readonly toleranceMs: DurationMs;
  /** Of the file's bytes: the same file is one invoice. */
  readonly hash: string;
  /** Those that are compared, and those whose product does not count. */
  readonly lineCount: number;
  readonly leftOut: number;
  readonly totalMicros: number;
  /** `importing`, `removing`: some of its lines are not there (yet, or any more), and it is not compared. */
  readonly state: 'importing' | 'ready' | 'removing';
  readonly importedAt: Instant;
}

/** One line of an invoice that counts. */
export interface InvoiceLine {
  /** `<invoice>/<line of the file>`: importing it again writes it over. */
  readonly id: string;
  readonly tenantId: TenantId;
  readonly invoiceId: InvoiceId;
  /** In the file, where the header is line 1. */
  readonly line: number;
  /**
   * What may be billed by one of several lines is of one unit: `connection <reference>`; without that, `job <id>`;
   * without both, each line alone.
   */
  readonly unit: string;
  /** When it was used: a moment, or from then until the end of a day. */
  readonly at: Instant;
  readonly until: Instant;
  readonly connection: string | null;
  readonly job: string | null;
  readonly product: string | null;
  /** What its product is in our words; empty: any. */
  readonly products: readonly Product[];
  readonly micros: number;
}

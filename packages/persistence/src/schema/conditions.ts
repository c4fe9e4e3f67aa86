import { openTaskStates } from '@freshet/domain';
import { sql, type Column, type SQL } from 'drizzle-orm';

/*
 * Conditions of partial indexes, and of the reads that use them. A database takes a partial index only where the
 * query repeats its condition, so both come from here; literals, because a parameter would prove nothing.
 */

const DELETED = sql.raw(`'DELETED'`);
const OPEN = sql.raw(openTaskStates.map((state) => `'${state}'`).join(', '));

export const living = {
  any: (t: { readonly status: Column }): SQL => sql`${t.status} <> ${DELETED}`,
  active: (t: { readonly status: Column; readonly active: Column }): SQL =>
    sql`${t.active} and ${t.status} <> ${DELETED}`,
  /** Data is expected of it: its connect is complete, and it has not ended. */
  awaited: (t: { readonly status: Column }): SQL => sql`${t.status} not in ('IN_PROGRESS', 'EXPIRED', 'DELETED')`,
  /** It has a consent whose end would change something: it is the one that is kept up, and still works. */
  consenting: (t: { readonly status: Column; readonly active: Column; readonly consentExpiresAt: Column }): SQL =>
    sql`${t.consentExpiresAt} is not null and ${t.active} and ${t.status} in ('ACTIVE', 'PARTIALLY_ACTIVE', 'DEGRADED', 'UNDETERMINED')`,
  connecting: (t: { readonly status: Column }): SQL => sql`${t.status} = 'IN_PROGRESS'`,
};

export const tasks = {
  open: (t: { readonly state: Column }): SQL => sql`${t.state} in (${OPEN})`,
};

export const pulls = {
  reserved: (t: { readonly state: Column }): SQL => sql`${t.state} = 'reserved'`,
  forced: (t: { readonly origin: Column }): SQL => sql`${t.origin} = 'forced'`,
};

export const ledger = {
  reserved: (t: { readonly kind: Column }): SQL => sql`${t.kind} = 'reserved'`,
  /** Money that is owed, or may be. */
  owed: (t: { readonly kind: Column }): SQL => sql`${t.kind} in ('charged', 'uncertain')`,
};

export const audits = {
  queued: (t: { readonly state: Column }): SQL => sql`${t.state} = 'queued'`,
  done: (t: { readonly state: Column }): SQL => sql`${t.state} = 'done'`,
};

/** Spelled as a condition of an index, where a builder's `isNotNull` would be wrapped in brackets. */
export const present = (column: Column): SQL => sql`${column} is not null`;

import type { ConnectionRates, LimitDemand, PostingProfile, TenantId } from '@freshet/domain';
import type { ColumnKit } from '../sqlite/columns.js';

export const connectionRatesTable = ({ table, text, integer, real, json }: ColumnKit) =>
  table('connection_rates', {
    id: text().primaryKey(),
    tenantId: text().$type<TenantId>().notNull(),
    groupKey: text().notNull(),
    provider: text().notNull(),
    changes: json().$type<ConnectionRates['changes']>().notNull(),
    reads: json().$type<ConnectionRates['reads']>().notNull(),
    told: json().$type<ConnectionRates['told']>().notNull(),
    words: json().$type<ConnectionRates['words']>().notNull(),
    forced: json().$type<ConnectionRates['forced']>().notNull(),
    toldAt: integer(),
    changesPerDay: json().$type<ConnectionRates['changesPerDay']>().notNull(),
    readsPerDay: real().notNull(),
    at: integer().notNull(),
  } satisfies Record<keyof ConnectionRates, unknown>);

export const postingProfileTable = ({ table, text, integer, json }: ColumnKit) =>
  table('posting_profiles', {
    id: text().primaryKey(),
    tenantId: text().$type<TenantId>().notNull(),
    provider: text().notNull(),
    hours: json().$type<readonly number[]>().notNull(),
    intervals: integer().notNull(),
    at: integer().notNull(),
  } satisfies Record<keyof PostingProfile, unknown>);

export const limitDemandTable = ({ table, text, integer, real }: ColumnKit) =>
  table('limit_demands', {
    id: text().primaryKey(),
    tenantId: text().$type<TenantId>().notNull(),
    provider: text().notNull(),
    limit: text().notNull(),
    perWindow: real().notNull(),
    worth: real().notNull(),
    at: integer().notNull(),
  } satisfies Record<keyof LimitDemand, unknown>);

import type { ChainLink, RecordName, Records } from '@freshet/domain';
import type { ColumnKit } from '../sqlite/columns.js';
import { connectionTable, statusChangeTable } from './connection-tables.js';
import { invoiceLineTable, invoiceTable, repairTable } from './invoice-tables.js';
import {
  apiKeyTable,
  auditFiguresTable,
  auditTable,
  findingTable,
  idempotencyTable,
  jobRunTable,
  policyArchiveTable,
  settingTable,
  webhookTable,
} from './operation-tables.js';
import { statusLookTable, tokenRenewalTable } from './permit-tables.js';
import {
  breakerTable,
  budgetAlertTable,
  budgetCounterTable,
  closureTable,
  ledgerEntryTable,
  pullTable,
} from './pull-tables.js';
import { connectionRatesTable, limitDemandTable, postingProfileTable } from './rates-tables.js';
import { keptSweepTable, pullPlanTable } from './sweep-tables.js';
import { decisionTable, taskTable } from './task-tables.js';
import { backgroundWatchTable, feedTable } from './watch-tables.js';

/** A table for each record, in the columns of one database. */
export const defineTables = (kit: ColumnKit) => ({
  connection: connectionTable(kit),
  statusChange: statusChangeTable(kit),
  task: taskTable(kit),
  pull: pullTable(kit),
  decision: decisionTable(kit),
  ledgerEntry: ledgerEntryTable(kit),
  budgetCounter: budgetCounterTable(kit),
  budgetAlert: budgetAlertTable(kit),
  closure: closureTable(kit),
  breaker: breakerTable(kit),
  connectionRates: connectionRatesTable(kit),
  limitDemand: limitDemandTable(kit),
  postingProfile: postingProfileTable(kit),
  pullPlan: pullPlanTable(kit),
  backgroundWatch: backgroundWatchTable(kit),
  feed: feedTable(kit),
  keptSweep: keptSweepTable(kit),
  statusLook: statusLookTable(kit),
  tokenRenewal: tokenRenewalTable(kit),
  webhook: webhookTable(kit),
  idempotency: idempotencyTable(kit),
  audit: auditTable(kit),
  finding: findingTable(kit),
  auditFigures: auditFiguresTable(kit),
  repair: repairTable(kit),
  invoice: invoiceTable(kit),
  invoiceLine: invoiceLineTable(kit),
  jobRun: jobRunTable(kit),
  policyArchive: policyArchiveTable(kit),
  apiKey: apiKeyTable(kit),
  setting: settingTable(kit),
});

/** Typed as SQLite's: another database's tables have the same columns by another kit. */
export type Tables = ReturnType<typeof defineTables>;

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Differing = {
  [Name in RecordName]: Same<Omit<Tables[Name]['$inferSelect'], keyof ChainLink>, Records[Name]> extends true
    ? never
    : Name;
}[RecordName];

/** Does not compile where a table's row is not exactly its record, apart from what a store keeps with the rows of a chain. */
export const everyTableIsItsRecord: [Differing] extends [never] ? true : Differing = true;

export { defineChainTables, type ChainTables } from './chain-tables.js';

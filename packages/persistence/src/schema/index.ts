import type { RecordName, Records } from '@freshet/domain';
import type { ColumnKit } from '../sqlite/columns.js';
import { connectionTable, statusChangeTable } from './connection-tables.js';
import {
  apiKeyTable,
  auditTable,
  findingTable,
  idempotencyTable,
  jobRunTable,
  policyArchiveTable,
  settingTable,
  webhookTable,
} from './operation-tables.js';
import { pullPlanTable, statusLookTable, tokenRenewalTable } from './permit-tables.js';
import {
  breakerTable,
  budgetAlertTable,
  budgetCounterTable,
  closureTable,
  ledgerEntryTable,
  pullTable,
} from './pull-tables.js';
import { connectionRatesTable, limitDemandTable, postingProfileTable } from './rates-tables.js';
import { decisionTable, taskTable } from './task-tables.js';

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
  statusLook: statusLookTable(kit),
  tokenRenewal: tokenRenewalTable(kit),
  webhook: webhookTable(kit),
  idempotency: idempotencyTable(kit),
  audit: auditTable(kit),
  finding: findingTable(kit),
  jobRun: jobRunTable(kit),
  policyArchive: policyArchiveTable(kit),
  apiKey: apiKeyTable(kit),
  setting: settingTable(kit),
});

/** Typed as SQLite's: another database's tables have the same columns by another kit. */
export type Tables = ReturnType<typeof defineTables>;

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Differing = {
  [Name in RecordName]: Same<Tables[Name]['$inferSelect'], Records[Name]> extends true ? never : Name;
}[RecordName];

/** Does not compile where a table's row is not exactly its record. */
export const everyTableIsItsRecord: [Differing] extends [never] ? true : Differing = true;

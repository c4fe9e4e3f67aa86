import { defineChainTables, defineTables } from '../schema/index.js';
import { sqliteColumns } from './columns.js';

export const sqliteTables = defineTables(sqliteColumns);
export const sqliteChainTables = defineChainTables(sqliteColumns);

// drizzle-kit looks for tables among the exports.
export const {
  connection,
  statusChange,
  task,
  pull,
  decision,
  ledgerEntry,
  budgetCounter,
  budgetAlert,
  closure,
  breaker,
  connectionRates,
  limitDemand,
  postingProfile,
  pullPlan,
  backgroundWatch,
  feed,
  keptSweep,
  statusLook,
  tokenRenewal,
  webhook,
  idempotency,
  audit,
  finding,
  auditFigures,
  repair,
  invoice,
  invoiceLine,
  jobRun,
  policyArchive,
  apiKey,
  setting,
} = sqliteTables;
export const { chainHead, chainCheckpoint } = sqliteChainTables;

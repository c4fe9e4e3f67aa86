import { defineTables } from '../schema/index.js';
import { sqliteColumns } from './columns.js';

export const sqliteTables = defineTables(sqliteColumns);

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
  statusLook,
  tokenRenewal,
  webhook,
  idempotency,
  audit,
  finding,
  jobRun,
  policyArchive,
  apiKey,
  setting,
} = sqliteTables;

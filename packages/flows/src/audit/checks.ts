import type { Check } from './check.js';
import { billedTwins } from './billed-twins.js';
import { brokenWindows } from './broken-windows.js';
import { budgets } from './budgets.js';
import { consentsEnding } from './consents-ending.js';
import { decisionsReproduce } from './decisions-reproduce.js';
import { drift } from './drift.js';
import { duplicateGroups } from './duplicate-groups.js';
import { entriesWithoutTask } from './entries-without-task.js';
import { hashChains } from './hash-chains.js';
import { lateConnections } from './late-connections.js';
import { ledgerAgainstInvoices } from './ledger-against-invoices.js';
import { ledgerAgainstTasks } from './ledger-against-tasks.js';
import { statusHistories } from './status-histories.js';
import { stuckTasks } from './stuck-tasks.js';
import { wastedPulls } from './wasted-pulls.js';

/** Every question of the audit, in the order in which they are asked and reported. */
export const auditChecks: readonly Check[] = [
  duplicateGroups,
  statusHistories,
  stuckTasks,
  ledgerAgainstTasks,
  entriesWithoutTask,
  ledgerAgainstInvoices,
  decisionsReproduce,
  hashChains,
  wastedPulls,
  brokenWindows,
  budgets,
  billedTwins,
  lateConnections,
  consentsEnding,
  drift,
];

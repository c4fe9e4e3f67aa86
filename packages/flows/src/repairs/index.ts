export {
  MOST_REPAIRED,
  repairFindings,
  type RepairedFinding,
  type RepairFindingsResult,
  type RepairsAsked,
} from './repair-findings.js';
export { isRepairable, repairRules, type RepairRule } from './repair-table.js';

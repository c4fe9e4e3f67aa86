import { severities } from '@freshet/domain';
import type { AuditRun, Finding, Severity } from '@freshet/domain';
import { auditChecks, countKey, isRepairable } from '@freshet/flows';
import { toInstant, toInstantOrNull, toMoney, toMoneyOrNull } from '../http/wire.js';
import type { AuditView, FindingView } from './audit.schemas.js';

export type SeverityCounts = Readonly<Record<Severity, number>>;

/** Names of the checks that the run asked: those of this version first, in their order. */
export const checksOf = ({ examined }: AuditRun): readonly string[] => {
  const known = auditChecks.map(({ name }) => name).filter((name) => name in examined);
  return [...known, ...Object.keys(examined).filter((name) => !known.includes(name))];
};

export const questionOf = (check: string): string => auditChecks.find(({ name }) => name === check)?.question ?? '';

const countsBy = (count: (severity: Severity) => number): SeverityCounts => ({
  critical: count('critical'),
  warning: count('warning'),
  info: count('info'),
});

export const countsOf = ({ counts }: AuditRun, check: string): SeverityCounts =>
  countsBy((severity) => counts[countKey(check, severity)] ?? 0);

export const countsOfAll = (run: AuditRun): SeverityCounts =>
  countsBy((severity) => checksOf(run).reduce((total, check) => total + countsOf(run, check)[severity], 0));

export const totalOf = (counts: SeverityCounts): number =>
  severities.reduce((total, severity) => total + counts[severity], 0);

/** An audit as the API shows it. */
export const showAudit = (run: AuditRun): AuditView => ({
  id: run.id,
  trigger: run.trigger,
  state: run.state,
  requestedAt: toInstant(run.requestedAt),
  startedAt: toInstantOrNull(run.startedAt),
  endedAt: toInstantOrNull(run.endedAt),
  findings: totalOf(countsOfAll(run)),
  counts: {
    bySeverity: countsOfAll(run),
    byCheck: Object.fromEntries(checksOf(run).map((check) => [check, countsOf(run, check)])),
  },
  examined: run.examined,
  money: run.money.map(toMoney),
  error: run.error,
});

/** A finding as the API shows it. */
export const showFinding = (finding: Finding): FindingView => ({
  id: finding.id,
  auditId: finding.auditId,
  check: finding.check,
  severity: finding.severity,
  connectionId: finding.connectionId,
  summary: finding.summary,
  action: finding.action,
  money: toMoneyOrNull(finding.money),
  evidence: finding.evidence,
  repairable: isRepairable(finding),
  repairedAt: toInstantOrNull(finding.repairedAt),
  at: toInstant(finding.at),
});

import { formatAmount, severities } from '@freshet/domain';
import type { AuditRun, Finding, Severity } from '@freshet/domain';
import { auditChecks, countKey, isRepairable, type FiguresReport } from '@freshet/flows';
import { toInstant, toInstantOrNull, toMoney, toMoneyOrNull } from '../http/wire.js';
import type { AuditView, AuditWithFiguresView, FindingView } from './audit.schemas.js';
import { showFigures } from './figures-view.js';
import { differenceOf, isNew, moneySince } from './since-view.js';

export type SeverityCounts = Readonly<Record<Severity, number>>;

/** Names of the checks that the run asked: those of this version first, in their order. */
export const checksOf = ({ examined }: Pick<AuditRun, 'examined'>): readonly string[] => {
  const known = auditChecks.map(({ name }) => name).filter((name) => name in examined);
  return [...known, ...Object.keys(examined).filter((name) => !known.includes(name))];
};

/** Checks of this version that the run leaves out: it was made by another one, or by the command, which has no connectors. */
export const notAskedOf = ({ examined }: Pick<AuditRun, 'examined'>): readonly string[] =>
  auditChecks.map(({ name }) => name).filter((name) => !(name in examined));

export const questionOf = (check: string): string => auditChecks.find(({ name }) => name === check)?.question ?? '';

const countsBy = (count: (severity: Severity) => number): SeverityCounts => ({
  critical: count('critical'),
  warning: count('warning'),
  info: count('info'),
});

export const countsOf = ({ counts }: Pick<AuditRun, 'counts'>, check: string): SeverityCounts =>
  countsBy((severity) => counts[countKey(check, severity)] ?? 0);

export const countsOfAll = (run: AuditRun): SeverityCounts =>
  countsBy((severity) => checksOf(run).reduce((total, check) => total + countsOf(run, check)[severity], 0));

export const totalOf = (counts: SeverityCounts): number =>
  severities.reduce((total, severity) => total + counts[severity], 0);

const showSince = (run: AuditRun): AuditView['since'] => {
  const { since } = run;
  if (since === null) return null;
  const of = (checks: readonly string[]) => {
    const { added, gone, stayed } = differenceOf(run, checks) ?? { added: 0, gone: 0, stayed: 0 };
    return { new: added, gone, stayed };
  };
  return {
    auditId: since.auditId,
    requestedAt: toInstant(since.requestedAt),
    ...of(since.checks),
    byCheck: Object.fromEntries(since.checks.map((check) => [check, of([check])])),
    money: moneySince(run).map(({ currency, thenMicros, nowMicros }) => ({
      currency,
      then: formatAmount(thenMicros),
      now: formatAmount(nowMicros),
    })),
  };
};

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
  notAsked: [...notAskedOf(run)],
  money: run.money.map(toMoney),
  since: showSince(run),
  digests: run.digests,
  error: run.error,
});

/** The same with what it added up. */
export const showAuditWithFigures = (run: AuditRun, figures: FiguresReport | null): AuditWithFiguresView => ({
  ...showAudit(run),
  figures: figures === null ? null : showFigures(figures),
});

/** A finding as the API shows it; without the run that found it nothing is said of whether it is new. */
export const showFinding = (run: AuditRun | null, finding: Finding): FindingView => ({
  id: finding.id,
  auditId: finding.auditId,
  check: finding.check,
  key: finding.key,
  severity: finding.severity,
  connectionId: finding.connectionId,
  summary: finding.summary,
  action: finding.action,
  money: toMoneyOrNull(finding.money),
  evidence: finding.evidence,
  repairable: isRepairable(finding),
  repairedAt: toInstantOrNull(finding.repairedAt),
  at: toInstant(finding.at),
  firstSeenAt: toInstant(finding.firstSeenAt),
  isNew: run === null ? null : isNew(run, finding),
});

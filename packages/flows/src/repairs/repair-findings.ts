import type { AuditId, Finding, FindingId, Repair, TenantId } from '@freshet/domain';
import type { Engine } from '../engine.js';
import type { Attempt, Repairing } from './recorded.js';
import { isRepairable, repairRules, stepsFor, type RepairStep } from './repair-table.js';

/** So many findings at a time: each may ask a provider, one after the other. */
export const MOST_REPAIRED = 50;

/** Which of an audit's: these, or those of a check that have a repair and had none yet. */
export type RepairsAsked =
  | { readonly findings: readonly FindingId[]; readonly check?: never }
  | { readonly check: string; readonly findings?: never };

export interface RepairedFinding {
  readonly findingId: FindingId;
  readonly result: Attempt['kind'];
  /** Why nothing was done; null where something was. */
  readonly why: string | null;
  readonly repairs: readonly Repair[];
}

export type RepairFindingsResult =
  | { readonly kind: 'not-found'; readonly what: 'audit' | 'finding' }
  /** The audit is not over: it may still find, and what it has found may be half of it. */
  | { readonly kind: 'running' }
  /** `more`: there are others of the check. */
  | { readonly kind: 'done'; readonly findings: readonly RepairedFinding[]; readonly more: boolean };

const PAGE_SIZE = 200;

interface Chosen {
  readonly findings: readonly Finding[];
  readonly more: boolean;
}

async function* findingsOfCheck(engine: Engine, tenantId: TenantId, auditId: AuditId, check: string) {
  for (let before: string | null = null; ;) {
    const asked = { tenantId, auditId, check, before, limit: PAGE_SIZE };
    const page: readonly Finding[] = await engine.store.read('findingsPage', asked);
    yield* page;
    if (page.length < PAGE_SIZE) return;
    before = page.at(-1)?.id ?? null;
  }
}

/** Undefined: one of those named is none of this audit's. */
const choose = async (
  engine: Engine,
  tenantId: TenantId,
  auditId: AuditId,
  asked: RepairsAsked,
): Promise<Chosen | undefined> => {
  const findings: Finding[] = [];
  if (asked.findings !== undefined) {
    for (const id of new Set(asked.findings)) {
      const finding = await engine.store.read('finding', { tenantId, id });
      if (finding?.auditId !== auditId) return undefined;
      findings.push(finding);
    }
    return { findings, more: false };
  }
  for await (const finding of findingsOfCheck(engine, tenantId, auditId, asked.check)) {
    if (!isRepairable(finding) || finding.repairedAt !== null) continue;
    if (findings.length === MOST_REPAIRED) return { findings, more: true };
    findings.push(finding);
  }
  return { findings, more: false };
};

const attempted = async (repairing: Repairing, steps: readonly RepairStep[]): Promise<readonly Attempt[]> => {
  const attempts: Attempt[] = [];
  for (const step of steps) attempts.push(...[await step(repairing)].flat());
  return attempts;
};

/** A finding is repaired where anything of it was; where nothing could be, the first reason says why. */
const resultOf = ({ id, check }: Finding, attempts: readonly Attempt[]): RepairedFinding => {
  const repairs = attempts.flatMap((attempt) => (attempt.kind === 'repaired' ? [attempt.repair] : []));
  if (repairs.length > 0) return { findingId: id, result: 'repaired', why: null, repairs };
  const refused = attempts.find((attempt) => attempt.kind === 'not-repairable');
  if (refused !== undefined) return { findingId: id, result: 'not-repairable', why: refused.why, repairs };
  if (attempts.length > 0) return { findingId: id, result: 'already-right', why: null, repairs };
  const why = repairRules[check]?.why ?? 'This version knows no repair of it.';
  return { findingId: id, result: 'not-repairable', why, repairs };
};

/**
 * Repairs what an audit found, where that is safe, one finding after the other: each in a turn of its own that looks again
 * first. Whatever is done twice is done once.
 */
export const repairFindings = async (
  engine: Engine,
  tenantId: TenantId,
  auditId: AuditId,
  asked: RepairsAsked,
  by: string,
): Promise<RepairFindingsResult> => {
  const run = await engine.store.read('audit', { tenantId, id: auditId });
  if (run === null) return { kind: 'not-found', what: 'audit' };
  if (run.state === 'queued' || run.state === 'running') return { kind: 'running' };
  const chosen = await choose(engine, tenantId, auditId, asked);
  if (chosen === undefined) return { kind: 'not-found', what: 'finding' };
  const repaired: RepairedFinding[] = [];
  for (const finding of chosen.findings) {
    repaired.push(resultOf(finding, await attempted({ engine, finding, by }, stepsFor(finding))));
  }
  return { kind: 'done', findings: repaired, more: chosen.more };
};

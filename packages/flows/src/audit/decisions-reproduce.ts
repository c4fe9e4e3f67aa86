import { formatInstant, plainAmount } from '@freshet/domain';
import type { Decision, DecisionRecord, Instant, Money, PolicyArchive, RefreshFacts } from '@freshet/domain';
import { decideRefresh, type PolicyBook } from '@freshet/policy';
import { read, type Loader } from '@freshet/ports';
import { inEachCurrency, plusCost, type Amounts } from './amounts.js';
import { defineSummary, type AuditPlace, type Found } from './check.js';
import type { AuditRules } from './rules.js';
import { sameValues } from './same-values.js';

/** What is wrong with a decision, the worst first. */
const faults = ['undecidable', 'verdict', 'cost', 'reasons', 'rest', 'archive-unreadable', 'not-archived'] as const;
export type DecisionFault = (typeof faults)[number];

interface Example {
  readonly decisionId: string;
  readonly connectionId: DecisionRecord['connectionId'];
  readonly decidedAt: string;
  readonly was: string;
  readonly is: string | null;
}

/** A decision, and what became of it when it was made again. */
export interface DecidedAgain {
  readonly record: Pick<DecisionRecord, 'id' | 'policyVersion' | 'decidedAt' | 'connectionId'>;
  /** Null: it is the same. */
  readonly fault: { readonly kind: DecisionFault; readonly example: Example; readonly atStake: Money | null } | null;
}

const decideAgain = ({ facts, request, tenantId, connectionId }: DecisionRecord, book: PolicyBook): Decision => {
  const seen = facts as RefreshFacts;
  const { connector, provider, institutionId } = seen.asked;
  const policy = book.policyFor({ tenantId, connector, provider, institutionId, connectionId });
  return decideRefresh(seen, request, policy);
};

const fieldsOf = {
  verdict: ['verdict', 'refusal', 'taskId', 'promotes'],
  cost: ['cost'],
  reasons: ['reasons'],
} as const satisfies Partial<Record<DecisionFault, readonly (keyof Decision)[]>>;

const differing = ({ verdict, decision: was }: DecisionRecord, is: Decision): DecisionFault | null => {
  if (verdict !== was.verdict) return 'verdict';
  // Nearly always: looked at field by field only where it is not so.
  if (sameValues(was, is)) return null;
  const isFault = (fault: keyof typeof fieldsOf): boolean =>
    fieldsOf[fault].some((field) => !sameValues(was[field] ?? null, is[field]));
  return (['verdict', 'cost', 'reasons'] as const).find(isFault) ?? 'rest';
};

const spentBy = (decision: Decision): Money | null => (decision.verdict === 'force' ? decision.cost : null);

/** What it spent that it would not spend, or the other way round. */
const stakeOf = (was: Decision, is: Decision, kind: DecisionFault): Money | null => {
  if (kind !== 'verdict' && kind !== 'cost') return null;
  const [spent, due] = [spentBy(was), spentBy(is)];
  if (spent === null || due === null || spent.currency !== due.currency) return spent ?? due;
  return { micros: Math.abs(spent.micros - due.micros), currency: spent.currency };
};

const said = ({ verdict, refusal, cost, reasons }: Decision, kind: DecisionFault): string => {
  const spent = cost === null ? '' : ` for ${plainAmount(cost.micros)} ${cost.currency}`;
  const why = kind === 'reasons' || kind === 'rest' ? `: ${reasons.map(({ code }) => code).join(', ')}` : '';
  return `${verdict}${refusal === null ? '' : ` (${refusal})`}${spent}${why}`;
};

const faulty = (record: DecisionRecord, kind: DecisionFault, again: Decision | null): DecidedAgain['fault'] => ({
  kind,
  example: {
    decisionId: record.id,
    connectionId: record.connectionId,
    decidedAt: formatInstant(record.decidedAt),
    was: again === null ? record.verdict : said(record.decision, kind),
    is: again === null ? null : said(again, kind),
  },
  atStake: again === null ? null : stakeOf(record.decision, again, kind),
});

/** Facts and answers that somebody wrote over may be anything at all. */
const compared = (record: DecisionRecord, book: PolicyBook): DecidedAgain['fault'] => {
  try {
    const again = decideAgain(record, book);
    const kind = differing(record, again);
    return kind === null ? null : faulty(record, kind, again);
  } catch {
    return faulty(record, 'undecidable', null);
  }
};

const judged = (record: DecisionRecord, archive: PolicyArchive | null, rules: AuditRules): DecidedAgain => {
  const { id, policyVersion, decidedAt, connectionId } = record;
  const named = { id, policyVersion, decidedAt, connectionId };
  if (archive === null) return { record: named, fault: faulty(record, 'not-archived', null) };
  const book = rules.archived(archive);
  if (book === null) return { record: named, fault: faulty(record, 'archive-unreadable', null) };
  return { record: named, fault: compared(record, book) };
};

/** A page's decisions are of one version, or of two where the policy changed between them. */
function* decisions({ tenantId, after, limit }: AuditPlace, rules: AuditRules): Loader<readonly DecidedAgain[]> {
  const page = yield* read('decisionsScan', { tenantId, after, limit });
  const archives = new Map<string, PolicyArchive | null>();
  for (const id of new Set(page.map(({ policyVersion }) => policyVersion))) {
    archives.set(id, yield* read('policyArchive', { id }));
  }
  return page.map((record) => judged(record, archives.get(record.policyVersion) ?? null, rules));
}

/** Decisions of one policy version with one fault. */
interface Faulty {
  readonly version: string;
  readonly fault: DecisionFault;
  readonly count: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly amounts: Amounts;
  readonly examples: readonly Example[];
}

type Sum = Readonly<Record<string, Faulty>>;

/** Named in a finding; the rest is told as a number. */
export const MOST_EXAMPLES = 10;

const add = (sum: Sum, { record, fault }: DecidedAgain): Sum => {
  if (fault === null) return sum;
  const { policyVersion: version, decidedAt } = record;
  const key = `${fault.kind} ${version}`;
  const none = { version, fault: fault.kind, count: 0, firstAt: decidedAt, lastAt: decidedAt };
  const before: Faulty = sum[key] ?? { ...none, amounts: {}, examples: [] };
  const after: Faulty = {
    ...before,
    count: before.count + 1,
    firstAt: Math.min(before.firstAt, decidedAt),
    lastAt: Math.max(before.lastAt, decidedAt),
    amounts: plusCost(before.amounts, fault.atStake),
    examples: before.count < MOST_EXAMPLES ? [...before.examples, fault.example] : before.examples,
  };
  return { ...sum, [key]: after };
};

type Words = Readonly<Record<DecisionFault, Pick<Found, 'severity' | 'action'> & { readonly told: string }>>;

const COMPARE =
  'Find out who changed the record or the archive, or whether a newer version of Freshet decides otherwise.';
const KEEP = 'Bring the archived policy back from a backup: without it nobody can say why these were decided so.';

const words: Words = {
  undecidable: { severity: 'critical', told: 'cannot be decided again from the facts that are kept', action: COMPARE },
  verdict: { severity: 'critical', told: 'would end otherwise', action: COMPARE },
  cost: { severity: 'critical', told: 'would cost something else', action: COMPARE },
  reasons: { severity: 'warning', told: 'would have other reasons', action: COMPARE },
  rest: { severity: 'warning', told: 'would tell other times or limits', action: COMPARE },
  'archive-unreadable': { severity: 'critical', told: 'name an archived policy that cannot be read', action: KEEP },
  'not-archived': { severity: 'warning', told: 'name a policy that is not archived', action: KEEP },
};

const foundOf = ({ version, fault, count, firstAt, lastAt, amounts, examples }: Faulty): readonly Found[] => {
  const { severity, told, action } = words[fault];
  return inEachCurrency(amounts, (money) => ({
    key: `${fault} ${version} ${money?.currency ?? ''}`,
    severity,
    connectionId: count === 1 ? (examples[0]?.connectionId ?? null) : null,
    summary: `${count} ${count === 1 ? 'decision' : 'decisions'} of policy ${version} ${told}`,
    action,
    money,
    evidence: {
      policyVersion: version,
      count,
      firstDecidedAt: formatInstant(firstAt),
      lastDecidedAt: formatInstant(lastAt),
      examples,
    },
  }));
};

const worstFirst = (a: Faulty, b: Faulty): number =>
  faults.indexOf(a.fault) - faults.indexOf(b.fault) || a.firstAt - b.firstAt;

/** One finding for each policy version and fault: a version that decides otherwise does so many times. */
export const decisionsReproduce = defineSummary<DecidedAgain, Sum>({
  name: 'decisions-reproduce',
  question:
    'Is every decision the same, reasons and cost too, when it is made again from its facts by the policy that it names?',
  rows: decisions,
  keyOf: ({ record }) => record.id,
  nothing: {},
  add,
  summarize: (sum) => Object.values(sum).toSorted(worstFirst).flatMap(foundOf),
});

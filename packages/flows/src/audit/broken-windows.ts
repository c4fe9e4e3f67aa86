import { formatInstant, MINUTE } from '@freshet/domain';
import type { Instant, Money, Pull, Severity } from '@freshet/domain';
import type { Limit, LimitScope, RefreshPolicy } from '@freshet/policy';
import { read, type Loader, type UsageScope } from '@freshet/ports';
import { inEachCurrency, plusCost, type Amounts } from './amounts.js';
import { defineSummary, type AuditPlace, type Found } from './check.js';
import { countedThen, countsFrom, holdsBack, placesBefore, wasSent, type Sent } from './counted-then.js';
import { keyInTime, placeInTime } from './in-time.js';
import { WINDOWS_BACK_MS } from './look-backs.js';
import type { AuditRules } from './rules.js';

/** Of one scope at a time; what is beyond can only hide a fault, never make one. */
const MOST_COUNTED = 2500;

/** An answer may come this much after a call was given up. */
const ANSWERED_AFTER_MS = 5 * MINUTE;

/** A limit that a pull broke. */
export interface Broken {
  readonly limit: Limit;
  readonly counted: readonly Pull[];
  readonly severity: Severity;
}

/** A forced pull, with the limits that it broke and what it cost. */
export interface CheckedPull {
  readonly pull: Pull;
  readonly broken: readonly Broken[];
  readonly cost: Amounts;
}

const scopeOf = (kind: LimitScope, pull: Pull): UsageScope => {
  const { groupKey, connectionId, provider, connector, customerId, institutionId } = pull;
  const scopes: { readonly [Kind in LimitScope]: UsageScope } = {
    connection: { kind: 'connection', groupKey, connectionId },
    group: { kind: 'group', groupKey },
    account: { kind: 'account', connector, provider },
    institution: { kind: 'institution', provider, institutionId },
    customer: { kind: 'customer', provider, customerId },
    'customer-institution': { kind: 'customer-institution', provider, customerId, institutionId },
  };
  return scopes[kind];
};

/**
 * Critical where the provider's own limit is broken. Less: the share kept back for attended requests was touched, or pulls
 * of other connections made it full, which may have been linked into one group only later.
 */
export const judgeLimit = (limit: Limit, pull: Sent, others: readonly Pull[]): Broken | undefined => {
  const counted = countedThen(limit, pull, others);
  const { total, own } = placesBefore(limit, pull);
  if (counted.length < own) return undefined;
  const surely =
    limit.scope === 'group' ? counted.filter((other) => other.connectionId === pull.connectionId) : counted;
  return { limit, counted, severity: surely.length >= total ? 'critical' : 'warning' };
};

function* brokenBy(pull: Sent, policy: RefreshPolicy): Loader<readonly Broken[]> {
  const { tenantId, sentAt } = pull;
  const broken: Broken[] = [];
  for (const limit of policy.limits.filter((each) => holdsBack(each, pull))) {
    // Those that were under way then stand further up by now.
    const until: Instant = sentAt + policy.execution.giveUpMs + ANSWERED_AFTER_MS;
    const asked = { tenantId, scope: scopeOf(limit.scope, pull), from: countsFrom(limit, sentAt), until };
    const found = judgeLimit(limit, pull, yield* read('pullsBetween', { ...asked, limit: MOST_COUNTED }));
    if (found !== undefined) broken.push(found);
  }
  return broken;
}

function* costOf({ tenantId, id: pullId }: Pull): Loader<Amounts> {
  const entries = yield* read('ledgerOfPull', { tenantId, pullId });
  return entries
    .filter(({ kind }) => kind === 'charged' || kind === 'uncertain')
    .reduce<Amounts>((sum, entry) => plusCost(sum, entry), {});
}

const keyOf = ({ pull }: CheckedPull): string => keyInTime(pull.at, pull.id);

function* forcedPulls(place: AuditPlace, { policies }: AuditRules): Loader<readonly CheckedPull[]> {
  const { tenantId, limit, now } = place;
  const page = yield* read('forcedPullsScan', { tenantId, limit, ...placeInTime(place.after, now - WINDOWS_BACK_MS) });
  const rows: CheckedPull[] = [];
  for (const pull of page) {
    const broken = wasSent(pull) ? yield* brokenBy(pull, policies.policyFor(pull)) : [];
    rows.push({ pull, broken, cost: broken.length === 0 ? {} : yield* costOf(pull) });
  }
  return rows;
}

interface Example {
  readonly pullId: string;
  readonly connectionId: Pull['connectionId'];
  readonly taskId: string | null;
  readonly sentAt: string;
  readonly attended: boolean;
  readonly before: number;
  readonly beforePullIds: readonly string[];
}

/** The pulls that broke one limit of a provider. */
interface Breaks {
  readonly key: string;
  readonly provider: string;
  readonly limit: Limit;
  readonly severity: Severity;
  readonly count: number;
  readonly amounts: Amounts;
  readonly examples: readonly Example[];
}

type Sum = Readonly<Record<string, Breaks>>;

/** Pulls named in a finding, and pulls named with each: of one that is full, the newest tell enough. */
export const MOST_EXAMPLES = 20;
const MOST_BEFORE = 10;

const exampleOf = (pull: Pull, counted: readonly Pull[]): Example => ({
  pullId: pull.id,
  connectionId: pull.connectionId,
  taskId: pull.taskId,
  sentAt: formatInstant(pull.sentAt ?? pull.at),
  attended: pull.attended,
  before: counted.length,
  beforePullIds: counted.slice(-MOST_BEFORE).map(({ id }) => id),
});

const plus = (a: Amounts, b: Amounts): Amounts =>
  Object.entries(b).reduce((sum, [currency, micros]) => plusCost(sum, { currency, micros }), a);

const add = (sum: Sum, { pull, broken, cost }: CheckedPull): Sum =>
  broken.reduce((before, { limit, counted, severity }, index) => {
    const { provider } = pull;
    const key = JSON.stringify([severity, provider, pull.connector, limit.name]);
    const known: Breaks = before[key] ?? { key, provider, limit, severity, count: 0, amounts: {}, examples: [] };
    const { count, examples } = known;
    const after: Breaks = {
      ...known,
      count: count + 1,
      // One that broke several limits was paid for once.
      amounts: index === 0 ? plus(known.amounts, cost) : known.amounts,
      examples: count < MOST_EXAMPLES ? [...examples, exampleOf(pull, counted)] : examples,
    };
    return { ...before, [key]: after };
  }, sum);

const ruleOf = (limit: Limit): string => {
  if (limit.kind === 'cooldown') return `a pause of ${limit.forMs / MINUTE} minutes per ${limit.scope}`;
  const { per } = limit;
  const stretch = per.shape === 'calendar' ? `a calendar ${per.unit}` : `${per.ms / MINUTE} minutes`;
  return `${limit.count} in ${stretch} per ${limit.scope}`;
};

const foundOf = ({ key, provider, limit, severity, count, amounts, examples }: Breaks): readonly Found[] =>
  inEachCurrency(amounts, (money: Money | null) => ({
    key: `${key} ${money?.currency ?? ''}`,
    severity,
    connectionId: count === 1 ? (examples[0]?.connectionId ?? null) : null,
    summary: `${count} forced ${count === 1 ? 'pull' : 'pulls'} went to ${provider} against its limit ${limit.name}: ${ruleOf(limit)}`,
    action:
      severity === 'critical'
        ? 'If the limit was made stricter since then, nothing is wrong. Else report this as a bug of Freshet, with the evidence: the provider may block or bill what is over.'
        : 'A share kept back for attended requests was used, or connections that were linked into one group later had been pulled apart. Look whether one of the two explains it.',
    money,
    evidence: { provider, limit: limit.name, scope: limit.scope, rule: ruleOf(limit), count, pulls: examples },
  }));

/** One finding for each limit that was broken, with the pulls that broke it. */
export const brokenWindows = defineSummary<CheckedPull, Sum>({
  name: 'broken-windows',
  question:
    'Would the limits that are in force today have let every forced pull of the last week pass, counted anew from the pulls before it?',
  rows: forcedPulls,
  keyOf,
  nothing: {},
  add,
  summarize: (sum) =>
    Object.values(sum)
      .toSorted((a, b) => Number(a.severity !== 'critical') - Number(b.severity !== 'critical'))
      .flatMap(foundOf),
});

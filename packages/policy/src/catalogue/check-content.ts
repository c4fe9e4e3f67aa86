import { formatDuration } from '@freshet/domain';
import type { CatalogueFault, Path } from './catalogue-error.js';
import { entryFile, formatPath, valueAt } from './catalogue-error.js';
import { canonicalJson } from './canonical-json.js';
import { entrySettings, mergeSettings } from './merge.js';
import { limitFields } from './schema/limit.js';
import type { LimitKind } from './schema/limit.js';
import type { BookContent, BudgetSettings, Override, Settings } from './schema/settings.js';

/** Something wrong at a path below the place that is being checked. */
type Report = (path: Path, message: string, value: unknown) => void;

/** What a check may look at beside the content. */
export interface Surroundings {
  /** Every connector that some provider is reached through. */
  readonly connectors: ReadonlySet<string>;
  readonly fileName: string;
  /** The policy file as it was written: faults show its own words. */
  readonly policyFile: unknown;
  /** The providers that the policy file adds. */
  readonly added: ReadonlySet<string>;
}

/** The kind of each limit, by name; a name means one kind in the whole book, so that fields for it mean one thing. */
type Kinds = Map<string, LimitKind>;

const learnKinds = (
  limits: Readonly<Record<string, object | null>> | undefined,
  kinds: Kinds,
  report: Report,
): void => {
  for (const [name, limit] of Object.entries(limits ?? {})) {
    if (limit === null || !('kind' in limit)) continue;
    const kind = limit.kind as LimitKind;
    const before = kinds.get(name);
    if (before !== undefined && before !== kind) {
      report(['limits', name, 'kind'], `a limit of this name is a ${before} elsewhere`, kind);
    }
    kinds.set(name, before ?? kind);
  }
};

const checkLimitChanges = ({ set }: Override, kinds: Kinds, report: Report): void => {
  for (const [name, change] of Object.entries(set.limits ?? {})) {
    const kind = kinds.get(name);
    if (kind === undefined) {
      report(['set', 'limits', name], 'there is no limit of this name to change or remove', change);
      continue;
    }
    if (change === null || 'kind' in change) continue;
    for (const [field, value] of Object.entries(change)) {
      const known: readonly string[] = limitFields[kind];
      if (!known.includes(field)) report(['set', 'limits', name, field], `a ${kind} has no such field`, value);
    }
  }
};

const checkMatch = ({ match }: Override, content: BookContent, { connectors }: Surroundings, report: Report): void => {
  const { provider, connector } = match;
  if (provider !== undefined && !Object.hasOwn(content.providers, provider)) {
    report(['match', 'provider'], 'the catalogue has no such provider', provider);
  }
  if (connector !== undefined && !connectors.has(connector)) {
    report(['match', 'connector'], 'no provider is reached through such a connector', connector);
  }
};

/**
 * A fault where one hand wrote both. An override for many providers cannot know the cadence of each: there the longer
 * of the two holds.
 */
const staleBeforeDue = ({ background: { every, staleAfter } }: Settings, report: Report): void => {
  if (staleAfter < every) report(['background', 'staleAfter'], 'expected at least `every`', formatDuration(staleAfter));
};

/** Settings that contradict each other, in any policy. */
const contradictions = ({ consent, execution, breaker }: Settings, report: Report): void => {
  if (execution.maxBackoff < execution.backoff) {
    report(['execution', 'maxBackoff'], 'expected at least `backoff`', formatDuration(execution.maxBackoff));
  }
  if (consent.life !== undefined && consent.life <= consent.warn) {
    report(['consent', 'life'], 'expected longer than `warn`', formatDuration(consent.life));
  }
  if (breaker.of < breaker.failures) report(['breaker', 'of'], 'expected at least `failures`', breaker.of);
  if (breaker.maxPause < breaker.pause) {
    report(['breaker', 'maxPause'], 'expected at least `pause`', formatDuration(breaker.maxPause));
  }
  if (execution.pollMax < execution.pollFirst) {
    report(['execution', 'pollMax'], 'expected at least `pollFirst`', formatDuration(execution.pollMax));
  }
};

/** Every entry that an override may be laid over. */
const reachable = ({ match }: Override, content: BookContent): readonly Settings[] => {
  const providers = Object.entries(content.providers).filter(([name]) => (match.provider ?? name) === name);
  return providers.flatMap(([name, { connectors }]) =>
    [...Object.keys(connectors), match.connector ?? '']
      .filter((connector) => (match.connector ?? connector) === connector)
      .flatMap((connector) => entrySettings(content, name, connector) ?? []),
  );
};

const checkOverride = (
  override: Override,
  content: BookContent,
  around: Surroundings,
  kinds: Kinds,
  report: Report,
): void => {
  checkMatch(override, content, around, report);
  checkLimitChanges(override, kinds, report);
  const seen = new Set<string>();
  const once: Report = (path, message, value) => {
    const text = formatPath(path);
    if (!seen.has(text)) report(['set', ...path], message, value);
    seen.add(text);
  };
  const entries = reachable(override, content);
  const known = override.match.provider === undefined ? [content.defaults] : entries;
  for (const settings of known) staleBeforeDue(mergeSettings(settings, override.set), once);
  for (const settings of entries) contradictions(mergeSettings(settings, override.set), once);
};

const currenciesOf = (content: BookContent, provider: string | undefined): ReadonlySet<string> => {
  const entries = Object.entries(content.providers).filter(([name]) => (provider ?? name) === name);
  const own = entries.flatMap(([, { settings, connectors }]) => [settings, ...Object.values(connectors)]);
  const others = content.overrides.filter(
    ({ match }) => (match.provider ?? provider) === provider || provider === undefined,
  );
  return new Set([...own, ...others.map(({ set }) => set)].flatMap(({ price }) => price?.currency ?? []));
};

/** Settings that would do nothing beside the others: whoever wrote them expects something of them. */
const checkBudgetWords = (budget: BudgetSettings, report: Report): void => {
  const { enforcement, pacing, headStart, reserveForAttended } = budget;
  const soft = 'a soft budget holds nothing back';
  if (enforcement === 'soft' && pacing !== 'none') report(['pacing'], soft, pacing);
  if (enforcement === 'soft' && reserveForAttended > 0) report(['reserveForAttended'], soft, reserveForAttended);
  if (pacing === 'none' && headStart !== undefined) report(['headStart'], 'only with even pacing', headStart);
};

const checkBudgets = (content: BookContent, report: Report): void => {
  const names = new Set<string>();
  content.budgets.forEach((budget, index) => {
    const { name, provider, currency } = budget;
    checkBudgetWords(budget, (path, ...rest) => report(['budgets', index, ...path], ...rest));
    if (names.has(name)) report(['budgets', index, 'name'], 'a budget of this name is already there', name);
    names.add(name);
    if (provider !== undefined && !Object.hasOwn(content.providers, provider)) {
      report(['budgets', index, 'provider'], 'the catalogue has no such provider', provider);
    } else if (!currenciesOf(content, provider).has(currency)) {
      report(['budgets', index, 'currency'], 'nothing that it covers is priced in this currency', currency);
    }
  });
};

type ReportFor = (provider: string) => Report;

const checkEntries = (content: BookContent, kinds: Kinds, reportFor: ReportFor): void => {
  for (const [name, { settings, connectors }] of Object.entries(content.providers)) {
    const report = reportFor(name);
    learnKinds(settings.limits, kinds, report);
    for (const [connector, variant] of Object.entries(connectors)) {
      learnKinds(variant.limits, kinds, (path, ...rest) => report(['connectors', connector, ...path], ...rest));
    }
    for (const connector of ['', ...Object.keys(connectors)]) {
      const merged = entrySettings(content, name, connector);
      if (merged === undefined) continue;
      staleBeforeDue(merged, report);
      contradictions(merged, report);
    }
  }
};

/** What a schema cannot see: names that lead nowhere, and settings that contradict each other once they are merged. */
export const checkContent = (content: BookContent, around: Surroundings): readonly CatalogueFault[] => {
  const faults: CatalogueFault[] = [];
  const kinds: Kinds = new Map();
  const inFile: Report = (path, message, value) => {
    const written = valueAt(around.policyFile, path);
    faults.push({
      file: around.fileName,
      path: formatPath(path),
      message,
      value: written === undefined ? value : written,
    });
  };
  const at =
    (index: number): Report =>
    (path, ...rest) =>
      inFile(['overrides', index, ...path], ...rest);
  const entryOf: ReportFor = (name) => (path, message, value) => {
    if (around.added.has(name)) inFile(['providers', name, ...path], message, value);
    else faults.push({ file: entryFile(name), path: formatPath(path), message, value });
  };
  checkEntries(content, kinds, entryOf);
  content.overrides.forEach(({ set }, index) =>
    learnKinds(set.limits, kinds, (path, ...rest) => at(index)(['set', ...path], ...rest)),
  );
  const matches = new Set<string>();
  content.overrides.forEach((override, index) => {
    const match = canonicalJson(override.match);
    if (matches.has(match)) at(index)(['match'], 'another override matches exactly the same', override.match);
    matches.add(match);
    checkOverride(override, content, around, kinds, at(index));
  });
  checkBudgets(content, inFile);
  return faults;
};

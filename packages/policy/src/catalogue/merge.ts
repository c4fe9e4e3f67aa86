import type { PolicySelector } from '../policy.js';
import type { LimitSettings } from './schema/limit.js';
import type { BookContent, LimitPatch, Override, OverrideMatch, Settings, SettingsPatch } from './schema/settings.js';

/**
 * How much more specific a name makes an override: each outranks all that stand before it together. So the order is
 * provider < connector < tenant < institution < connection, and where two overrides name the same most specific thing,
 * the one that names more beside it wins. From what a provider does for everybody to one customer's own link; a tenant
 * stands before an institution because its contract is the rule and a bank's oddity the exception to it.
 */
const weights: Readonly<Record<keyof OverrideMatch, number>> = {
  provider: 1,
  connector: 2,
  tenant: 4,
  institution: 8,
  connection: 16,
};

const named = Object.keys(weights) as (keyof OverrideMatch)[];

/** No two overrides that fit the same connection weigh the same: that would take equal matches, which are refused. */
export const weightOf = (match: OverrideMatch): number =>
  named.reduce((sum, name) => sum + (match[name] === undefined ? 0 : weights[name]), 0);

const selected: Readonly<Record<keyof OverrideMatch, keyof PolicySelector>> = {
  tenant: 'tenantId',
  connector: 'connector',
  provider: 'provider',
  institution: 'institutionId',
  connection: 'connectionId',
};

export const fits = (match: OverrideMatch, selector: PolicySelector): boolean =>
  named.every((name) => match[name] === undefined || match[name] === selector[selected[name]]);

/** Which values of each dimension some override tells apart. */
export const valuesNamed = (overrides: readonly Override[], name: keyof OverrideMatch): ReadonlySet<string> =>
  new Set(overrides.flatMap(({ match }) => match[name] ?? []));

const isWhole = (limit: LimitSettings | LimitPatch): limit is LimitSettings => 'kind' in limit;

const patchLimit = (limit: LimitSettings, patch: LimitPatch): LimitSettings => {
  const merged = { ...limit, ...patch };
  if (limit.kind === 'window') return { ...merged, counts: { ...limit.counts, ...patch.counts } } as LimitSettings;
  return merged as LimitSettings;
};

/**
 * By name: a whole limit is put in or replaces its namesake, some fields change the one that is there, null takes it out.
 * Fields for one that a weaker override took out change nothing: it stays out.
 */
const mergeLimits = (base: Settings['limits'], patch: SettingsPatch['limits']): Settings['limits'] => {
  if (patch === undefined) return base;
  const merged = new Map(Object.entries(base));
  for (const [name, change] of Object.entries(patch)) {
    const present = merged.get(name);
    if (change === null) merged.delete(name);
    else if (isWhole(change)) merged.set(name, change);
    else if (present) merged.set(name, patchLimit(present, change));
  }
  return Object.fromEntries(merged);
};

/** Sections field by field, limits by name; what the patch does not name stays. */
export const mergeSettings = (base: Settings, patch: SettingsPatch): Settings => ({
  ...base,
  ...patch,
  background: { ...base.background, ...patch.background },
  forced: { ...base.forced, ...patch.forced },
  consent: { ...base.consent, ...patch.consent },
  worth: { ...base.worth, ...patch.worth },
  execution: { ...base.execution, ...patch.execution },
  breaker: { ...base.breaker, ...patch.breaker },
  limits: mergeLimits(base.limits, patch.limits),
});

/** The catalogue's entry as it is through that connector, before any override; undefined for an unknown provider. */
export const entrySettings = (content: BookContent, provider: string, connector: string): Settings | undefined => {
  if (!Object.hasOwn(content.providers, provider)) return undefined;
  const entry = content.providers[provider];
  if (!entry) return undefined;
  const variant = Object.hasOwn(entry.connectors, connector) ? entry.connectors[connector] : undefined;
  const settings = mergeSettings(content.defaults, entry.settings);
  return variant ? mergeSettings(settings, variant) : settings;
};

/** Nothing is forced at a provider that nobody has looked up, whatever an override for everybody says. */
const neverForced = { forced: { available: false, unattended: false } } as const satisfies SettingsPatch;

/** All settings of one connection: defaults < entry < its connector < the overrides that fit, the weaker first. */
export const settingsFor = (content: BookContent, selector: PolicySelector): Settings => {
  const entry = entrySettings(content, selector.provider, selector.connector);
  const merged = content.overrides
    .filter(({ match }) => fits(match, selector))
    .toSorted((a, b) => weightOf(a.match) - weightOf(b.match))
    .reduce((settings, { set }) => mergeSettings(settings, set), entry ?? content.defaults);
  return entry ? merged : mergeSettings(merged, neverForced);
};

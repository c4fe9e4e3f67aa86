import type { PolicySelector, RefreshPolicy } from '../policy.js';
import { valuesNamed } from './merge.js';
import type { BookContent } from './schema/settings.js';

/** More than any file with overrides for groups of connections needs; a file that names each connection just caches less. */
const MAX_CACHED = 10_000;

type KeyOf = (selector: PolicySelector) => string;

/**
 * Selectors that no override, budget or entry tells apart share a key: without an override for single connections, a
 * million connections need a handful of policies.
 */
const keyBy = (content: BookContent): KeyOf => {
  const tenants = new Set([
    ...valuesNamed(content.overrides, 'tenant'),
    ...content.budgets.flatMap(({ tenant }) => tenant ?? []),
  ]);
  const variants = Object.values(content.providers).flatMap(({ connectors }) => Object.keys(connectors));
  const connectors = new Set([...valuesNamed(content.overrides, 'connector'), ...variants]);
  const institutions = valuesNamed(content.overrides, 'institution');
  const connections = valuesNamed(content.overrides, 'connection');
  const only = (told: ReadonlySet<string>, value: string): string | null => (told.has(value) ? value : null);
  return ({ provider, tenantId, connector, institutionId, connectionId }) =>
    JSON.stringify([
      provider,
      only(connectors, connector),
      only(tenants, tenantId),
      only(institutions, institutionId),
      only(connections, connectionId),
    ]);
};

/** Remembers what `resolve` gave; the one unused for longest makes room. */
export const cached = (
  content: BookContent,
  resolve: (selector: PolicySelector) => RefreshPolicy,
): ((selector: PolicySelector) => RefreshPolicy) => {
  const keyOf = keyBy(content);
  const policies = new Map<string, RefreshPolicy>();
  return (selector) => {
    const key = keyOf(selector);
    const policy = policies.get(key) ?? resolve(selector);
    policies.delete(key);
    policies.set(key, policy);
    const oldest = policies.size > MAX_CACHED ? policies.keys().next().value : undefined;
    if (oldest !== undefined) policies.delete(oldest);
    return policy;
  };
};

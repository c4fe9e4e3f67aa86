import type { Instant, Pull, Usage } from '@freshet/domain';
import type { ReadParams } from '../reads.js';
import type { UsageQuery } from '../usage.js';
import { countWhile, keyOf } from './table.js';
import { keyOfScope, type Kept } from './tables.js';

type Counting = Omit<UsageQuery, 'take'>;

const matches = (pull: Pull, { origins, attended, products, except }: Counting): boolean =>
  origins.includes(pull.origin) &&
  (attended === null || pull.attended === attended) &&
  (products === null || products.some((product) => pull.products.includes(product))) &&
  pull.id !== except;

const reservedInScope = (kept: Kept, { tenantId, scope }: Counting): readonly Pull[] =>
  kept.pull.reservedInScope[scope.kind].of(keyOf(tenantId, keyOfScope(scope)));

/** The newest first; a pull that is still reserved counts however old it is. */
function* counted(kept: Kept, query: Counting): Generator<Pull> {
  const key = keyOf(query.tenantId, keyOfScope(query.scope));
  const inScope = kept.pull.inScope[query.scope.kind].of(key);
  for (let index = inScope.length - 1; index >= 0; index -= 1) {
    const pull = inScope[index] as Pull;
    if (pull.at <= query.since) break;
    if (query.states.includes(pull.state) && matches(pull, query)) yield pull;
  }
  if (!query.states.includes('reserved')) return;
  const reserved = reservedInScope(kept, query);
  for (let index = reserved.length - 1; index >= 0; index -= 1) {
    const pull = reserved[index] as Pull;
    if (pull.at <= query.since && matches(pull, query)) yield pull;
  }
}

export const latestPull = (kept: Kept, query: Counting): Pull | null => {
  for (const pull of counted(kept, query)) return pull;
  return null;
};

export const countedPulls = (kept: Kept, query: UsageQuery): readonly Pull[] =>
  [...counted(kept, query)].slice(0, Math.max(0, query.take));

/** Those that are still reserved come first: they are yet to be sent, and have no time. */
export const usage = (kept: Kept, query: UsageQuery): Usage => {
  const reserved = query.states.includes('reserved')
    ? [...reservedInScope(kept, query)].filter((pull) => matches(pull, query)).length
    : 0;
  let count = Math.max(0, Math.min(reserved, query.take));
  let [latestAt, oldestAt]: [Instant | null, Instant | null] = [null, null];
  if (count >= query.take) return { count, oldestAt, latestAt };
  for (const pull of counted(kept, { ...query, states: query.states.filter((state) => state !== 'reserved') })) {
    latestAt ??= pull.at;
    oldestAt = pull.at;
    count += 1;
    if (count === query.take) break;
  }
  return { count, oldestAt, latestAt };
};

export const pullsBetween = (
  kept: Kept,
  { tenantId, scope, from, until, limit }: ReadParams<'pullsBetween'>,
): readonly Pull[] => {
  const all = kept.pull.inScope[scope.kind].of(keyOf(tenantId, keyOfScope(scope)));
  const start = countWhile(all, (pull) => pull.at < from);
  const end = countWhile(all, (pull) => pull.at < until);
  return all.slice(start, Math.min(end, start + limit));
};

import type { Connection, Instant, Product, Pull, PullId, Usage } from '@freshet/domain';
import { limitReads } from '../src/index.js';
import type { LimitRead, LimitScope, RefreshPolicy } from '../src/index.js';

const sameScope = (scope: LimitScope, pull: Pull, of: Connection): boolean => {
  if (scope === 'connection') return pull.connectionId === of.id;
  if (scope === 'group') return pull.groupKey === of.groupKey;
  if (pull.provider !== of.provider) return false;
  if (scope === 'institution') return pull.institutionId === of.institutionId;
  if (scope === 'account') return pull.connector === of.connector;
  if (scope === 'customer') return pull.customerId === of.customerId;
  return pull.customerId === of.customerId && pull.institutionId === of.institutionId;
};

/** One that is reserved counts whenever it was made: it is yet to come, so it has no time and ranks as the newest. */
const counts = (read: LimitRead, pull: Pull): boolean =>
  read.origins.includes(pull.origin) &&
  read.states.includes(pull.state) &&
  (read.attended === null || pull.attended === read.attended) &&
  (read.products === null || read.products.some((product) => pull.products.includes(product))) &&
  (pull.at > read.since || pull.state === 'reserved');

/** What a store answers, counted over a list: the contract of a limit's read in a few lines. */
export const usageOf = (
  rules: RefreshPolicy,
  pulls: readonly Pull[],
  asks: {
    readonly connection: Connection;
    readonly products: readonly Product[];
    readonly attended: boolean;
    readonly except: PullId | null;
  },
  now: Instant,
): Readonly<Record<string, Usage>> =>
  Object.fromEntries(
    limitReads(rules, asks.products, asks.attended, now).map((read) => {
      const newest = pulls
        .filter((pull) => pull.id !== asks.except && sameScope(read.scope, pull, asks.connection) && counts(read, pull))
        .map((pull) => (pull.state === 'reserved' ? Number.POSITIVE_INFINITY : pull.at))
        .sort((a, b) => (a === b ? 0 : b - a))
        .slice(0, read.take);
      const sent = newest.filter(Number.isFinite);
      const usage = { count: newest.length, oldestAt: sent.at(-1) ?? null, latestAt: sent[0] ?? null };
      return [read.name, usage];
    }),
  );

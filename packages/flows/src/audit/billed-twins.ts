import { formatAmount, formatInstant, plainAmount } from '@freshet/domain';
import type { Connection, Money, Task } from '@freshet/domain';
import { byRefresh } from '@freshet/policy';
import { read, type Loader, type Sifted } from '@freshet/ports';
import { inEachCurrency, plusCost, type Amounts } from './amounts.js';
import { chargedRefreshes } from './charged-refreshes.js';
import { LOOK_BACK_MS } from './look-backs.js';
import { defineCheck, type AuditPlace, type Found } from './check.js';
import type { AuditRules } from './rules.js';

/** A connection that is there beside another of the same customer at the same institution, and its refreshes that cost. */
export interface Twin {
  readonly connection: Connection;
  readonly charged: readonly Task[];
}

export interface BesideOthers {
  readonly connection: Connection;
  /** The most recently refreshed first, which is the one to keep; empty where there are none, or another one is asked. */
  readonly twins: readonly Twin[];
}

/** A customer with more connections through one provider is looked at as far as the newest of them. */
const MOST_CONNECTIONS = 100;

const isLinked = ({ status }: Connection): boolean =>
  status !== 'IN_PROGRESS' && status !== 'EXPIRED' && status !== 'DELETED';

/** Several logins at one institution are no twins. One that nobody knows may be any of them: it is taken for the first. */
const withSameLogin = (members: readonly Connection[], { id }: Connection): readonly Connection[] => {
  const first = members.find(({ loginFingerprint }) => loginFingerprint !== null)?.loginFingerprint ?? null;
  const loginOf = ({ loginFingerprint }: Connection): string | null => loginFingerprint ?? first;
  const own = members.find((member) => member.id === id);
  return own === undefined ? [] : members.filter((member) => loginOf(member) === loginOf(own));
};

function* twinsOf(connection: Connection, rules: AuditRules, since: number): Loader<readonly Twin[]> {
  const { tenantId, id, customerId, institutionId, provider } = connection;
  const { duplicates } = rules.policies.policyFor({ ...connection, connectionId: id });
  if (duplicates !== 'twins' || !isLinked(connection)) return [];
  const asked = { tenantId, customerId, provider, before: null, limit: MOST_CONNECTIONS };
  const all = yield* read('connectionsPage', asked);
  const members = all.toReversed().filter((each) => each.institutionId === institutionId && isLinked(each));
  const same = withSameLogin(members, connection);
  // They are one finding, at the oldest of them.
  if (same.length < 2 || same[0]?.id !== id) return [];
  const twins: Twin[] = [];
  for (const each of same.toSorted(byRefresh)) {
    twins.push({ connection: each, charged: yield* chargedRefreshes(each, since) });
  }
  return twins;
}

function* besideOthers({ tenantId, now, after, limit }: AuditPlace, rules: AuditRules): Loader<Sifted<BesideOthers>> {
  const { rows: connections, ...looked } = yield* read('twinConnections', { tenantId, after, limit });
  const rows: BesideOthers[] = [];
  for (const connection of connections) {
    rows.push({ connection, twins: yield* twinsOf(connection, rules, now - LOOK_BACK_MS) });
  }
  return { ...looked, rows };
}

const costOf = ({ charged }: Twin): Amounts => charged.reduce<Amounts>((sum, { cost }) => plusCost(sum, cost), {});

const isSure = (twins: readonly Twin[]): boolean =>
  twins.every(({ connection: { loginFingerprint } }) => loginFingerprint !== null);

const shown = (twin: Twin) => {
  const { id, externalId, connector, status, statusReason, loginFingerprint, connectedAt, lastSuccessAt } =
    twin.connection;
  return {
    id,
    externalId,
    connector,
    status,
    statusReason,
    isLoginKnown: loginFingerprint !== null,
    connectedAt: formatInstant(connectedAt),
    lastSuccessAt: lastSuccessAt === null ? null : formatInstant(lastSuccessAt),
    refreshes: twin.charged.length,
    cost: Object.entries(costOf(twin)).map(([currency, micros]) => ({ amount: formatAmount(micros), currency })),
  };
};

/** One finding for all connections to one login, with what those that are not needed have cost. */
export const judgeTwins = ({ connection, twins }: BesideOthers): readonly Found[] => {
  const [kept, ...rest] = twins;
  if (kept === undefined) return [];
  const charged = rest.flatMap((twin) => twin.charged);
  const amounts = charged.reduce<Amounts>((sum, { cost }) => plusCost(sum, cost), {});
  const { provider, institutionId } = connection;
  const others = `${rest.length} ${rest.length === 1 ? 'other' : 'others'}`;
  return inEachCurrency(amounts, (money: Money | null) => ({
    // Of the oldest: which one is kept changes with every refresh.
    key: `${connection.id} ${money?.currency ?? ''}`,
    severity: money !== null || isSure(twins) ? 'warning' : 'info',
    connectionId: kept.connection.id,
    summary: `${provider} bills this connection and ${others} of the same customer at the same institution, each for itself${
      money === null ? '' : `: what is not needed has cost ${plainAmount(money.micros)} ${money.currency} in 30 days`
    }`,
    action: isSure(twins)
      ? 'Delete all but the first: they are one login.'
      : 'Ask whether they are one login; then delete all but the first. Import a loginFingerprint, and two logins are not taken for one.',
    money,
    evidence: { provider, institutionId, connections: twins.map(shown) },
  }));
};

export const billedTwins = defineCheck<BesideOthers>({
  name: 'billed-twins',
  question: 'Where a provider bills each link for itself, has every customer only one to each institution?',
  sift: besideOthers,
  judge: judgeTwins,
});

import { calendarPeriod, DAY, formatInstant, permissionsOf } from '@freshet/domain';
import type { Connection, ConnectionId, DurationMs, Instant } from '@freshet/domain';
import { read } from '@freshet/ports';
import { defineSummary, MOST_IDS, type Found } from './check.js';
import { consentOf } from './figures/connections.js';

/** How far ahead: customers answer within weeks, and who renews sooner shortens what they had. */
export const AHEAD_MS: DurationMs = 28 * DAY;

interface One {
  readonly id: ConnectionId;
  readonly externalId: string;
  readonly endsAt: Instant;
}

/** Consents that end in one week, or those of one provider that have ended. */
interface Ending {
  readonly key: string;
  /** The start of the week; null: they have ended. */
  readonly week: Instant | null;
  readonly count: number;
  readonly byProvider: Readonly<Record<string, number>>;
  readonly first: readonly One[];
}

type Sum = Readonly<Record<string, Ending>>;

const dateOf = (at: Instant): string => formatInstant(at).slice(0, 'yyyy-mm-dd'.length);

/** Where it stands in the report; undefined: nowhere. One that waits for its customer already has nothing to lose. */
const placeOf = (
  connection: Connection,
  now: Instant,
): { readonly key: string; readonly week: Instant | null } | undefined => {
  const { active, consentExpiresAt: endsAt, provider, status, statusReason: reason } = connection;
  const { refresh } = permissionsOf({ status, reason });
  if (!active || endsAt === null || refresh === 'no') return undefined;
  if (endsAt <= now) return refresh === 'yes' ? { key: `ended ${provider}`, week: null } : undefined;
  if (endsAt > now + AHEAD_MS) return undefined;
  const week = calendarPeriod(endsAt, 'week', 'UTC').start;
  return { key: `week ${dateOf(week)}`, week };
};

const add = (sum: Sum, connection: Connection, now: Instant): Sum => {
  const place = placeOf(connection, now);
  if (place === undefined) return sum;
  const { id, externalId, provider, consentExpiresAt } = connection;
  const before: Ending = sum[place.key] ?? { key: place.key, week: place.week, count: 0, byProvider: {}, first: [] };
  const one: One = { id, externalId, endsAt: consentExpiresAt ?? now };
  const after: Ending = {
    ...before,
    count: before.count + 1,
    byProvider: { ...before.byProvider, [provider]: (before.byProvider[provider] ?? 0) + 1 },
    first: before.count < MOST_IDS ? [...before.first, one] : before.first,
  };
  return { ...sum, [place.key]: after };
};

const told = ({ week, count, byProvider }: Ending): string => {
  const consents = `${count} ${count === 1 ? 'consent' : 'consents'}`;
  if (week !== null) return `${consents} ${count === 1 ? 'ends' : 'end'} in the week of ${dateOf(week)}`;
  const of = Object.keys(byProvider).join(', ');
  return `${consents} of ${of} ended, and the ${count === 1 ? 'connection' : 'connections'} may still be refreshed`;
};

const foundOf = (ending: Ending): Found => {
  const { key, week, count, byProvider, first } = ending;
  return {
    key,
    severity: week === null ? 'warning' : 'info',
    connectionId: count === 1 ? (first[0]?.id ?? null) : null,
    summary: told(ending),
    action:
      week === null
        ? 'Read at the provider whether they were renewed, and import them with that: forced refreshes of ended ones fail, and may be billed.'
        : 'Ask these customers to renew; GET /v1/connections has them, and an import tells of the new end.',
    money: null,
    evidence: {
      week: week === null ? null : dateOf(week),
      count,
      byProvider,
      first: first.map(({ id, externalId, endsAt }) => ({ id, externalId, endsAt: formatInstant(endsAt) })),
    },
  };
};

/** What has ended first, then week after week. */
const inOrder = (a: Ending, b: Ending): number => (a.week ?? 0) - (b.week ?? 0);

export const consentsEnding = defineSummary<Connection, Sum>({
  name: 'consents-ending',
  question: 'Do all consents last for another four weeks, and is every one that has ended known to have?',
  sift: ({ tenantId, now, after, limit }) =>
    read('consentsEndingBy', { tenantId, after, limit, until: now + AHEAD_MS }),
  nothing: {},
  add,
  figures: (connection, now) => {
    const place = placeOf(connection, now);
    return place === undefined ? [] : consentOf(connection, place.week === null);
  },
  summarize: (sum) => Object.values(sum).toSorted(inOrder).map(foundOf),
});

import { calendarPeriod } from '@freshet/domain';
import type { Connection, Instant } from '@freshet/domain';
import { edgeOf } from './ages.js';
import { dayOf } from './spend.js';
import type { Sum } from './sums.js';

/** How old the data of one is that data is expected of. */
const ageOf = ({ provider, lastSuccessAt, staleAt }: Connection, now: Instant): readonly Sum[] => [
  [['freshness', provider, 'awaited'], 1],
  [
    lastSuccessAt === null
      ? ['freshness', provider, 'never']
      : ['freshness', provider, 'ages', String(edgeOf(now - lastSuccessAt))],
    1,
  ],
  ...(staleAt !== null && staleAt <= now ? [[['freshness', provider, 'stale'], 1] as const] : []),
];

/** Each connection that is there, by its status; and the age of its data. */
export const connectionOf = (connection: Connection, isAwaited: boolean, now: Instant): readonly Sum[] => [
  ...(connection.status === 'DELETED' ? [] : [[['connections', connection.provider, connection.status], 1] as const]),
  ...(isAwaited ? ageOf(connection, now) : []),
];

/** A consent that ends, by the week in which it does; `ended` where that is over. */
export const consentOf = ({ provider, consentExpiresAt }: Connection, isOver: boolean): readonly Sum[] => {
  if (consentExpiresAt === null) return [];
  const week = isOver ? 'ended' : dayOf(calendarPeriod(consentExpiresAt, 'week', 'UTC').start);
  return [[['consents', week, provider], 1]];
};

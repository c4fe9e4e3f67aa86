import { DAY, formatInstant } from '@freshet/domain';
import type { Instant } from '@freshet/domain';
import { read, type Loader } from '@freshet/ports';
import { LOOK_BACK_MS } from '../look-backs.js';
import type { AuditPlace } from '../check.js';
import type { Sum } from './sums.js';

/** Figures by day begin with the day that the checks of money look back to. */
export const figuresFrom = (now: Instant): Instant => Math.floor((now - LOOK_BACK_MS) / DAY) * DAY;

/** The day, in UTC. */
export const dayOf = (at: Instant): string => formatInstant(at).slice(0, 'yyyy-mm-dd'.length);

/**
 * What was paid, or may have been, on the day on which that was settled; what is held and not settled, on the day since which it
 * has been held. Of the entries of a page: the database adds them up.
 */
export function* spendOf({ tenantId, after: key, limit, now }: AuditPlace): Loader<readonly Sum[]> {
  const [connectionId = '', after = ''] = key.split(' ');
  const asked = { tenantId, connectionId, after, limit, since: figuresFrom(now) };
  const sums = yield* read('moneyOfDays', asked);
  return sums.map(({ provider, currency, kind, day, micros }): Sum => [
    ['spend', provider, currency, kind, dayOf(day)],
    micros,
  ]);
}

import { calendarPeriod, DAY, MINUTE } from '@freshet/domain';
import type { ClosureScope, DurationMs, Instant } from '@freshet/domain';
import type { LimitedSign, LimitScope, RefreshPolicy } from '../policy.js';

/** What is closed by a limit that is kept so: the narrowest closure that holds all that surely is. */
const closedScope: Readonly<Record<LimitScope, ClosureScope>> = {
  connection: 'connection',
  group: 'group',
  'customer-institution': 'group',
  customer: 'group',
  institution: 'institution',
  account: 'provider',
};

/** The longest month: nobody says in which it was spent. */
const stretches: Readonly<Record<'minute' | 'day' | 'month', DurationMs>> = {
  minute: MINUTE,
  day: DAY,
  month: 31 * DAY,
};

const isSaid = ({ says, in: where }: LimitedSign, said: string): boolean =>
  where === 'text' ? said.toLowerCase().includes(says.toLowerCase()) : said.trim() === says;

const backAt = ({ spent, timeZone }: LimitedSign, policy: RefreshPolicy, now: Instant): Instant | null => {
  if (spent === null) return null;
  if (spent === 'plan') return now + policy.execution.maxBlockMs;
  if (timeZone === null || spent === 'minute') return now + stretches[spent];
  return calendarPeriod(now, spent, timeZone).end;
};

/** What the provider's code or wording says of a limit that was reached; null for each that it leaves open. */
export const readLimited = (
  policy: RefreshPolicy,
  said: string | null,
  now: Instant,
): { readonly until: Instant | null; readonly scope: ClosureScope | null } => {
  const sign = said === null ? undefined : policy.limitedSigns.find((each) => isSaid(each, said));
  if (sign === undefined) return { until: null, scope: null };
  return { until: backAt(sign, policy, now), scope: sign.scope === null ? null : closedScope[sign.scope] };
};

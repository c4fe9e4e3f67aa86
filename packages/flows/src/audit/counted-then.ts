import { calendarPeriod, madeAt } from '@freshet/domain';
import type { Instant, Pull } from '@freshet/domain';
import type { Limit, Window } from '@freshet/policy';

/*
 * What a limit had counted when a pull was sent, from the pulls as they are now. It shares nothing but the limit's own data
 * with what admitted the pull: a fault there is not repeated here.
 */

export interface Sent extends Pull {
  readonly sentAt: Instant;
}

/** A call that was made, or may have been: those that surely did not happen broke nothing. */
export const wasSent = (pull: Pull): pull is Sent =>
  pull.sentAt !== null && pull.state !== 'refused' && pull.state !== 'released' && pull.state !== 'reserved';

/** Where it stood then: a pull that has ended stands where its data came, one under way where it was sent. */
const stoodAt = ({ at, sentAt, endedAt }: Pull, then: Instant): Instant =>
  endedAt !== null && endedAt <= then ? at : (sentAt ?? at);

/** Of two calls in one millisecond, the one with the smaller id is taken for the first. */
const wasBefore = (other: Pull, pull: Sent): boolean => {
  const stood = stoodAt(other, pull.sentAt);
  return stood < pull.sentAt || (stood === pull.sentAt && other.id < pull.id);
};

/** What a provider pulled by itself is told later: until then nobody could count it. */
const wasKnown = (other: Pull, then: Instant): boolean =>
  other.origin === 'forced' || (madeAt(other.id) ?? then) <= then;

const mayHaveSucceeded = ({ state, endedAt }: Pull, then: Instant): boolean =>
  state !== 'failed' || endedAt === null || endedAt > then;

const windowStart = ({ per }: Window, then: Instant): Instant => {
  if (per.shape === 'rolling') return then - per.ms + 1;
  if (per.shape === 'fixed') return then - (((then % per.ms) + per.ms) % per.ms);
  return calendarPeriod(then, per.unit, per.timeZone).start;
};

/** The first instant whose pulls it counts. */
export const countsFrom = (limit: Limit, then: Instant): Instant =>
  limit.kind === 'cooldown' ? then - limit.forMs + 1 : windowStart(limit, then);

const countsOrigin = (limit: Limit, { origin }: Pull): boolean =>
  limit.kind === 'window' ? limit.counts.origins.includes(origin) : limit.after !== 'attempt' || origin === 'forced';

const countsOnSuccess = (limit: Limit): boolean =>
  limit.kind === 'window' ? limit.counts.on === 'success' : limit.after === 'success';

const countsPresence = (limit: Limit, { attended }: Pull): boolean =>
  limit.kind === 'cooldown' || limit.counts.attended === null || limit.counts.attended === attended;

const countsProducts = ({ products }: Limit, pull: Pull): boolean =>
  products === null || products.some((product) => pull.products.includes(product));

/** Whether it says anything of such a pull. */
export const holdsBack = (limit: Limit, pull: Pull): boolean =>
  (limit.applies === 'all' || (limit.applies === 'attended') === pull.attended) && countsProducts(limit, pull);

/** Those of `others` that stood in the limit when the pull was sent. */
export const countedThen = (limit: Limit, pull: Sent, others: readonly Pull[]): readonly Pull[] => {
  const from = countsFrom(limit, pull.sentAt);
  return others.filter(
    (other) =>
      other.id !== pull.id &&
      wasSent(other) &&
      wasBefore(other, pull) &&
      wasKnown(other, pull.sentAt) &&
      stoodAt(other, pull.sentAt) >= from &&
      countsOrigin(limit, other) &&
      countsPresence(limit, other) &&
      countsProducts(limit, other) &&
      (!countsOnSuccess(limit) || mayHaveSucceeded(other, pull.sentAt)),
  );
};

/** With so many before it, it is too many: of all places, and of those that such a request may use. */
export const placesBefore = (limit: Limit, { attended }: Pull): { readonly total: number; readonly own: number } => {
  if (limit.kind === 'cooldown') return { total: 1, own: 1 };
  return { total: limit.count, own: attended ? limit.count : Math.max(0, limit.count - limit.reserveForAttended) };
};

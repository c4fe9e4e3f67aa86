import { feedId, feedScopes, put, remove } from '@freshet/domain';
import type {
  BackgroundWatch,
  DurationMs,
  Effect,
  Feed,
  FeedOutcome,
  FeedScope,
  Instant,
  LateFacts,
} from '@freshet/domain';

/** So many of the last ones of a feed are remembered, each of another connection. */
export const FEED_OUTCOMES = 20;
/** Fewer late at once have reasons of their own. */
const LEAST_MISSED = 3;
/** Of what is expected of it, as far as it is remembered, so much has to be late at once. */
const MISSED_SHARE = 1 / 2;
/** ... and it has ended once less than this part of that is left. */
const LEFT_SHARE = 1 / 2;
/** What one institution withholds is that institution's silence, not its provider's. */
const LEAST_INSTITUTIONS = 2;
/** An outcome that no later one has replaced says nothing after so many periods. */
const OLD_AFTER_PERIODS = 2;

type Watched = Pick<BackgroundWatch, 'id' | 'tenantId' | 'connector' | 'provider' | 'institutionId'>;
type Subject = Pick<Feed, 'id' | 'tenantId' | 'connector' | 'provider' | 'scope' | 'scopeKey'>;

/** The feeds that a connection belongs to, the wider first; one without an institution belongs to its provider's alone. */
export const feedsOver = ({ tenantId, connector, provider, institutionId }: Omit<Watched, 'id'>): readonly Subject[] =>
  feedScopes
    .map((scope) => ({ scope, scopeKey: scope === 'provider' ? '' : institutionId }))
    .filter(({ scope, scopeKey }) => scope === 'provider' || scopeKey !== '')
    .map((of) => {
      const subject = { tenantId, connector, provider, ...of };
      return { ...subject, id: feedId(subject) };
    });

/** What is known of the feeds of one connection. */
export interface FeedFacts {
  /** As far as they are remembered. */
  readonly feeds: readonly Feed[];
  /** How many connections are watched of each, counted up to `FEED_OUTCOMES`; null: nothing was missed, so nobody counted. */
  readonly watched: Readonly<Record<FeedScope, number>> | null;
}

const neededOf = (watched: number): number => Math.max(LEAST_MISSED, Math.ceil(watched * MISSED_SHARE));

const missedOf = (outcomes: readonly FeedOutcome[]): readonly FeedOutcome[] => outcomes.filter(({ came }) => !came);

const isWide = (scope: FeedScope, missed: readonly FeedOutcome[]): boolean =>
  scope === 'institution' || new Set(missed.map(({ institutionId }) => institutionId)).size >= LEAST_INSTITUTIONS;

/** How one connection's refresh went: it came, it was missed, or nothing is expected of it any more. */
export type FeedWord = 'came' | 'missed' | 'gone';

const outcomesAfter = (before: Feed | undefined, of: Watched, word: FeedWord, everyMs: DurationMs, now: Instant) => {
  const others = (before?.outcomes ?? []).filter(({ connectionId }) => connectionId !== of.id);
  // It may have no period any more: that says nothing of the others.
  if (word === 'gone') return others;
  const recent = others.filter(({ at }) => at > now - OLD_AFTER_PERIODS * everyMs);
  const own = { connectionId: of.id, institutionId: of.institutionId, came: word === 'came', at: now };
  return [...recent, own].slice(-FEED_OUTCOMES);
};

const feedAfter = (
  subject: Subject,
  before: Feed | undefined,
  outcomes: readonly FeedOutcome[],
  needed: number,
  mayBegin: boolean,
  now: Instant,
): Feed | null => {
  const missed = missedOf(outcomes);
  const was = before?.silentSince ?? null;
  if (was === null && missed.length === 0) return null;
  const begins = was === null && mayBegin && missed.length >= needed && isWide(subject.scope, missed);
  const ends = was !== null && missed.length < needed * LEFT_SHARE;
  return {
    ...subject,
    outcomes,
    needed,
    silentSince: ends ? null : begins ? now : was,
    endedAt: ends ? now : (before?.endedAt ?? null),
    at: now,
  };
};

/**
 * What the feeds of one connection come to by that word of it. A feed is remembered only while some of it is late, so that
 * one that works costs nothing. It is silent, and told of once, where so many of those that were awaited last are late at
 * once; and not any more once data comes again. While a provider is silent, none of its institutions is told of beside it.
 */
export const feedEffects = (
  of: Watched,
  word: FeedWord,
  { feeds, watched }: FeedFacts,
  everyMs: DurationMs,
  now: Instant,
): readonly Effect[] => {
  let isTold = false;
  return feedsOver(of).flatMap((subject): readonly Effect[] => {
    const before = feeds.find(({ id }) => id === subject.id);
    if (before === undefined && word !== 'missed') return [];
    const needed = watched === null ? (before?.needed ?? LEAST_MISSED) : neededOf(watched[subject.scope]);
    const outcomes = outcomesAfter(before, of, word, everyMs, now);
    const after = feedAfter(subject, before, outcomes, needed, word === 'missed' && !isTold, now);
    isTold ||= after !== null && after.silentSince !== null;
    return [after === null ? remove('feed', subject.id) : put('feed', after)];
  });
};

/** What of these is silent, the widest: as a decision sees it. */
export const silenceIn = (feeds: readonly Feed[]): LateFacts['feed'] => {
  for (const { scope, silentSince, outcomes } of feeds) {
    if (silentSince === null) continue;
    return { scope, since: silentSince, missed: missedOf(outcomes).length, of: outcomes.length };
  }
  return null;
};

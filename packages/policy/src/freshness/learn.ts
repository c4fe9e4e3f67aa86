import { put } from '@freshet/domain';
import type { Connection, ConnectionRates, Effect, Freshness, Instant, Product } from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';
import { learnFromData, learnFromForced, learnFromWord, nothingLearned } from './connection-rates.js';
import type { PostingHours } from './posting-hours.js';

/** What is known of a group's rates when something comes in. */
export interface LearningFacts {
  readonly rates: ConnectionRates | null;
  /** Null: nothing is known of when its banks post. */
  readonly hours: PostingHours | null;
  /** Requests for the group since they were last counted. */
  readonly requests: number;
}

/** Something that ended, as far as rates are learned from it. */
export interface Ended {
  /** Data that came: of which products, as of when, and whether anything was new; null: none came. */
  readonly data: {
    readonly products: readonly Product[];
    readonly asOf: Instant;
    readonly newData: boolean | null;
  } | null;
  /** The freshness of the whole group before it. */
  readonly before: Freshness;
  /** For a forced refresh that got as far as the provider: whether it brought data. */
  readonly forced: boolean | null;
}

const ratesOf = (connection: Connection, learning: LearningFacts, policy: RefreshPolicy, now: Instant) =>
  learning.rates ?? nothingLearned(connection, policy, now);

/** The rates after that, as one row; nothing where it taught nothing, or where nothing was loaded to learn by. */
export const learned = (
  connection: Connection,
  learning: LearningFacts | null,
  { data, before, forced }: Ended,
  policy: RefreshPolicy,
  now: Instant,
): readonly Effect[] => {
  if (learning === null || connection.status === 'DELETED' || (data === null && forced === null)) return [];
  let rates = ratesOf(connection, learning, policy, now);
  if (forced !== null) rates = learnFromForced(rates, forced, now);
  if (data !== null)
    rates = learnFromData(rates, { ...data, before, requests: learning.requests }, policy, learning.hours, now);
  return [put('connectionRates', rates)];
};

/** The provider's word that there is something new at the bank; of what came already it says nothing. */
export const heard = (
  connection: Connection,
  learning: LearningFacts | null,
  word: { readonly at: Instant; readonly lastDataAt: Instant | null },
  policy: RefreshPolicy,
  now: Instant,
): readonly Effect[] => {
  const at = Math.min(word.at, now);
  if (learning === null || at <= (word.lastDataAt ?? Number.NEGATIVE_INFINITY)) return [];
  return [put('connectionRates', learnFromWord(ratesOf(connection, learning, policy, now), at, now))];
};

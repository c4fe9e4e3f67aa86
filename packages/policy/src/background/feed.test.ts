import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE } from '@freshet/domain';
import type { ConnectionId, Effect, Feed, FeedScope } from '@freshet/domain';
import { DAY, noon, tenant } from '../../test/given.js';
import { feedEffects, FEED_OUTCOMES, feedsOver, silenceIn, type FeedWord } from './feed.js';

const of = (name: string, institutionId = 'bank-1') => ({
  ...{ id: `conn_${name}` as ConnectionId, tenantId: tenant, connector: 'meld', provider: 'MX', institutionId },
});

/** What is remembered, moved by nothing but effects; `told`: every silence that began or ended. */
const feedsOf = (watched: Readonly<Record<FeedScope, number>>) => {
  const rows = new Map<string, Feed>();
  const told: string[] = [];
  let now = noon;
  const apply = (effects: readonly Effect[]): void => {
    for (const effect of effects) {
      if (effect.do === 'remove') rows.delete(effect.id);
      if (effect.do !== 'put' || effect.record !== 'feed') continue;
      const feed = effect.row;
      rows.set(feed.id, feed);
      if (feed.silentSince === feed.at) told.push(`${feed.scope} silent`);
      else if (feed.endedAt === feed.at) told.push(`${feed.scope} ended`);
    }
  };
  const said = (one: ReturnType<typeof of>, say: FeedWord, everyMs: number): void => {
    const feeds = feedsOver(one).flatMap(({ id }) => rows.get(id) ?? []);
    apply(feedEffects(one, say, { feeds, watched: say === 'missed' ? watched : null }, everyMs, now));
  };
  const word = (name: string, say: FeedWord, institutionId = 'bank-1', afterMs = MINUTE): void => {
    now += afterMs;
    said(of(name, institutionId), say, DAY);
  };
  const last = (name: string, say: FeedWord, everyMs: number): void => {
    now += MINUTE;
    said(of(name), say, everyMs);
  };
  return { word, last, told, rows, silence: () => silenceIn([...rows.values()]) };
};

describe('a feed', () => {
  test('that works is not remembered', () => {
    const { word, rows } = feedsOf({ provider: 1_000, institution: 1_000 });
    for (let index = 0; index < 50; index += 1) word(`c${index}`, 'came');
    expect(rows.size).toBe(0);
  });

  test.each([
    [1, 1, 3, false],
    [3, 2, 0, false],
    [3, 3, 0, true],
    [10, 4, 0, false],
    [10, 5, 0, true],
    [FEED_OUTCOMES, 9, 11, false],
    [FEED_OUTCOMES, 10, 10, true],
  ])('of %d watched, of which %d were missed and %d came, is silent: %s', (watched, missed, came, silent) => {
    const feeds = feedsOf({ provider: watched, institution: watched });
    for (let index = 0; index < missed; index += 1) feeds.word(`m${index}`, 'missed');
    for (let index = 0; index < came; index += 1) feeds.word(`c${index}`, 'came');
    expect(feeds.told).toEqual(silent ? ['institution silent'] : []);
  });

  test('is told of once, and not once for each connection', () => {
    const { word, told, silence } = feedsOf({ provider: 20, institution: 20 });
    for (let index = 0; index < 30; index += 1) word(`m${index}`, 'missed');
    expect(told).toEqual(['institution silent']);
    expect(silence()).toMatchObject({ scope: 'institution', missed: FEED_OUTCOMES, of: FEED_OUTCOMES });
  });

  test('one that is late again and again counts once', () => {
    const { word, told } = feedsOf({ provider: 3, institution: 3 });
    for (let index = 0; index < 9; index += 1) word('same', 'missed');
    expect(told).toEqual([]);
  });

  test('of a whole provider is silent where it is so over several institutions, and then none of them beside it', () => {
    const { word, told } = feedsOf({ provider: 4, institution: 2 });
    for (const [index, bank] of ['bank-1', 'bank-2', 'bank-1', 'bank-2'].entries()) word(`m${index}`, 'missed', bank);
    expect(told).toEqual(['provider silent']);
  });

  test('ends by itself once data comes again, though some are still late', () => {
    const { word, told, silence } = feedsOf({ provider: 4, institution: 4 });
    for (const name of ['a', 'b', 'c', 'd']) word(name, 'missed');
    word('a', 'came');
    word('b', 'came');
    expect(told).toEqual(['institution silent']);
    word('c', 'came');
    expect(told).toEqual(['institution silent', 'institution ended']);
    expect(silence()).toBeNull();
  });

  test('ends where those that were late are gone', () => {
    const { word, told } = feedsOf({ provider: 3, institution: 3 });
    for (const name of ['a', 'b', 'c']) word(name, 'missed');
    for (const name of ['a', 'b']) word(name, 'gone');
    expect(told).toEqual(['institution silent', 'institution ended']);
  });

  test('does not end where one goes that is pulled by nobody any more, so that it has no period', () => {
    const { word, told, silence, last } = feedsOf({ provider: 6, institution: 6 });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) word(name, 'missed');
    last('a', 'gone', 0);
    expect(told).toEqual(['institution silent']);
    expect(silence()).toMatchObject({ missed: 5, of: 5 });
  });

  test('forgets what is older than two periods', () => {
    const { word, told } = feedsOf({ provider: 3, institution: 3 });
    word('a', 'missed');
    word('b', 'missed', 'bank-1', 2 * DAY);
    word('c', 'missed', 'bank-1', HOUR);
    expect(told).toEqual([]);
  });

  test('without an institution is its provider’s alone', () => {
    expect(feedsOver(of('a', '')).map(({ scope }) => scope)).toEqual(['provider']);
  });
});

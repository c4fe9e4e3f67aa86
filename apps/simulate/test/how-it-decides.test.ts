import { beforeAll, describe, expect, test } from '@jest/globals';
import { formatInstant, HOUR } from '@freshet/domain';
import type { DecisionRecord } from '@freshet/domain';
import { renderReason, renderRefusal } from '@freshet/policy';
import type { WatchedRead } from '@freshet/simulator';
import { existsSync, readFileSync } from 'node:fs';
import { liveDayOfLimits } from '../src/pictures/day-of-limits.js';
import { liveHoursOfPlaces } from '../src/pictures/hours-of-places.js';
import { liveMonthOfMoney } from '../src/pictures/month-of-money.js';
import { decidedAt, liveOneWeek, type OneWeek } from '../src/pictures/one-week.js';

const docs = new URL('../../../docs/', import.meta.url);
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
const page = oneLine(readFileSync(new URL('how-it-decides.md', docs), 'utf8'));

/** A failure tells what is missing, and not the whole page. */
const isOnPage = (text: string): void => expect(page.includes(text) ? 'on the page' : text).toBe('on the page');

/** A list of the page: the sentences as the code renders them now. */
const listed = (sentences: readonly string[]): string =>
  sentences.map((sentence, index) => `${index + 1}. ${sentence}`).join(' ');
const reasonsOf = ({ decision }: DecisionRecord): readonly string[] => decision.reasons.map(renderReason);
const worthOf = ({ decision }: DecisionRecord): string =>
  decision.reasons
    .filter(({ gate }) => gate === 'worth')
    .map(renderReason)
    .join(' ');
const at = (reads: readonly WatchedRead[], instant: string): DecisionRecord => {
  const found = reads.find(({ record }) => formatInstant(record.decidedAt) === instant);
  if (found === undefined) throw new Error(`nobody read at ${instant}`);
  return found.record;
};

const [WEDNESDAY, THURSDAY, FRIDAY] = [2, 3, 4] as const;

describe('the week', () => {
  let week: OneWeek;
  beforeAll(async () => {
    week = await liveOneWeek();
  });

  test('what was decided at 10:00 and at 18:00 stands on the page as it is rendered', () => {
    const [morning, evening] = [decidedAt(week, WEDNESDAY, 10), decidedAt(week, WEDNESDAY, 18)];
    expect([morning.verdict, evening.verdict]).toEqual(['wait', 'force']);
    isOnPage(listed(reasonsOf(morning)));
    // "The first eight sentences were the same. Then:"
    expect(reasonsOf(evening).slice(0, 8)).toEqual(reasonsOf(morning).slice(0, 8));
    isOnPage(listed(reasonsOf(evening).slice(8)));
  });

  test('the whole numbers are those of the decisions', () => {
    const numbers = [10, 18].map((hour) => {
      const data = decidedAt(week, WEDNESDAY, hour).decision.reasons.find(({ gate }) => gate === 'worth')?.data ?? {};
      const [stale, succeeds, gained, wanted] = ['staleChance', 'successChance', 'freshReads', 'price'].map((key) =>
        Number(data[key]),
      ) as [number, number, number, number];
      const now = stale * succeeds;
      return [stale, now, gained - now, gained, wanted].map((each) => Math.round(100 * each));
    });
    const row = (name: string, place: number, bold = ''): string => {
      const cells = numbers.map((column) => `${bold}${column[place]}${bold}`);
      return `| ${name} | ${cells.join(' | ')} |`;
    };
    isOnPage(row('the copy is old in', 0));
    isOnPage(row('this very read becomes fresh (a few refreshes fail) in', 1));
    isOnPage(row('later reads that become fresh too, before the free refresh', 2));
    isOnPage(row('**fresh reads gained, together**', 3, '**'));
    isOnPage(row('wanted for the price', 4));
    const worth = numbers.map((column) => `${((column[3] as number) * 0.2).toFixed(2)} USD`);
    isOnPage(`| what these fresh reads are worth, at 0.20 USD each | ${worth.join(' | ')} |`);
  });

  test('what the page counts in the picture is in it', () => {
    const forced = week.reads.filter(({ record }) => record.verdict === 'force');
    const others = week.reads.filter(({ record }) => record.verdict === 'wait');
    expect({
      reads: week.reads.length,
      forced: forced.length,
      news: forced.filter(({ wasStale }) => wasStale).length,
      fresh: others.filter(({ wasStale }) => !wasStale).length,
      old: others.filter(({ wasStale }) => wasStale).map(({ record }) => formatInstant(record.decidedAt)),
    }).toEqual({ reads: 12, forced: 5, news: 3, fresh: 6, old: ['2028-02-11T09:00:00.000Z'] });
    const held = decidedAt(week, FRIDAY, 18.5);
    expect(held.decision.reasons.map(({ code }) => code)).toContain('LIMIT_REACHED');
    const changed = [...(week.trace.connections[0]?.changes ?? [])].map((each) =>
      formatInstant(week.trace.workload.start + each).slice(0, 16),
    );
    expect(changed).toContain('2028-02-09T16:27');
  });

  test('where the next read is the better moment, that is what is said', () => {
    const thursday = decidedAt(week, THURSDAY, 12.5);
    expect(thursday.verdict).toBe('wait');
    isOnPage(listed([worthOf(thursday)]));
  });
});

test('the refusal of the day of limits is on the page, and its time is exact', async () => {
  const reads = await liveDayOfLimits();
  const refused = at(reads, '2028-01-03T13:00:00.000Z');
  isOnPage(listed([renderRefusal(refused.decision)?.detail ?? '']));
  expect(refused.decision.retryAt).toBe(refused.decidedAt + HOUR);
  expect(at(reads, '2028-01-03T14:00:00.000Z').verdict).toBe('force');
  expect(formatInstant(at(reads, '2028-01-03T17:00:00.000Z').decision.retryAt ?? 0)).toBe('2028-01-03T17:30:00.000Z');
});

test('the two decisions of the month are on the page: the same gain, another price', async () => {
  const reads = await liveMonthOfMoney();
  const monday = at(reads, '2028-01-10T14:31:16.288Z');
  const friday = at(reads, '2028-01-21T15:38:14.043Z');
  expect([monday.verdict, friday.verdict]).toEqual(['force', 'wait']);
  isOnPage(listed([worthOf(monday)]));
  isOnPage(listed([worthOf(friday)]));
});

test('what is said of a refresh that is late, and of a feed that is silent, is on the page', () => {
  const [expectedAt, sinceAt, now] = ['05:00', '08:10', '11:30'].map((time) => Date.parse(`2028-02-10T${time}Z`)) as [
    number,
    number,
    number,
  ];
  const late = { gate: 'worth', code: 'BACKGROUND_LATE', data: { expectedAt, lateMs: now - expectedAt } } as const;
  const silence = { scope: 'institution', sinceAt, silentMs: now - sinceAt, missed: 12, of: 20 };
  isOnPage(listed([renderReason(late)]));
  isOnPage(listed([renderReason({ gate: 'worth', code: 'FEED_SILENT', data: silence })]));
});

test('the two decisions about a place are on the page: the same gain, another price', async () => {
  const reads = await liveHoursOfPlaces();
  const quiet = at(reads, '2028-01-06T07:44:47.674Z');
  const busy = at(reads, '2028-01-07T04:10:52.381Z');
  expect([quiet.verdict, busy.verdict]).toEqual(['force', 'wait']);
  isOnPage(listed([worthOf(quiet)]));
  isOnPage(listed([worthOf(busy)]));
});

test('every picture of the page is there', () => {
  const pictures = [...page.matchAll(/\]\((pictures\/[\w-]+\.svg)\)/g)].map(([, file]) => file ?? '');
  expect(pictures).toHaveLength(4);
  expect(pictures.filter((file) => !existsSync(new URL(file, docs)))).toEqual([]);
});

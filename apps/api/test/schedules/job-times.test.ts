import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE } from '@freshet/domain';
import { readJobTimes, variableOf, type JobTime } from '../../src/schedules/job-times.js';
import { jobNamed, jobs } from '../../src/schedules/jobs.js';

const NOW = Date.parse('2026-03-28T12:00:00.000Z');
const timeOf = (name: string, environment: Readonly<Record<string, string>> = {}): JobTime =>
  readJobTimes(environment).of(jobNamed(name));
const nextOf = (time: JobTime, after: number): string =>
  time.kind === 'times' ? new Date(time.next(after)).toISOString() : 'ticks';

test('every job has a name, a sentence, a variable and a time', () => {
  expect(new Set(jobs.map(variableOf)).size).toBe(jobs.length);
  for (const job of jobs) {
    expect(job.what).toMatch(/^[A-Z].*\.$/);
    expect(readJobTimes({}).of(job).shown).not.toBe('');
  }
});

describe('times', () => {
  test('are cron expressions, in UTC unless told otherwise', () => {
    expect(nextOf(timeOf('nightly-audit'), NOW)).toBe('2026-03-29T02:00:00.000Z');
    expect(nextOf(timeOf('nightly-audit', { SCHEDULE_NIGHTLY_AUDIT: '30 4 * * 1' }), NOW)).toBe(
      '2026-03-30T04:30:00.000Z',
    );
    expect(readJobTimes({}).timeZone).toBe('UTC');
  });

  test('lie after the instant asked for, never at it', () => {
    const time = timeOf('learn-posting-hours');
    expect(nextOf(time, NOW + 45 * MINUTE - 1)).toBe('2026-03-28T12:45:00.000Z');
    expect(nextOf(time, NOW + 45 * MINUTE)).toBe('2026-03-28T13:45:00.000Z');
  });

  test('follow the clocks of their time zone, also through the night that has no two o’clock', () => {
    const london = timeOf('nightly-audit', { SCHEDULE_TIME_ZONE: 'Europe/London' });
    expect(nextOf(london, NOW - 24 * HOUR)).toBe('2026-03-28T02:00:00.000Z');
    // From the 29th on summer time: two o'clock there is one o'clock in UTC.
    expect(nextOf(london, NOW)).toBe('2026-03-29T01:00:00.000Z');
    expect(nextOf(london, NOW + 24 * HOUR)).toBe('2026-03-30T01:00:00.000Z');
  });
});

test('a job that ticks is told its pause', () => {
  expect(timeOf('dispatch-tasks')).toEqual({ kind: 'ticks', everyMs: 200, shown: 'PT0.2S' });
  expect(timeOf('dispatch-tasks', { SCHEDULE_DISPATCH_TASKS: ' PT1H ' })).toMatchObject({ everyMs: HOUR });
});

describe('a setting that cannot be used is named', () => {
  test.each([
    [{ SCHEDULE_DISPATCH_TASKS: 'PT1H0.001S' }, 'SCHEDULE_DISPATCH_TASKS must be a duration from PT0.01S to PT1H'],
    [{ SCHEDULE_DISPATCH_TASKS: '* * * * *' }, 'SCHEDULE_DISPATCH_TASKS must be a duration'],
    [{ SCHEDULE_NIGHTLY_AUDIT: 'PT1S' }, 'SCHEDULE_NIGHTLY_AUDIT must be a cron expression such as'],
    [{ SCHEDULE_NIGHTLY_AUDIT: '0 25 * * *' }, 'SCHEDULE_NIGHTLY_AUDIT must be a cron expression such as'],
    [{ SCHEDULE_TIME_ZONE: 'Europe/Atlantis' }, 'SCHEDULE_TIME_ZONE must be a time zone'],
    [{ SCHEDULE_NIGHTLY_AUDITS: '0 2 * * *' }, 'SCHEDULE_NIGHTLY_AUDITS: no such schedule; there are'],
  ])('%j', (environment, message) => {
    expect(() => readJobTimes(environment)).toThrow(message);
  });
});

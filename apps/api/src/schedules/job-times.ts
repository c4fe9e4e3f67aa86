import { formatDuration, parseDuration, SECOND, type DurationMs, type Instant } from '@freshet/domain';
import { CronTime } from 'cron';
import { SettingsError } from '../engine/settings-error.js';
import { jobs, type Job } from './jobs.js';

/** When a job runs, as it is configured. */
export type JobTime =
  | { readonly kind: 'ticks'; readonly everyMs: DurationMs; readonly shown: string }
  | { readonly kind: 'times'; readonly next: (after: Instant) => Instant; readonly shown: string };

export interface JobTimes {
  readonly timeZone: string;
  readonly of: (job: Job) => JobTime;
}

const PREFIX = 'SCHEDULE_';
const TIME_ZONE = `${PREFIX}TIME_ZONE`;
/** A tick that is missed for longer is noticed by people who wait. */
const LONGEST_TICK_MS = 3_600 * SECOND;
const SHORTEST_TICK_MS = 0.01 * SECOND;

/** `SCHEDULE_NIGHTLY_AUDIT`. */
export const variableOf = ({ name }: Pick<Job, 'name'>): string =>
  `${PREFIX}${name.toUpperCase().replaceAll('-', '_')}`;

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

const ticks = (everyMs: DurationMs): JobTime => ({ kind: 'ticks', everyMs, shown: formatDuration(everyMs) });

const times = (cron: string, timeZone: string): JobTime => {
  const time = new CronTime(cron, timeZone);
  // Asked every second for the time after the same run, and dear to find.
  let known: { readonly after: Instant; readonly at: Instant } | undefined;
  const next = (after: Instant): Instant => {
    if (known?.after !== after) known = { after, at: time.getNextDateFrom(new Date(after), timeZone).toMillis() };
    return known.at;
  };
  return { kind: 'times', next, shown: cron };
};

const timeFrom = (job: Job, text: string | undefined, timeZone: string): JobTime => {
  if ('everyMs' in job.when) {
    if (text === undefined) return ticks(job.when.everyMs);
    const everyMs = parseDuration(text);
    if (everyMs !== undefined && everyMs >= SHORTEST_TICK_MS && everyMs <= LONGEST_TICK_MS) return ticks(everyMs);
    throw new SettingsError(`${variableOf(job)} must be a duration from PT0.01S to PT1H, such as PT1S`);
  }
  const cron = text ?? job.when.cron;
  const { valid, error } = CronTime.validateCronExpression(cron);
  if (valid) return times(cron, timeZone);
  throw new SettingsError(`${variableOf(job)} must be a cron expression such as "0 2 * * *": ${error?.message ?? ''}`);
};

/**
 * The times of all jobs: `SCHEDULE_<JOB>` is a duration for one that ticks, a cron expression for the others, in
 * `SCHEDULE_TIME_ZONE` (UTC). Throws a SettingsError that names the variable; one that no job has is an error too.
 */
export const readJobTimes = (environment: Readonly<Record<string, string | undefined>>): JobTimes => {
  const told = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const known = [TIME_ZONE, ...jobs.map(variableOf)];
  const unknown = Object.keys(environment).filter((name) => name.startsWith(PREFIX) && !known.includes(name));
  if (unknown.length > 0)
    throw new SettingsError(`${unknown.join(', ')}: no such schedule; there are ${known.join(', ')}`);
  const timeZone = told(TIME_ZONE) ?? 'UTC';
  if (!isTimeZone(timeZone)) throw new SettingsError(`${TIME_ZONE} must be a time zone such as Europe/London`);
  const byName = new Map(jobs.map((job) => [job.name, timeFrom(job, told(variableOf(job)), timeZone)]));
  return { timeZone, of: ({ name }) => byName.get(name) as JobTime };
};

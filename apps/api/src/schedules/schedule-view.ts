import type { JobRun } from '@freshet/domain';
import { z } from 'zod';
import { instantView, toInstant, toInstantOrNull } from '../http/wire.js';
import type { ShownJob } from './job-runner.js';

export const runView = z
  .object({
    id: z.string(),
    schedule: z.string(),
    dueAt: instantView.nullable().meta({ description: 'The time that it ran for; null: by hand, or by a tick.' }),
    startedAt: instantView,
    endedAt: instantView.nullable(),
    did: z.int().nullable().meta({ description: 'How much it did; null where it failed or has not ended.' }),
    error: z.string().nullable(),
  })
  .meta({ id: 'ScheduleRun' });
export type RunAnswer = z.infer<typeof runView>;

export const scheduleView = z
  .object({
    name: z.string(),
    what: z.string(),
    when: z.string().meta({
      description: 'A cron expression, or a duration for one that ticks.',
      examples: ['0 2 * * *', 'PT1S'],
    }),
    timeZone: z.string().nullable(),
    running: z.boolean(),
    paused: z.boolean(),
    pausedAt: instantView.nullable(),
    nextRunAt: instantView.nullable().meta({ description: 'Null where it ticks, or is paused.' }),
    lastRun: runView.nullable().meta({ description: 'Ticks that found nothing are not recorded.' }),
  })
  .meta({ id: 'Schedule' });
export type ScheduleAnswer = z.infer<typeof scheduleView>;

export const toRun = ({ id, job, dueAt, startedAt, endedAt, did, error }: JobRun): RunAnswer => ({
  id,
  schedule: job,
  dueAt: toInstantOrNull(dueAt),
  startedAt: toInstant(startedAt),
  endedAt: toInstantOrNull(endedAt),
  did,
  error,
});

export const toSchedule = (shown: ShownJob, timeZone: string): ScheduleAnswer => ({
  name: shown.job.name,
  what: shown.job.what,
  when: shown.time.shown,
  timeZone: shown.time.kind === 'times' ? timeZone : null,
  running: shown.running,
  paused: shown.pausedAt !== null,
  pausedAt: toInstantOrNull(shown.pausedAt),
  nextRunAt: shown.pausedAt === null ? toInstantOrNull(shown.nextAt) : null,
  lastRun: shown.lastRun === null ? null : toRun(shown.lastRun),
});

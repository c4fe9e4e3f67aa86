import { Body, Controller, Get, HttpCode, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { DEFAULT_TENANT, type TenantId } from '@freshet/domain';
import { setJobPaused, type Engine } from '@freshet/flows';
import { z } from 'zod';
import { ENGINE } from '../engine/engine.token.js';
import { Tenant } from '../http/authenticate.js';
import { Describe } from '../http/describe.js';
import { listOf, listQuery, readPage } from '../http/page.js';
import { notFound, Problem } from '../http/problem.js';
import type { JobRunner } from './job-runner.js';
import type { JobTimes } from './job-times.js';
import { jobs, type Job } from './jobs.js';
import { runView, scheduleView, toRun, toSchedule, type RunAnswer, type ScheduleAnswer } from './schedule-view.js';

export const JOB_RUNNER = Symbol('JobRunner');
export const JOB_TIMES = Symbol('JobTimes');

const pausedBody = z.strictObject({ paused: z.boolean() });
const runsQuery = listQuery({});

/** Jobs are the service's: to other tenants than the one that runs it there are none. */
const jobOf = (tenantId: TenantId, name: string): Job => {
  const job = jobs.find((one) => one.name === name);
  if (job === undefined || tenantId !== DEFAULT_TENANT) throw notFound('schedule');
  return job;
};

@Controller('v1/schedules')
export class SchedulesController {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(JOB_RUNNER) private readonly runner: JobRunner,
    @Inject(JOB_TIMES) private readonly times: JobTimes,
  ) {}

  @Get()
  @Describe({
    summary: 'Everything that runs by itself: when, and what its last run did',
    description: 'Schedules are of the whole service; a key of another tenant than the default one sees none.',
    answers: { 200: { description: 'All of them.', schema: listOf(scheduleView) } },
  })
  async list(@Tenant() tenantId: TenantId) {
    const own = tenantId === DEFAULT_TENANT ? jobs : [];
    return { data: await Promise.all(own.map((job) => this.show(job))), nextCursor: null };
  }

  @Get(':name/runs')
  @Describe({
    summary: 'The runs of a schedule, the newest first',
    answers: { 200: { description: 'A page.', schema: listOf(runView) } },
  })
  async runs(
    @Tenant() tenantId: TenantId,
    @Param('name') name: string,
    @Query({ schema: runsQuery }) query: z.output<typeof runsQuery>,
  ) {
    const job = jobOf(tenantId, name);
    const { rows, nextCursor } = await readPage(this.engine, { tenantId, list: `runs of ${name}`, query }, (page) =>
      this.engine.store.read('jobRunsPage', { job: job.name, limit: page.limit, before: page.before }),
    );
    return { data: rows.map(toRun), nextCursor };
  }

  @Post(':name/run')
  @HttpCode(202)
  @Describe({
    summary: 'Run it now',
    description: 'Also while it is paused. It goes on after the answer: read its runs.',
    answers: { 202: { description: 'Started.', schema: runView } },
    problems: ['operation-not-allowed'],
  })
  async run(@Tenant() tenantId: TenantId, @Param('name') name: string): Promise<RunAnswer> {
    const run = await this.runner.runNow(jobOf(tenantId, name));
    if (run === undefined) throw new Problem('operation-not-allowed', `The schedule ${name} is running already.`);
    return toRun(run);
  }

  @Patch(':name')
  @Describe({
    summary: 'Pause or resume a schedule',
    description: 'What falls due meanwhile waits; times that were missed are not made up for.',
    answers: { 200: { description: 'The schedule after it.', schema: scheduleView } },
  })
  async pause(
    @Tenant() tenantId: TenantId,
    @Param('name') name: string,
    @Body({ schema: pausedBody }) { paused }: z.output<typeof pausedBody>,
  ): Promise<ScheduleAnswer> {
    const job = jobOf(tenantId, name);
    await setJobPaused(this.engine, name, paused);
    return this.show(job);
  }

  private async show(job: Job): Promise<ScheduleAnswer> {
    return toSchedule(await this.runner.show(job), this.times.timeZone);
  }
}

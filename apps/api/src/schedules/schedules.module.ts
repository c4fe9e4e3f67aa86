import {
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { SECOND } from '@freshet/domain';
import type { JobRunner } from './job-runner.js';
import type { JobTimes } from './job-times.js';
import { jobs } from './jobs.js';
import { JOB_RUNNER, JOB_TIMES, SchedulesController } from './schedules.controller.js';

/** Ctrl-C waits so long for a job that is in the middle of something. */
export const SHUTDOWN_BOUND_MS = 10 * SECOND;
/** Whether the time of a job has come is looked up so often. */
const TIMES_TICK_MS = SECOND;

/** The named timers. They carry no rule: a tick that finds the last one still at work is skipped. */
@Injectable()
export class Schedules implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(JOB_RUNNER) private readonly runner: JobRunner,
    @Inject(JOB_TIMES) private readonly times: JobTimes,
    @Inject(SchedulerRegistry) private readonly registry: SchedulerRegistry,
  ) {}

  onApplicationBootstrap(): void {
    for (const job of jobs) {
      const time = this.times.of(job);
      const everyMs = time.kind === 'ticks' ? time.everyMs : TIMES_TICK_MS;
      this.registry.addInterval(
        job.name,
        setInterval(() => void this.runner.tick(job), everyMs),
      );
    }
  }

  beforeApplicationShutdown(): Promise<void> {
    for (const { name } of jobs) this.registry.deleteInterval(name);
    return this.runner.stop(SHUTDOWN_BOUND_MS);
  }
}

export const schedulesModule = (runner: JobRunner, times: JobTimes): DynamicModule => ({
  module: SchedulesModule,
  imports: [ScheduleModule.forRoot()],
  controllers: [SchedulesController],
  providers: [Schedules, { provide: JOB_RUNNER, useValue: runner }, { provide: JOB_TIMES, useValue: times }],
});

@Module({})
export class SchedulesModule {}

import { Inject, Injectable, Module, type BeforeApplicationShutdown, type DynamicModule } from '@nestjs/common';
import { Cron, Interval, ScheduleModule } from '@nestjs/schedule';
import type { EngineLog } from '@freshet/flows';
import type { DueWork } from './due-work.js';

const DUE_WORK = Symbol('DueWork');
const LOG = Symbol('EngineLog');

/** Ctrl-C waits so long for a job that is in the middle of something. */
const SHUTDOWN_BOUND_MS = 10_000;

/**
 * The named jobs. Each runs alone: a tick that finds the last one still at work is skipped. They carry no rule: what is
 * due is read from the engine's clock and decided by the turns.
 */
@Injectable()
export class Schedules implements BeforeApplicationShutdown {
  private readonly running = new Map<string, Promise<void>>();
  private stopped = false;

  constructor(
    @Inject(DUE_WORK) private readonly work: DueWork,
    @Inject(LOG) private readonly log: EngineLog,
  ) {}

  @Interval('dispatch-tasks', 200)
  dispatchTasks(): Promise<void> {
    return this.alone('dispatch-tasks', this.work.dispatchTasks);
  }

  @Interval('process-webhooks', 200)
  processWebhooks(): Promise<void> {
    return this.alone('process-webhooks', this.work.processWebhooks);
  }

  @Interval('release-leases', 1_000)
  releaseLeases(): Promise<void> {
    return this.alone('release-leases', this.work.releaseLeases);
  }

  @Interval('run-audits', 1_000)
  runAudits(): Promise<void> {
    return this.alone('run-audits', this.work.runAudits);
  }

  @Cron('0 * * * * *', { name: 'expire-connects', waitForCompletion: true })
  expireConnects(): Promise<void> {
    return this.alone('expire-connects', this.work.expireConnects);
  }

  @Cron('15 * * * * *', { name: 'open-permits', waitForCompletion: true })
  openPermits(): Promise<void> {
    return this.alone('open-permits', this.work.openPermits);
  }

  @Cron('30 * * * * *', { name: 'nightly-audit', waitForCompletion: true })
  nightlyAudit(): Promise<void> {
    return this.alone('nightly-audit', this.work.nightlyAudit);
  }

  @Cron('0 45 * * * *', { name: 'learn-posting-hours', waitForCompletion: true })
  learnPostingHours(): Promise<void> {
    return this.alone('learn-posting-hours', this.work.learnPostingHours);
  }

  @Cron('0 15 * * * *', { name: 'forget-idempotency', waitForCompletion: true })
  forgetIdempotency(): Promise<void> {
    return this.alone('forget-idempotency', this.work.forgetIdempotency);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    let timer: NodeJS.Timeout | undefined;
    const bound = new Promise<void>((resolve) => (timer = setTimeout(resolve, SHUTDOWN_BOUND_MS)));
    await Promise.race([Promise.all(this.running.values()), bound]);
    clearTimeout(timer);
  }

  private alone(name: string, job: () => Promise<void>): Promise<void> {
    if (this.stopped || this.running.has(name)) return Promise.resolve();
    const done = job()
      .catch((error: unknown) => this.log.warn('a scheduled job failed', { job: name, error: String(error) }))
      .finally(() => this.running.delete(name));
    this.running.set(name, done);
    return done;
  }
}

export const schedulesModule = (work: DueWork, log: EngineLog): DynamicModule => ({
  module: SchedulesModule,
  imports: [ScheduleModule.forRoot()],
  providers: [Schedules, { provide: DUE_WORK, useValue: work }, { provide: LOG, useValue: log }],
});

@Module({})
export class SchedulesModule {}

import { MINUTE, SECOND, type DurationMs } from '@freshet/domain';
import type { DueSteps } from './due-work.js';

export interface Job {
  readonly name: string;
  /** For a person who asks what that is. */
  readonly what: string;
  readonly step: keyof DueSteps;
  /** It ticks so often, and most ticks find nothing: only what did something, or failed, is recorded. Else its times. */
  readonly when: { readonly everyMs: DurationMs } | { readonly cron: string };
}

/** Throws for a name that none has: it is a name in our own code. */
export const jobNamed = (name: string): Job => {
  const job = jobs.find((one) => one.name === name);
  if (job === undefined) throw new Error(`there is no job ${name}`);
  return job;
};

/** Everything that runs by itself. What a job finds due it reads from the engine's clock. */
export const jobs: readonly Job[] = [
  {
    name: 'dispatch-tasks',
    what: 'Starts queued refreshes, and looks at those that run.',
    step: 'dispatchTasks',
    when: { everyMs: 0.2 * SECOND },
  },
  {
    name: 'process-webhooks',
    what: 'Reads what providers have sent.',
    step: 'processWebhooks',
    when: { everyMs: 0.2 * SECOND },
  },
  {
    name: 'release-leases',
    what: 'Frees the refreshes of workers that are gone.',
    step: 'releaseLeases',
    when: { everyMs: SECOND },
  },
  { name: 'run-audits', what: 'Runs the audits that were asked for.', step: 'runAudits', when: { everyMs: SECOND } },
  {
    name: 'expire-connects',
    what: 'Ends connects that nobody completed within four hours.',
    step: 'expireConnects',
    when: { everyMs: MINUTE },
  },
  {
    name: 'look-at-repairs',
    what: 'Reads the status of connections whose customer was sent to repair them.',
    step: 'lookAtRepairs',
    when: { everyMs: 5 * SECOND },
  },
  {
    name: 'end-consents',
    what: 'Gives connections whose consent has ended the status that the catalogue says.',
    step: 'endConsents',
    when: { everyMs: MINUTE },
  },
  {
    name: 'warn-of-consents',
    what: 'Marks connections whose consent ends soon.',
    step: 'warnOfConsents',
    when: { cron: '30 * * * *' },
  },
  {
    name: 'sweep-pulls',
    what: 'Pulls connections that nobody else refreshes, as they fall due: by a task, or a permit where their team reads.',
    step: 'sweepPulls',
    when: { everyMs: MINUTE },
  },
  {
    name: 'watch-backgrounds',
    what: 'Sees whether the refreshes that providers make by themselves came, and reads those that nobody tells of.',
    step: 'watchBackgrounds',
    when: { everyMs: MINUTE },
  },
  {
    name: 'plan-sweeps',
    what: 'Plans the next day of those pulls: which, when, and at what price.',
    step: 'planSweeps',
    when: { cron: '20 */6 * * *' },
  },
  {
    name: 'nightly-audit',
    what: 'Asks for the audit of every tenant.',
    step: 'nightlyAudit',
    when: { cron: '0 2 * * *' },
  },
  {
    name: 'learn-posting-hours',
    what: 'Learns when in the week the banks behind each provider post.',
    step: 'learnPostingHours',
    when: { cron: '45 * * * *' },
  },
  {
    name: 'forget-idempotency',
    what: 'Forgets answers whose Idempotency-Key is over.',
    step: 'forgetIdempotency',
    when: { cron: '15 * * * *' },
  },
  {
    name: 'prune',
    what: 'Removes what is kept long enough, in small steps.',
    step: 'prune',
    when: { cron: '0 4 * * *' },
  },
  {
    name: 'forget-job-runs',
    what: 'Forgets runs of these jobs after thirty days.',
    step: 'forgetJobRuns',
    when: { cron: '30 3 * * *' },
  },
];

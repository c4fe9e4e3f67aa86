import { chanceOf } from '../random.js';
import type { Trace } from '../workload/trace.js';
import type { Workload } from '../workload/workload.js';
import { courseOf, type Course } from './course.js';
import type { Moment, Ruler } from './ruler.js';
import type { Tally } from './tally.js';
import { timetableOf } from './timetable.js';
import { accountWindow, type AccountWindow } from './windows.js';

/** Whether the nth forced refresh of a connection fails at the bank: the same for every ruler and policy. */
export const failsAt = ({ seed, forcedFailure }: Workload, connection: number, nth: number): boolean =>
  forcedFailure > 0 && chanceOf(seed, connection, nth, 5) < forcedFailure;

type Counts = { -readonly [Key in Exclude<keyof Tally, 'name' | 'reads'>]: number };

/** One pass over a trace: what a timetable calls and what customers read, as it comes. */
const runOf = ({ workload }: Trace, ruler: Ruler, account: AccountWindow, counts: Counts) => {
  const isOpen = (course: Course, at: number): boolean =>
    at - course.forcedAt() >= workload.minGapMs && account.isOpen(at);

  /** Whether fresh data came. */
  const force = (course: Course, at: number): boolean => {
    if (!isOpen(course, at)) {
      if (!ruler.mindsLimits) counts.violations += 1;
      return false;
    }
    const { index, priceMicros } = course.connection;
    const isFailed = failsAt(workload, index, course.calls());
    account.enter(at);
    course.called(at);
    counts.forced += 1;
    if (!isFailed || workload.billedOn === 'attempt') counts.spentMicros += priceMicros;
    if (isFailed) counts.failed += 1;
    else course.pulled(at);
    return !isFailed;
  };

  const moment = {} as Moment;
  const seen = (course: Course, at: number, isStale: boolean): Moment => {
    moment.connection = course.connection;
    moment.at = at;
    moment.ageMs = at - course.pulledAt(at);
    moment.sinceForcedMs = at - course.forcedAt();
    moment.untilBackgroundMs = course.nextBackground() - at;
    moment.isStale = isStale;
    moment.isSignalled = course.isSignalled(at);
    return moment;
  };
  const readAt = (course: Course, at: number): void => {
    const isStale = course.isStale(at);
    const isForced = ruler.kind === 'at-read' && ruler.forces(seen(course, at, isStale)) && force(course, at);
    if (isForced || !isStale) counts.fresh += 1;
  };
  return { force, readAt };
};

type Run = ReturnType<typeof runOf>;

const NO_TIMES = new Float64Array();

const timesOf = (trace: Trace, ruler: Ruler, index: number): Float64Array => {
  const connection = trace.connections[index];
  const perDay = ruler.kind === 'timetable' ? (ruler.perDay[index] ?? 0) : 0;
  return connection === undefined || perDay <= 0 ? NO_TIMES : timetableOf(trace, connection, perDay);
};

/** A timetable's call at the moment of a read comes before it. */
const alone = (run: Run, course: Course, times: Float64Array): void => {
  const { reads } = course.connection;
  let next = 0;
  for (const read of reads) {
    for (; next < times.length && (times[next] as number) <= read; next += 1) run.force(course, times[next] as number);
    run.readAt(course, read);
  }
  for (; next < times.length; next += 1) run.force(course, times[next] as number);
};

interface Step {
  readonly at: number;
  readonly course: Course;
  readonly isRead: boolean;
}

/** Where connections share a window, what happens has to happen in one order over all of them. */
const together = (run: Run, courses: readonly Course[], timesAt: (index: number) => Float64Array): void => {
  const steps = courses.flatMap((course, index): Step[] => [
    ...Array.from(timesAt(index), (at) => ({ at, course, isRead: false })),
    ...Array.from(course.connection.reads, (at) => ({ at, course, isRead: true })),
  ]);
  // The sort is stable: of one connection the call stays before the read.
  steps.sort((a, b) => a.at - b.at);
  for (const { at, course, isRead } of steps) {
    if (isRead) run.readAt(course, at);
    else run.force(course, at);
  }
};

/** What a ruler would have reached in this trace, and for how much. Pure: the same trace and ruler give the same tally. */
export const replay = (trace: Trace, ruler: Ruler): Tally => {
  const { workload, connections, reads } = trace;
  const counts: Counts = { fresh: 0, spentMicros: 0, forced: 0, failed: 0, violations: 0 };
  const run = runOf(trace, ruler, accountWindow(workload.cap), counts);
  const courses = connections.map((connection) => courseOf(connection, workload.backgroundEveryMs));
  if (workload.cap === null) courses.forEach((course, index) => alone(run, course, timesOf(trace, ruler, index)));
  else together(run, courses, (index) => timesOf(trace, ruler, index));
  return { name: ruler.name, reads, ...counts };
};

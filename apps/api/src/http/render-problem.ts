import { formatInstant, SECOND, type Instant } from '@freshet/domain';
import { problems, problemType, type Problem } from './problem.js';

/** Where nobody knows when: soon enough for a person, seldom enough for a machine. */
const RETRY_UNKNOWN_SECONDS = 60;
const IN_FLIGHT_SECONDS = 1;

export interface RenderedProblem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RequestFacts {
  /** The path as it was asked for, without the query: that may hold what does not belong into a log. */
  readonly path: string;
  readonly requestId: string;
  readonly now: Instant;
}

/** Rounded up, so that who waits as told is never too early. */
const secondsUntil = (at: Instant, now: Instant): number => Math.max(1, Math.ceil((at - now) / SECOND));

const retryAfter = (problem: Problem, now: Instant): number | null => {
  const { status } = problems[problem.slug];
  if (problem.slug === 'idempotency-in-flight') return IN_FLIGHT_SECONDS;
  if (status !== 429 && status !== 503) return null;
  const { retryAt } = problem.facts;
  return retryAt === undefined || retryAt === null ? RETRY_UNKNOWN_SECONDS : secondsUntil(retryAt, now);
};

/** RFC 9457, with the members that help; those without a value are left out, but `operation` may be null. */
export const renderProblem = (problem: Problem, { path, requestId, now }: RequestFacts): RenderedProblem => {
  const { status, title } = problems[problem.slug];
  const { retryAt, ...facts } = problem.facts;
  const body = {
    type: problemType(problem.slug),
    title,
    status,
    detail: problem.detail,
    instance: path,
    requestId,
    ...(retryAt === undefined || retryAt === null ? {} : { retryAt: formatInstant(retryAt) }),
    ...facts,
  };
  const seconds = retryAfter(problem, now);
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(seconds === null ? {} : { 'retry-after': String(seconds) }),
      ...(problem.slug === 'unauthorized' ? { 'www-authenticate': 'Bearer realm="freshet"' } : {}),
    },
    body: JSON.stringify(body),
  };
};

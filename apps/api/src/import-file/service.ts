import { setTimeout as pause } from 'node:timers/promises';
import { MINUTE, SECOND, type DurationMs } from '@freshet/domain';
import { ImportError } from './import-error.js';

/** What one batch came to: rows that went in, or what is wrong with which of them, and then none did. */
export type Answer =
  | { readonly created: number; readonly updated: number }
  | { readonly faults: readonly { readonly index: number; readonly message: string }[] };

export interface Service {
  readonly url: URL;
  readonly key: string;
  /** Told when it has to wait. */
  readonly note: (line: string) => void;
}

/** Together about nine minutes: a service that is restarted, or a provider that asks for a pause. */
const PAUSES_MS: readonly DurationMs[] = [1, 2, 5, 10, 20, 30, 60, 60, 120, 120, 120].map(
  (seconds) => seconds * SECOND,
);
const ANSWER_WITHIN_MS: DurationMs = 5 * MINUTE;
const MAY_PASS_LATER: ReadonlySet<number> = new Set([408, 409, 429, 500, 502, 503, 504]);

interface Told {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: unknown;
}

const bodyOf = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
};

const post = async ({ url, key }: Service, rows: readonly unknown[]): Promise<Told | string> => {
  try {
    const response = await fetch(new URL('/v1/connections/import', url), {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ connections: rows }),
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const body = bodyOf(await response.text());
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body };
  } catch (error) {
    const cause = (error as { readonly cause?: { readonly code?: string } }).cause?.code;
    return cause ?? (error as Error).message;
  }
};

interface Problem {
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
}

const ROW = /^\/connections\/(\d+)(?:\/|$)/;

/** Null: what is wrong is not about single rows. */
const faultsIn = ({ errors = [] }: Problem): readonly { readonly index: number; readonly message: string }[] | null => {
  const faults = errors.map(({ pointer, message }) => ({ index: Number(ROW.exec(pointer)?.[1] ?? NaN), message }));
  return faults.length === 0 || faults.some(({ index }) => Number.isNaN(index)) ? null : faults;
};

const answerIn = ({ status, body }: Told, service: Service): Answer => {
  if (status === 201) {
    const { data } = body as { readonly data: readonly { readonly imported: string }[] };
    const created = data.filter(({ imported }) => imported === 'created').length;
    return { created, updated: data.length - created };
  }
  const problem = (body ?? {}) as Problem;
  const faults = status === 400 ? faultsIn(problem) : null;
  if (faults !== null) return { faults };
  if (status === 401 || status === 403)
    throw new ImportError(`${service.url.origin} does not take the key in FRESHET_API_KEY.`);
  throw new ImportError(
    `${service.url.origin} answered ${status}: ${problem.detail ?? 'it does not seem to be a Freshet'}.`,
  );
};

const pauseOf = (told: Told | string, fallback: DurationMs): DurationMs => {
  const seconds = typeof told === 'string' ? NaN : Number(told.retryAfter ?? NaN);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds * SECOND, 0), 10 * MINUTE) : fallback;
};

const spoken = (told: Told | string): string =>
  typeof told === 'string' ? `could not be reached (${told})` : `answered ${told.status}`;

/** Imports rows, all or none. Asks again where that may help; throws an ImportError where it does not. */
export const importRows = async (service: Service, rows: readonly unknown[]): Promise<Answer> => {
  for (const fallback of PAUSES_MS) {
    const told = await post(service, rows);
    if (typeof told !== 'string' && !MAY_PASS_LATER.has(told.status)) return answerIn(told, service);
    const waitMs = pauseOf(told, fallback);
    service.note(`${service.url.origin} ${spoken(told)}: asked again in ${Math.ceil(waitMs / SECOND)} s`);
    await pause(waitMs);
  }
  const told = await post(service, rows);
  if (typeof told !== 'string' && !MAY_PASS_LATER.has(told.status)) return answerIn(told, service);
  throw new ImportError(`${service.url.origin} ${spoken(told)}, again and again.`);
};

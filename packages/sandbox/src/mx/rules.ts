import type { MxJob } from '../books/records.js';

/** MX's rules as data. They are written down apart from the engine's on purpose: the two are compared by tests. */
const HOUR_MS = 60 * 60_000;

/** docs.mx.com, "Background and foreground": after a successful aggregation of either kind. */
export const AGGREGATION_PAUSE_MS = 3 * HOUR_MS;
/** The same page: whoever was aggregated within this time is left out of the background run. */
export const BACKGROUND_PAUSE_MS = 20 * HOUR_MS;
export const BACKGROUND_EVERY_MS = 24 * HOUR_MS;
/** docs.mx.com, Atrium: "Balance jobs are limited to 5 requests every 2 hours". */
export const BALANCE_CHECKS = { count: 5, perMs: 2 * HOUR_MS } as const;
/** How long a bank's question stays open. Each bank has its own time; no page names one. */
export const QUESTION_LIFE_MS = 10 * 60_000;
export const WIDGET_LIFE_MS = 10 * 60_000;

/** `connection_status` in the order of its ids. */
export const STATUSES = [
  'CREATED',
  'PREVENTED',
  'DENIED',
  'CHALLENGED',
  'REJECTED',
  'LOCKED',
  'CONNECTED',
  'IMPEDED',
  'RECONNECTED',
  'DEGRADED',
  'DISCONNECTED',
  'DISCONTINUED',
  'CLOSED',
  'DELAYED',
  'FAILED',
  'UPDATED',
  'DISABLED',
  'IMPORTED',
  'RESUMED',
  'EXPIRED',
  'IMPAIRED',
  'PENDING',
] as const;

const NEEDS_CREDENTIALS: readonly (string | null)[] = [null, 'PREVENTED', 'DENIED', 'IMPORTED', 'IMPAIRED'];
const NEVER_STARTS: readonly (string | null)[] = [
  ...NEEDS_CREDENTIALS,
  'LOCKED',
  'IMPEDED',
  'DISCONNECTED',
  'DISCONTINUED',
  'CLOSED',
  'DISABLED',
];
const IN_BACKGROUND: readonly (string | null)[] = ['CONNECTED', 'UPDATED', 'CREATED'];
const ASKED_AGAIN: readonly (string | null)[] = ['CHALLENGED', 'REJECTED', 'EXPIRED'];
/** docs.mx.com, "Connection status" webhooks: the end user can do something about these. */
const TOLD: readonly (string | null)[] = [
  'CHALLENGED',
  'DENIED',
  'EXPIRED',
  'IMPAIRED',
  'IMPEDED',
  'LOCKED',
  'PREVENTED',
  'REJECTED',
];

export const needsCredentials = (status: string | null): boolean => NEEDS_CREDENTIALS.includes(status);
/** MX takes the call and attempts nothing. */
export const neverStarts = (status: string | null): boolean => NEVER_STARTS.includes(status);
export const isPulledByItself = (status: string | null): boolean => IN_BACKGROUND.includes(status);
/** The bank has a question that was not answered: the next job meets it again. */
export const asksAgain = (status: string | null): boolean => ASKED_AGAIN.includes(status);
export const isTold = (status: string | null): boolean => TOLD.includes(status);
export const idOf = (status: string | null): number | null => {
  const id = (STATUSES as readonly (string | null)[]).indexOf(status);
  return id < 0 ? null : id;
};

/** Only ordinary aggregations are held back by the pause: errors page, 202 (3). */
export const isHeldBack = (kind: MxJob['kind'], lastSuccessAt: number | null, at: number): boolean =>
  kind === 'AGGREGATION' && lastSuccessAt !== null && at - lastSuccessAt < AGGREGATION_PAUSE_MS;

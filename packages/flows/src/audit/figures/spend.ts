import { DAY, formatInstant } from '@freshet/domain';
import type { Instant, LedgerEntry } from '@freshet/domain';
import type { TaskWithLedger } from '@freshet/ports';
import { LOOK_BACK_MS } from '../charged-refreshes.js';
import type { Sum } from './sums.js';

/** Figures by day begin with the day that the checks of money look back to. */
export const figuresFrom = (now: Instant): Instant => Math.floor((now - LOOK_BACK_MS) / DAY) * DAY;

/** The day, in UTC. */
export const dayOf = (at: Instant): string => formatInstant(at).slice(0, 'yyyy-mm-dd'.length);

const spent = ({ provider, currency, at }: LedgerEntry, kind: LedgerEntry['kind'], micros: number): Sum => [
  ['spend', provider, currency, kind, dayOf(at)],
  micros,
];

/** What was paid, or may have been, on the day on which that was settled. */
export const spendOf = (entry: LedgerEntry, now: Instant): readonly Sum[] =>
  (entry.kind === 'charged' || entry.kind === 'uncertain') && entry.micros !== 0 && entry.at >= figuresFrom(now)
    ? [spent(entry, entry.kind, entry.micros)]
    : [];

/** What is held for a refresh and was not settled, on the day since which it has been held. */
export const heldOf = ({ entries }: TaskWithLedger, now: Instant): readonly Sum[] => {
  const settled = new Set(entries.filter(({ kind }) => kind !== 'reserved').map(({ pullId }) => pullId));
  return entries
    .filter(({ pullId, micros, at }) => !settled.has(pullId) && micros !== 0 && at >= figuresFrom(now))
    .map((entry) => spent(entry, 'reserved', entry.micros));
};

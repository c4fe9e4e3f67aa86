import { formatAmount, formatDuration, type ReasonData } from '@freshet/domain';
import { toInstant } from '../http/wire.js';

type Value = ReasonData[string];

/** Names under which a reason carries a time; the rest end in `At`. */
const times: ReadonlySet<string> = new Set(['at', 'until', 'from', 'to', 'earliest', 'latest', 'periodEnd']);

interface Field {
  /** Without its unit. */
  readonly name: string;
  /** Null: it is written as it is. */
  readonly write: ((value: number) => string) | null;
}

const fieldOf = (name: string): Field => {
  if (times.has(name) || name.endsWith('At')) return { name, write: toInstant };
  if (name.endsWith('Ms')) return { name: name.slice(0, -'Ms'.length), write: formatDuration };
  if (name.endsWith('Micros')) return { name: name.slice(0, -'Micros'.length), write: formatAmount };
  return { name, write: null };
};

/** Reasons are made by our own gates: their names are few, and looked up instead of taken apart for each answer. */
const fields = new Map<string, Field>();

const known = (name: string): Field => {
  const found = fields.get(name) ?? fieldOf(name);
  fields.set(name, found);
  return found;
};

/**
 * The numbers behind a reason as the wire writes times, lengths and amounts everywhere else; inside the engine they are
 * milliseconds and micros, and say so in their names.
 */
export const writtenData = (data: ReasonData): ReasonData => {
  const written: Record<string, Value> = {};
  for (const key of Object.keys(data)) {
    const value = data[key] as Value;
    const { name, write } = known(key);
    written[name] = write !== null && typeof value === 'number' ? write(value) : value;
  }
  return written;
};

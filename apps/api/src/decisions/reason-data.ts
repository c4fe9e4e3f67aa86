import { formatAmount, formatDuration, formatInstant, type ReasonData } from '@freshet/domain';

type Value = ReasonData[string];

/** Names under which a reason carries a time; the rest end in `At`. */
const times: ReadonlySet<string> = new Set(['at', 'until', 'from', 'to', 'earliest', 'latest', 'periodEnd']);

const isTime = (name: string): boolean => times.has(name) || name.endsWith('At');

/** Engine numbers carry their unit in their name; on the wire they are written like every other time, length and amount. */
const written = ([name, value]: [string, Value]): [string, Value] => {
  if (typeof value === 'number' && isTime(name)) return [name, formatInstant(value)];
  const unit = /(Ms|Micros)$/.exec(name)?.[0];
  if (unit === undefined || (typeof value !== 'number' && value !== null)) return [name, value];
  const bare = name.slice(0, -unit.length);
  if (value === null) return [bare, null];
  return [bare, unit === 'Ms' ? formatDuration(value) : formatAmount(value)];
};

export const writtenData = (data: ReasonData): ReasonData => Object.fromEntries(Object.entries(data).map(written));

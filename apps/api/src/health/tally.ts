import { Counter, type Registry } from 'prom-client';

/** Counts one more under these values of its labels, in their order. */
export type Tally = (...values: readonly string[]) => void;

/** No value of a label has it: they are all names of ours. */
const SEPARATOR = '\n';

/**
 * A counter that is cheap to move: it is handed to the registry when somebody scrapes, not for each request. Labels have
 * few values, so the map stays small.
 */
export const createTally = (
  registry: Registry,
  { name, help, labels }: { readonly name: string; readonly help: string; readonly labels: readonly string[] },
): Tally => {
  const counts = new Map<string, number>();
  const named = (key: string): Record<string, string> =>
    Object.fromEntries(key.split(SEPARATOR).map((value, index) => [labels[index] ?? '', value]));
  new Counter({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      this.reset();
      for (const [key, count] of counts) this.inc(named(key), count);
    },
  });
  return (...values) => {
    const key = values.join(SEPARATOR);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
};

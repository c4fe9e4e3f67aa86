import { formatAmount, formatDuration, formatInstant } from '@freshet/domain';
import type { ConnectorName, ProviderName } from '@freshet/domain';
import { buildPolicyBook, type PolicyBook } from '@freshet/policy';
import type { Workload } from '../workload/workload.js';

export const SIMULATED_PROVIDER: ProviderName = 'SIMULATED';
export const SIMULATED_CONNECTOR: ConnectorName = 'simulated';

/** Each price has an institution of its own, because prices are told apart by what an override can name. */
export const institutionOf = (priceMicros: number): string => `bank-${priceMicros}`;

/** What the provider of a workload is like, in the words of a policy file. */
const entryOf = (workload: Workload) => {
  const { start, backgroundEveryMs, cap, minGapMs } = workload;
  const figure = (value: unknown) => ({
    value,
    source: `workload ${workload.name}`,
    checkedOn: formatInstant(start).slice(0, 10),
  });
  const gap = { kind: 'cooldown', scope: 'connection', after: 'attempt', for: formatDuration(minGapMs) };
  const window = cap && {
    kind: 'window',
    scope: 'account',
    count: cap.count,
    per: { shape: 'rolling', length: formatDuration(cap.perMs) },
    counts: { origins: ['forced'] },
  };
  return {
    title: 'Simulated',
    reachedThrough: [SIMULATED_CONNECTOR],
    duplicates: figure('twins'),
    background: {
      owner: figure('provider'),
      every: figure(formatDuration(backgroundEveryMs)),
      staleAfter: figure(formatDuration(2 * backgroundEveryMs)),
    },
    forced: { available: figure(true), unattended: figure(true) },
    limits: [
      ...(minGapMs > 0 ? [{ name: 'simulated-gap', limit: figure(gap) }] : []),
      ...(window === null ? [] : [{ name: 'simulated-account', limit: figure(window) }]),
    ],
  };
};

const priceOverrides = ({ priceMicros, currency, billedOn }: Workload) =>
  [...new Set(priceMicros)].map((micros) => ({
    match: { provider: SIMULATED_PROVIDER, institution: institutionOf(micros) },
    set: { price: { currency, perRequest: formatAmount(micros), billedOn } },
  }));

/** A whole amount for the calendar month: budgets know no others than those of the calendar. */
const budgetOf = ({ connections, currency }: Workload, perConnectionMonth: number) => ({
  name: 'simulated-month',
  provider: SIMULATED_PROVIDER,
  period: 'month',
  timeZone: 'UTC',
  amount: formatAmount(Math.round(perConnectionMonth * connections * 1_000_000)),
  currency,
});

export interface SimulatedBook {
  /** As it was parsed; null: the catalogue alone. */
  readonly policyFile: unknown;
  readonly fileName?: string;
  /** A budget to add to the file's own; null: none. */
  readonly perConnectionMonth?: number | null;
  readonly hash: (text: string) => string;
}

const isFile = (file: unknown): file is Readonly<Record<string, unknown>> =>
  typeof file === 'object' && file !== null && !Array.isArray(file);

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);

/**
 * The policies of a file in the world of a workload: the file as it is, with the workload's provider, its prices and
 * limits added. Overrides of the file for everybody, or for the provider SIMULATED, hold there too.
 */
export const simulatedBook = (workload: Workload, book: SimulatedBook): PolicyBook => {
  const { hash, fileName, perConnectionMonth = null } = book;
  const file = book.policyFile ?? { version: 1 };
  // What is no policy file at all is left to the policy book to refuse.
  const policyFile = isFile(file)
    ? {
        ...file,
        providers: { ...(file['providers'] as object | undefined), [SIMULATED_PROVIDER]: entryOf(workload) },
        overrides: [...list(file['overrides']), ...priceOverrides(workload)],
        budgets: [
          ...list(file['budgets']),
          ...(perConnectionMonth === null ? [] : [budgetOf(workload, perConnectionMonth)]),
        ],
      }
    : file;
  return buildPolicyBook({ policyFile, hash, ...(fileName === undefined ? {} : { fileName }) });
};

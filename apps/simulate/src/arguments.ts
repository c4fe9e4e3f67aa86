import { parseArgs } from 'node:util';
import { InputError } from './input-error.js';

export const USAGE = `npm run simulate -- [options]

  --workload FILE    what happens (default: examples/workloads/reference.yaml)
  --policy FILE      the policy under test, as POLICY_FILE of the service (default: the catalogue alone)
  --history FILE     what a running Freshet recorded, instead of a workload: what would it have cost?
  --record FILE      write what the policy does in the workload as a history, instead of measuring it
  --spend AMOUNTS    run the policy under these budgets too, and every ruler at the same spend;
                     per connection and 30 days (default: 0.5,1.1,2.2; none: as the file has it)
  --seed NUMBER      another seed than the workload's
  --rates learned|true   whether the policy starts with the workload's true rates (default: learned)
  --out DIR          write report.json and plot.svg there too
  --help             this text
`;

const OPTIONS = {
  workload: { type: 'string', default: 'examples/workloads/reference.yaml' },
  policy: { type: 'string' },
  history: { type: 'string' },
  record: { type: 'string' },
  spend: { type: 'string', default: '0.5,1.1,2.2' },
  seed: { type: 'string' },
  rates: { type: 'string', default: 'learned' },
  out: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

export interface Arguments {
  readonly workload: string;
  readonly policy: string | null;
  readonly history: string | null;
  readonly record: string | null;
  readonly spends: readonly number[];
  readonly seed: number | null;
  readonly rates: 'learned' | 'true';
  readonly out: string | null;
  readonly help: boolean;
}

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    throw new InputError(`${(error as Error).message}\n\n${USAGE}`);
  }
};

const spendsOf = (text: string): readonly number[] => {
  const spends = text === 'none' ? [] : text.split(',').map(Number);
  if (spends.some((spend) => !(spend > 0 && Number.isFinite(spend)))) {
    throw new InputError(`--spend: expected amounts above zero, such as 0.5,1.1, or none, got ${text}`);
  }
  return spends;
};

const seedOf = (text: string | undefined): number | null => {
  if (text === undefined) return null;
  if (!/^\d{1,9}$/.test(text)) throw new InputError(`--seed: expected a whole number, got ${text}`);
  return Number(text);
};

const ratesOf = (text: string): Arguments['rates'] => {
  if (text !== 'learned' && text !== 'true') throw new InputError(`--rates: expected learned or true, got ${text}`);
  return text;
};

export const readArguments = (args: readonly string[]): Arguments => {
  const { workload, policy = null, history = null, record = null, spend, seed, rates, out = null, help } = parsed(args);
  return {
    workload,
    policy,
    history,
    record,
    spends: spendsOf(spend),
    seed: seedOf(seed),
    rates: ratesOf(rates),
    out,
    help,
  };
};

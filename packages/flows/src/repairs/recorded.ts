import { idOf, insert, update } from '@freshet/domain';
import type { Effect, Finding, Repair } from '@freshet/domain';
import { read, type Loader } from '@freshet/ports';
import type { Engine } from '../engine.js';

/** Which finding is repaired, and for whom. */
export interface Repairing {
  readonly engine: Engine;
  readonly finding: Finding;
  /** The request that asked for it. */
  readonly by: string;
}

/** What became of one repair. Only the first of them changed anything. */
export type Attempt =
  | { readonly kind: 'repaired'; readonly repair: Repair }
  | { readonly kind: 'already-right' }
  | { readonly kind: 'not-repairable'; readonly why: string };

/** What a turn decided: the effects, and the rows that they change as they were. */
export interface Planned {
  readonly what: string;
  readonly rows: readonly { readonly id: string }[];
  readonly effects: readonly Effect[];
}

export const notRepairable = (why: string): Attempt => ({ kind: 'not-repairable', why });
export const ALREADY_RIGHT: Attempt = { kind: 'already-right' };

/** Sealed or fleeting: no record keeps them. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'id',
  'tenantId',
  'credentials',
  'presence',
  'presenceUntil',
  'updatedAt',
]);

type Values = Record<string, unknown>;
type ByRow = Record<string, Values>;

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The columns that a row's new values change, as they were and as they are. */
const note = (before: ByRow, after: ByRow, row: { readonly id: string }, values: object): void => {
  const was = row as unknown as Values;
  const changed = Object.entries(values).filter(([key, value]) => !LEFT_OUT.has(key) && !same(was[key], value));
  if (changed.length === 0) return;
  before[row.id] = { ...Object.fromEntries(changed.map(([key]) => [key, was[key] ?? null])), ...before[row.id] };
  after[row.id] = { ...after[row.id], ...Object.fromEntries(changed) };
};

/** Values before and after, by row; of money that was settled, what it was settled as. */
const changesOf = ({ rows, effects }: Planned): { readonly before: ByRow; readonly after: ByRow } => {
  const [before, after]: [ByRow, ByRow] = [{}, {}];
  const known = new Map(rows.map((row) => [row.id, row]));
  for (const effect of effects) {
    if (effect.do === 'update') {
      const row = known.get(effect.id);
      if (row !== undefined) note(before, after, row, effect.set);
    } else if (effect.do === 'put') {
      const row = known.get(effect.row.id);
      if (row !== undefined) note(before, after, row, effect.row);
    } else if (effect.do === 'insert' && effect.record === 'ledgerEntry') {
      const { id, kind, micros, currency } = effect.row;
      after[id] = { kind, micros, currency };
    }
  }
  return { before, after };
};

const recordOf = ({ engine, finding, by }: Repairing, planned: Planned): Repair => ({
  id: idOf('repair', engine.ids.next()),
  tenantId: finding.tenantId,
  auditId: finding.auditId,
  findingId: finding.id,
  check: finding.check,
  what: planned.what,
  ...changesOf(planned),
  by,
  at: engine.clock.now(),
});

/** The cause that status changes and ledger rows of a repair name. */
export const causeOf = ({ finding }: Repairing): string => `repair of ${finding.id}`;

/** One turn that loads the facts anew, repairs what is still wrong, and records it with that. */
export const recordedTurn = async <Facts>(
  repairing: Repairing,
  load: () => Loader<Facts>,
  plan: (facts: Facts) => Planned | Attempt,
): Promise<Attempt> => {
  const { engine, finding } = repairing;
  const decided = await engine.store.turn(
    function* () {
      const { tenantId, id } = finding;
      return { facts: yield* load(), isThere: (yield* read('finding', { tenantId, id })) !== null };
    },
    ({ facts, isThere }): { readonly attempt: Attempt; readonly effects: readonly Effect[] } => {
      const planned = plan(facts);
      if ('kind' in planned) return { attempt: planned, effects: [] };
      if (planned.effects.length === 0) return { attempt: ALREADY_RIGHT, effects: [] };
      const repair = recordOf(repairing, planned);
      const noted = isThere ? [update('finding', finding.id, { repairedAt: repair.at })] : [];
      return {
        attempt: { kind: 'repaired', repair },
        effects: [...planned.effects, insert('repair', repair), ...noted],
      };
    },
  );
  return decided.attempt;
};

import type { Effect } from '@freshet/domain';
import { read, type ReadName, type ReadParams, type ReadResult } from '../reads.js';
import type { Store, WithEffects } from '../store.js';

/** The store under test, with what the tests do to it all the time. */
export interface Subject {
  readonly store: Store;
  /** One turn with these effects. */
  apply(...effects: readonly Effect[]): Promise<WithEffects>;
  /** A read in a turn, as flows do it. */
  read<Name extends ReadName>(name: Name, params: ReadParams<Name>): Promise<ReadResult<Name>>;
  /** Only the ids of what a list read answers. */
  ids<Name extends ReadName>(name: Name, params: ReadParams<Name>): Promise<readonly string[]>;
}

/** The store of the test that is running. */
export type Current = () => Subject;

export function* nothing(): Generator<never, null> {
  return null;
}

export const subjectOf = (store: Store): Subject => {
  const readInTurn = async <Name extends ReadName>(name: Name, params: ReadParams<Name>): Promise<ReadResult<Name>> => {
    const { facts } = await store.turn(
      () => read(name, params),
      (answer) => ({ facts: answer, effects: [] }),
    );
    return facts;
  };
  return {
    store,
    apply: (...effects) => store.turn(nothing, () => ({ effects })),
    read: readInTurn,
    ids: async (name, params) => {
      const rows = (await readInTurn(name, params)) as readonly { readonly id: string }[];
      return rows.map((row) => row.id);
    },
  };
};

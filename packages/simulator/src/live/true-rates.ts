import { put } from '@freshet/domain';
import type { Connection, ConnectionRates, Effect } from '@freshet/domain';
import type { Store } from '@freshet/ports';
import type { TracedConnection } from '../workload/trace.js';

/** What the engine is told of its connections before the first day: nothing, or the rates that the workload drew. */
export type KnownRates = 'learned' | 'true';

/** A connection in the store beside the one in the trace. */
export interface Placed {
  readonly connection: Connection;
  readonly traced: TracedConnection;
}

const withTrueRates = (rates: ConnectionRates, { changesPerDay, readsPerDay }: TracedConnection): ConnectionRates => ({
  ...rates,
  changesPerDay: { BALANCES: changesPerDay, TRANSACTIONS: changesPerDay },
  readsPerDay,
});

/** The store of a run with true rates: whatever the flows learn, the rates stay the workload's. `traced`: by group key. */
export const keepingTrueRates = (store: Store, traced: ReadonlyMap<string, TracedConnection>): Store => {
  const kept = (effect: Effect): Effect => {
    if (effect.record !== 'connectionRates' || effect.do !== 'put') return effect;
    const own = traced.get(effect.row.groupKey);
    return own === undefined ? effect : put('connectionRates', withTrueRates(effect.row, own));
  };
  return {
    ...store,
    turn: (load, decide) =>
      store.turn(load, (facts) => {
        const decided = decide(facts);
        return { ...decided, effects: decided.effects.map(kept) };
      }),
  };
};

import type { Effect, PullPlan } from '@freshet/domain';
import { catchUp, isMissed } from '@freshet/policy';
import { read, type Loader } from '@freshet/ports';
import type { Engine } from './engine.js';

const ROWS_A_TURN = 200;

function* loadAgain(missed: readonly PullPlan[]): Loader<readonly (PullPlan | null)[]> {
  const rows: (PullPlan | null)[] = [];
  for (const { tenantId, id } of missed) rows.push(yield* read('pullPlan', { tenantId, id }));
  return rows;
}

/**
 * Where nothing ran for a while, what was missed comes back over a part of its period, the longest behind first. A row is
 * read and written once for it, and none while nothing was missed.
 */
export const catchUpMissed = async (engine: Engine): Promise<void> => {
  const { store } = engine;
  const now = engine.clock.now();
  const firstDue = async (limit: number): Promise<readonly PullPlan[]> =>
    (await store.read('duePullPlans', { now, limit })).filter((plan) => isMissed(plan, now));
  if ((await firstDue(1)).length === 0) return;
  const all = await store.read('countDuePullPlans', { now, most: Number.MAX_SAFE_INTEGER });
  let rank = 0;
  for (let missed = await firstDue(ROWS_A_TURN); missed.length > 0; missed = await firstDue(ROWS_A_TURN)) {
    const before = rank;
    await store.turn(
      () => loadAgain(missed),
      (rows): { readonly effects: readonly Effect[] } => ({
        effects: rows.flatMap((plan, index) =>
          plan !== null && isMissed(plan, now) ? [catchUp(plan, before + index, all, now)] : [],
        ),
      }),
    );
    rank += missed.length;
  }
};

import type { PullCap } from '../workload/workload.js';

/** The account's window of the replay: how many calls it has let in lately. */
export interface AccountWindow {
  readonly isOpen: (at: number) => boolean;
  readonly enter: (at: number) => void;
}

const ALWAYS_OPEN: AccountWindow = { isOpen: () => true, enter: () => undefined };

/** A rolling window: full while the last `count` calls all lie within its length. Asked in the order of time. */
export const accountWindow = (cap: PullCap | null): AccountWindow => {
  if (cap === null) return ALWAYS_OPEN;
  const latest = new Float64Array(cap.count).fill(Number.NEGATIVE_INFINITY);
  let entered = 0;
  return {
    isOpen: (at) => (latest[entered % cap.count] as number) + cap.perMs <= at,
    enter: (at) => {
      latest[entered % cap.count] = at;
      entered += 1;
    },
  };
};

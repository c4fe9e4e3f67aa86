import type { DurationMs } from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';

/** Doubling from the first step to the last; `turn` counts from 0. */
export const doubling = (first: DurationMs, last: DurationMs, turn: number): DurationMs =>
  Math.min(last, first * 2 ** Math.min(turn, 30));

/**
 * How long before a call that surely did not happen is made again: exponential, with the upper half spread by a stable
 * number of the task's own, so that what failed together does not come back together.
 */
export const retryDelay = (policy: RefreshPolicy, tries: number, seed: string): DurationMs => {
  const { backoffMs, maxBackoffMs } = policy.execution;
  const whole = doubling(backoffMs, maxBackoffMs, Math.max(0, tries - 1));
  return Math.round(whole / 2 + (whole / 2) * spread(`${seed}/${tries}`));
};

/** A number in [0, 1) that depends on the text alone (FNV-1a). */
export const spread = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) / 0x1_0000_0000;
};

/** When to look next at a refresh that is under way. */
export const nextLook = (policy: RefreshPolicy, polls: number): DurationMs =>
  doubling(policy.execution.pollFirstMs, policy.execution.pollMaxMs, polls);

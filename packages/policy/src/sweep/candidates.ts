import type { Instant } from '@freshet/domain';

/** One connection that a sweep may pull, with all that the plan has to know of it. */
export interface SweepCandidate {
  readonly connectionId: string;
  readonly provider: string;
  /** Keys of the caps that hold it: the institution as the provider limits it, and our account at the provider. */
  readonly institution: string;
  readonly account: string;
  /** The newest pull of any kind; null: never. */
  readonly lastPullAt: Instant | null;
  readonly changesPerDay: number;
  readonly readsPerDay: number;
  /** What a fresh read is worth, in the currency of the price. */
  readonly valueMicros: number;
  readonly priceMicros: number;
  /** Null: a pull costs nothing. */
  readonly currency: string | null;
  /** Refreshes per day that come without a pull of ours. */
  readonly backgroundPerDay: number;
  readonly minGapMs: number;
  /** Unattended pulls in any 24 hours, and when the last of them were made, oldest first; null: not limited. */
  readonly allowance: { readonly count: number; readonly usedAt: readonly Instant[] } | null;
  /** When the customer last looked; null: not known, taken as just now. */
  readonly lastReadAt: Instant | null;
  /** Spreads the load: `offsetSeed` of the id. */
  readonly seed: number;
  /** Tells equals apart where the seed does not stay; left out: the seed does. */
  readonly tie?: number;
  /** Whether its status lets it be pulled while the customer is away. */
  readonly unattended: boolean;
  /** Null: open. Infinity: closed until further notice. */
  readonly closedUntil: Instant | null;
}

/** The same in columns, for those who have very many; row i of every column is one connection. Names are kept once each. */
export interface SweepColumns {
  readonly ids: readonly string[];
  readonly providerNames: readonly string[];
  readonly providers: Int32Array;
  readonly institutionNames: readonly string[];
  readonly institutions: Int32Array;
  readonly accountNames: readonly string[];
  readonly accounts: Int32Array;
  readonly currencyNames: readonly string[];
  /** -1: a pull costs nothing. */
  readonly currencies: Int32Array;
  /** -Infinity: never. */
  readonly lastPullAt: Float64Array;
  readonly changesPerDay: Float64Array;
  readonly readsPerDay: Float64Array;
  readonly valueMicros: Float64Array;
  readonly priceMicros: Float64Array;
  readonly backgroundPerDay: Float64Array;
  readonly minGapMs: Float64Array;
  /** 0: not limited. */
  readonly allowanceCounts: Int32Array;
  /** The times of row i are those from allowanceStarts[i] up to allowanceStarts[i + 1], oldest first. */
  readonly allowanceStarts: Int32Array;
  readonly allowanceUsedAt: Float64Array;
  /** Infinity: not known. */
  readonly lastReadAt: Float64Array;
  readonly seeds: Uint32Array;
  /** Left out: the seeds. */
  readonly ties?: Uint32Array;
  readonly unattended: Uint8Array;
  /** -Infinity: open. */
  readonly closedUntil: Float64Array;
}

/** 32 bits of a text that do not change (FNV-1a, mixed), evenly spread also for texts that differ in one letter. */
export const offsetSeed = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return scrambled(hash);
};

/** Another 32 bits of the same seed. */
export const scrambled = (seed: number): number => {
  let mixed = Math.imul(seed ^ (seed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
};

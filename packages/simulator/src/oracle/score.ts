import { freshShare, perConnectionMonth, type Tally } from '../replay/tally.js';
import type { Trace } from '../workload/trace.js';
import type { Oracle } from './oracle.js';

/** How good a tally is for its money. */
export interface Score extends Tally {
  readonly freshShare: number;
  readonly perConnectionMonth: number;
  /** What the oracle reaches for the same money. */
  readonly oracleShare: number;
  /** (it - background only) / (oracle - background only), at equal spend; null where nothing was spent or can be won. */
  readonly score: number | null;
  /** In units of the currency; null where it bought none. */
  readonly perExtraFreshRead: number | null;
}

export const scoreOf = (trace: Trace, oracle: Oracle, tally: Tally): Score => {
  const share = freshShare(tally);
  const oracleShare = oracle.freshAt(tally.spentMicros);
  const [won, winnable] = [share - oracle.base, oracleShare - oracle.base];
  const extraReads = won * tally.reads;
  return {
    ...tally,
    freshShare: share,
    perConnectionMonth: perConnectionMonth(trace, tally.spentMicros),
    oracleShare,
    score: winnable > 0 ? won / winnable : null,
    perExtraFreshRead: extraReads > 0 ? tally.spentMicros / 1_000_000 / extraReads : null,
  };
};

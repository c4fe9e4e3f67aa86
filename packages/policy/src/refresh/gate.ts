import type {
  ConnectionFacts,
  Decision,
  DecisionReason,
  Gate,
  Instant,
  Money,
  Product,
  ReasonCode,
  ReasonData,
  RefreshFacts,
  RefreshRequest,
} from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';
import type { LimitVerdict } from '../limits/evaluate.js';

/** What every gate may look at: the arguments of the decision, and what more than one gate derives from them. */
export interface Considered {
  readonly facts: RefreshFacts;
  readonly request: RefreshRequest;
  readonly policy: RefreshPolicy;
  /** The connection whose status rules: the active twin of an inactive duplicate, else the asked one. */
  readonly governing: ConnectionFacts;
  /** The products asked for: all that are granted where none are named. */
  readonly products: readonly Product[];
  readonly nextBackgroundAt: Instant | null;
  /** Judged when a gate first needs them. */
  readonly limits: () => readonly LimitVerdict[];
  readonly cost: () => Money | null;
}

/** How a gate ends the decision; what it leaves out is null or empty. */
export type Ending = Pick<Decision, 'verdict'> & Partial<Decision>;

/**
 * A gate was passed, or hit: then the decision ends, or it is held back by something that may pass with time. Either way
 * it says why.
 */
export interface GateAnswer {
  readonly reasons: readonly DecisionReason[];
  readonly ends?: Ending;
  /** Gates 6, 7 and 8: the refusal, where no background refresh comes instead; `retryAt` as far as this gate goes. */
  readonly holds?: Ending;
}

export const because = (gate: Gate, code: ReasonCode, data: ReasonData = {}): DecisionReason => ({ gate, code, data });

export const passed = (gate: Gate, code: ReasonCode, data?: ReasonData): GateAnswer => ({
  reasons: [because(gate, code, data)],
});

export const heldBack = (reasons: readonly DecisionReason[], refusal: Ending): GateAnswer => ({
  reasons,
  holds: refusal,
});

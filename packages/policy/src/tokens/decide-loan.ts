import { isOpen, MINUTE, put, SECOND } from '@freshet/domain';
import type { Connection, Effect, Instant, Task, TokenRenewal } from '@freshet/domain';
import type { OutcomeFacts } from '../outcome/decide-outcome.js';
import { permissionNow } from '../outcome/decide-start.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import { died } from './died.js';

/** A token is lent only while a read that begins with it can still end. */
export const TOKEN_MARGIN_MS = 2 * MINUTE;
/**
 * Between a renewal whose reply was lost and the next one: longer than any lease, so that the first can no more be on its
 * way when the second is sent.
 */
export const LOST_PAUSE_MS = 2 * MINUTE;
/** A refresh token that was sent so often without any reply is given up. */
export const MOST_LOST = 2;
/** Whoever renews at this moment is done in about this time. */
export const RENEWING_MS = SECOND;

/** What is kept of a token, without the token. */
export interface KeptToken {
  /** Null: there is none, or nobody knows until when it lives. */
  readonly until: Instant | null;
  readonly renewable: boolean;
}

export interface LoanFacts {
  readonly outcome: OutcomeFacts;
  readonly renewal: TokenRenewal | null;
  /** Null: nothing is kept here. */
  readonly kept: KeptToken | null;
  /** Whether there is nobody here who could read what is kept, or renew it. */
  readonly connectorOff: boolean;
}

/** One renewal: its name, and until when its worker holds it (real time). */
export interface RenewalLease {
  readonly id: string;
  readonly until: Instant;
  readonly realNow: Instant;
}

/** `later`: somebody renews it, or the token service is left alone for a while. `dead`: only the customer helps. */
export type LoanDecision = { readonly effects: readonly Effect[] } & (
  | { readonly go: 'lend' | 'renew' | 'dead' | 'not-kept' | 'connector-off' | 'not-allowed' | 'not-refreshable' }
  | { readonly go: 'later'; readonly retryAt: Instant }
);

const nothing = <Go extends Exclude<LoanDecision['go'], 'later'>>(go: Go) => ({ go, effects: [] }) as const;

export const noRenewal = ({ id, tenantId }: Pick<Connection, 'id' | 'tenantId'>, now: Instant): TokenRenewal => ({
  id,
  tenantId,
  state: 'resting',
  lease: null,
  leaseUntil: null,
  lost: 0,
  notBefore: null,
  lentFor: null,
  renewedFor: null,
  at: now,
});

const lend = (renewal: TokenRenewal, { id }: Task): LoanDecision => ({
  go: 'lend',
  effects: renewal.lentFor === id ? [] : [put('tokenRenewal', { ...renewal, lentFor: id })],
});

/** The permit was answered that the token is dead: once for each permit that is believed, and the token renewed early. */
const isRefused = (refused: boolean, { lentFor, renewedFor }: TokenRenewal, { id }: Task): boolean =>
  refused && lentFor === id && renewedFor !== id;

/** What stands in the way of a renewal now: somebody's that is under way, or one that was lost a moment ago. */
const heldUp = (renewal: TokenRenewal, { realNow }: RenewalLease, now: Instant): LoanDecision | null => {
  if (renewal.state !== 'resting' && (renewal.leaseUntil ?? 0) > realNow)
    return { go: 'later', retryAt: now + RENEWING_MS, effects: [] };
  // Its worker is gone, and nobody knows whether the refresh token was used.
  const notBefore = renewal.state === 'sent' ? renewal.at + LOST_PAUSE_MS : renewal.notBefore;
  return notBefore !== null && notBefore > now ? { go: 'later', retryAt: notBefore, effects: [] } : null;
};

/**
 * Whether the caller of a permit gets the token that is kept, or it is renewed first. A single-use refresh token is sent by
 * one worker at a time. One whose reply was lost is sent once more, and that is safe: nobody can hold the pair that it may
 * have bought, so a refusal, and even a revocation of that pair, costs nothing that is not lost already; and the first
 * request can no more be on its way. Lost again, the connection is told so.
 */
export const decideLoan = (
  facts: LoanFacts,
  refused: boolean,
  policy: RefreshPolicy,
  lease: RenewalLease,
  inputs: TurnInputs,
): LoanDecision => {
  const { outcome, kept } = facts;
  const { task, group } = outcome;
  const connection = group.find((member) => member.id === task.connectionId);
  if (connection === undefined || task.executor !== 'caller' || !isOpen(task.state)) return nothing('not-allowed');
  if (facts.connectorOff) return nothing('connector-off');
  if (kept === null) return nothing('not-kept');
  if (permissionNow(outcome, policy) === 'no') return nothing('not-refreshable');
  const { now } = inputs;
  const renewal = facts.renewal ?? noRenewal(connection, now);
  const early = isRefused(refused, renewal, task);
  const isCurrent = kept.until !== null && kept.until - TOKEN_MARGIN_MS > now;
  if (isCurrent && !early) return lend(renewal, task);
  if (!kept.renewable) return { go: 'dead', effects: died(outcome, renewal, policy, inputs) };
  const held = heldUp(renewal, lease, now);
  if (held !== null) return held;
  const lost = renewal.lost + (renewal.state === 'sent' ? 1 : 0);
  if (lost >= MOST_LOST) return { go: 'dead', effects: died(outcome, renewal, policy, inputs) };
  const taken: TokenRenewal = {
    ...renewal,
    state: 'taken',
    lease: lease.id,
    leaseUntil: lease.until,
    lost,
    notBefore: null,
    renewedFor: early ? task.id : renewal.renewedFor,
    at: now,
  };
  return { go: 'renew', effects: [put('tokenRenewal', taken)] };
};

import { put, SECOND, update } from '@freshet/domain';
import type { Effect, Instant, TokenRenewal } from '@freshet/domain';
import type { OutcomeFacts } from '../outcome/decide-outcome.js';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import { LOST_PAUSE_MS, MOST_LOST, noRenewal, RENEWING_MS, type RenewalLease } from './decide-loan.js';
import { died } from './died.js';

/** Where the token service says no for now and not until when. */
const UNTOLD_PAUSE_MS = 30 * SECOND;
/** A time that it tells is believed at most so long. */
const MOST_PAUSE_MS = 600 * SECOND;

export interface RenewalSending {
  /** False: another worker holds it now. */
  readonly go: boolean;
  readonly effects: readonly Effect[];
}

/** Asked directly before the first byte: from here on the refresh token may be used. */
export const decideRenewalSending = (
  renewal: TokenRenewal | null,
  lease: RenewalLease,
  inputs: TurnInputs,
): RenewalSending => {
  const isOurs = renewal?.state === 'taken' && renewal.lease === lease.id && (renewal.leaseUntil ?? 0) > lease.realNow;
  if (renewal === null || !isOurs) return { go: false, effects: [] };
  const sent = { state: 'sent', leaseUntil: lease.until, at: inputs.now } as const;
  return { go: true, effects: [update('tokenRenewal', renewal.id, sent)] };
};

/** How a renewal ended. `put-off`: surely nothing was used. `lost`: it went out, and nothing came back. */
export type RenewalEnd =
  /** `credentials`: sealed. */
  | { readonly kind: 'renewed'; readonly credentials: string }
  | { readonly kind: 'dead' }
  | { readonly kind: 'put-off'; readonly until: Instant | null }
  | { readonly kind: 'lost' };

export interface RenewalFacts {
  readonly outcome: OutcomeFacts;
  readonly renewal: TokenRenewal | null;
}

/** The renewal that ended: its lease, and the sealed credentials that it was begun with. */
export interface BegunRenewal {
  readonly lease: string;
  readonly credentials: string | null;
}

export type RenewalDecision = { readonly effects: readonly Effect[] } & (
  | { readonly go: 'lend' | 'dead' }
  /** `later`: ask again, by then there may be another answer. */
  | { readonly go: 'later'; readonly retryAt: Instant }
);

const later = (retryAt: Instant, effects: readonly Effect[] = []): RenewalDecision => ({
  go: 'later',
  retryAt,
  effects,
});

const resting = (renewal: TokenRenewal, values: Partial<TokenRenewal>, now: Instant): Effect =>
  put('tokenRenewal', { ...renewal, state: 'resting', lease: null, leaseUntil: null, at: now, ...values });

const putOff = (renewal: TokenRenewal, until: Instant | null, now: Instant): RenewalDecision => {
  const notBefore = until !== null && until > now ? Math.min(until, now + MOST_PAUSE_MS) : now + UNTOLD_PAUSE_MS;
  return later(notBefore, [resting(renewal, { notBefore }, now)]);
};

/**
 * What the end of a renewal does: the new pair is durable before its token is lent. It is kept even by a worker whose lease
 * ran out, as long as nobody brought other credentials: no later one can have a newer pair. Anything else that such a
 * worker says is not heard.
 */
export const decideRenewed = (
  { outcome, renewal }: RenewalFacts,
  end: RenewalEnd,
  begun: BegunRenewal,
  policy: RefreshPolicy,
  inputs: TurnInputs,
): RenewalDecision => {
  const { now } = inputs;
  const { task, group } = outcome;
  const connection = group.find(({ id, status }) => id === task.connectionId && status !== 'DELETED');
  const isSuperseded = connection === undefined || connection.credentials !== begun.credentials;
  if (isSuperseded) return later(now + RENEWING_MS);
  if (end.kind === 'renewed') {
    const before = renewal ?? noRenewal(connection, now);
    return {
      go: 'lend',
      effects: [
        update('connection', connection.id, { credentials: end.credentials, updatedAt: now }),
        resting(before, { lost: 0, notBefore: null, lentFor: task.id }, now),
      ],
    };
  }
  if (renewal === null || renewal.lease !== begun.lease) return later(now + RENEWING_MS);
  if (end.kind === 'put-off') return putOff(renewal, end.until, now);
  const lost = renewal.lost + 1;
  if (end.kind === 'dead' || lost >= MOST_LOST) return { go: 'dead', effects: died(outcome, renewal, policy, inputs) };
  const notBefore = now + LOST_PAUSE_MS;
  return later(notBefore, [resting(renewal, { lost, notBefore }, now)]);
};

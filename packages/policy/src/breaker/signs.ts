import type { BreakerScope } from '@freshet/domain';
import type { CallEnd, Phase } from '../outcome/resolution.js';

/** What an answer tells of a provider or an institution; `maybe-down`: one of the two is. */
type Sign = 'up' | 'down' | 'maybe-down';
export type Signs = { readonly [Scope in BreakerScope]: Sign | null };

const nothing: Signs = { provider: null, institution: null };
const answered: Signs = { provider: 'up', institution: null };
const worked: Signs = { provider: 'up', institution: 'up' };

type Rows = {
  readonly [Kind in CallEnd['kind']]: (answer: Extract<CallEnd, { kind: Kind }>, phase: Phase) => Signs;
};

/** Only outages count as failures: never a limit, and never a customer's own. */
const rows: Rows = {
  accepted: () => answered,
  busy: () => answered,
  limited: () => answered,
  refused: () => answered,
  'customer-needed': () => answered,
  done: () => worked,
  partial: () => worked,
  unavailable: ({ who }) =>
    who === 'provider' ? { provider: 'down', institution: null } : { provider: 'up', institution: 'down' },
  // A look that failed says nothing of the job; a call without an answer, that one of the two is not there.
  unknown: (_answer, phase) => (phase === 'call' ? { provider: 'maybe-down', institution: 'maybe-down' } : nothing),
  pending: () => nothing,
  'never-sent': () => nothing,
};

export const signsOf = (answer: CallEnd, phase: Phase): Signs =>
  (rows[answer.kind] as (answer: CallEnd, phase: Phase) => Signs)(answer, phase);

/** Whether an answer tells anything that a breaker would want to know. */
export const tellsOfOutages = (answer: CallEnd, phase: Phase): boolean => {
  const { provider, institution } = signsOf(answer, phase);
  return provider !== null || institution !== null;
};

import type { Gate, Instant } from '@freshet/domain';
import { latestOf } from '../limits/evaluate.js';
import type { Considered, Ending, GateAnswer } from './gate.js';
import { because } from './gate.js';
import { roomFrom } from './gate-budget.js';
import { limitsGate } from './gate-limits.js';
import { openGate } from './gate-open.js';

/** What these hold back may pass by waiting alone, and then passes for as long as nothing else happens. */
const opening: readonly (readonly [Gate, (considered: Considered) => GateAnswer])[] = [
  ['open', openGate],
  ['limits', limitsGate],
];

interface Hold {
  readonly gate: Gate;
  readonly until: Instant | null;
}

/**
 * What holds it back for how long, the budgets last: what they have room for now they may not have when the others let it
 * pass, for a pace starts anew with its period.
 */
const holdsOn = (considered: Considered): readonly Hold[] => {
  const { now } = considered.facts;
  const holds = opening.flatMap(([gate, ask]): readonly Hold[] => {
    const answer = ask(considered).holds;
    return answer === undefined ? [] : [{ gate, until: answer.retryAt ?? null }];
  });
  const open = latestOf([now, ...holds.map(({ until }) => until)]);
  if (open === null) return holds;
  const until = roomFrom(considered, open);
  return until === open ? holds : [...holds, { gate: 'budget', until }];
};

/**
 * When this very request would first pass gates 6, 7 and 8 together, if nothing else happens: now where none holds it,
 * null where one has no known end.
 */
export const firstAllowedAt = (considered: Considered): Instant | null =>
  latestOf([considered.facts.now, ...holdsOn(considered).map((hold) => hold.until)]);

/**
 * A gate that holds a forced refresh back was hit: mode `auto` waits for the background refresh where one is coming, else
 * it is refused, by that gate's word. The time is when all three let it pass; one that takes longer is named.
 */
export const endHeldBack = (
  considered: Considered,
  hit: Gate,
  refusal: Ending,
): Required<Omit<GateAnswer, 'holds'>> => {
  const { request, nextBackgroundAt } = considered;
  const holds = holdsOn(considered);
  const until = latestOf(holds.map((hold) => hold.until));
  const last = holds.find((hold) => hold.until === until);
  const longer =
    last === undefined || until === (refusal.retryAt ?? null)
      ? []
      : [because(hit, 'HELD_LONGER', { by: last.gate, until })];
  if (request.mode !== 'auto' || nextBackgroundAt === null)
    return { reasons: longer, ends: { ...refusal, retryAt: until, nextForcedAt: until } };
  return {
    reasons: [...longer, because('worth', 'BACKGROUND_INSTEAD', { nextBackgroundAt })],
    ends: { verdict: 'wait', nextForcedAt: until },
  };
};

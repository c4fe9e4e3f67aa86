import type { DecisionReason, Instant, LateFacts, ReasonData } from '@freshet/domain';
import type { Considered, GateAnswer } from './gate.js';
import { because } from './gate.js';

const silenceData = ({ scope, since, missed, of }: NonNullable<LateFacts['feed']>, now: Instant): ReasonData => ({
  ...{ scope, sinceAt: since, silentMs: now - since, missed, of },
});

const NONE: readonly DecisionReason[] = [];

/** Why no background refresh is waited for, though the provider has one: it is late, or its whole feed is silent. */
export const lateReasons = ({ facts: { late, now } }: Pick<Considered, 'facts'>): readonly DecisionReason[] => {
  if (late === undefined) return NONE;
  const { since, feed } = late;
  return [
    ...(since === null ? [] : [because('worth', 'BACKGROUND_LATE', { expectedAt: since, lateMs: now - since })]),
    ...(feed === null ? [] : [because('worth', 'FEED_SILENT', silenceData(feed, now))]),
  ];
};

/** The gate that weighs, told before what it cannot wait for. */
export const knowingLate =
  (gate: (considered: Considered) => GateAnswer) =>
  (considered: Considered): GateAnswer => {
    const answer = gate(considered);
    return considered.facts.late === undefined
      ? answer
      : { ...answer, reasons: [...lateReasons(considered), ...answer.reasons] };
  };

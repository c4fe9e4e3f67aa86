import type { DecisionRecord, Refusal } from '@freshet/domain';
import { messageOf } from '../decisions/reason-message.js';
import { Problem, type ProblemFacts } from '../http/problem.js';

/** What helps after which refusal; the rest of a decision is behind its id. */
const factsOf = ({ decision }: DecisionRecord, refusal: Refusal): ProblemFacts => {
  const { retryAt, limit, budget, operation, operationConnectionId } = decision;
  switch (refusal) {
    case 'not-refreshable':
      return { operation, ...(operationConnectionId !== null && { connectionId: operationConnectionId }) };
    case 'rate-limited':
      return { retryAt, ...(limit !== null && { limit }) };
    case 'budget-exhausted':
      return { retryAt, ...(budget !== null && { budget }) };
    case 'provider-closed':
      return { retryAt };
    default:
      return {};
  }
};

/** A refused refresh, as the caller is told: the sentences of the gate that was hit, and where the rest can be read. */
export const refusalOf = (record: DecisionRecord): Problem => {
  const refusal = record.decision.refusal ?? 'not-refreshable';
  const hit = record.decision.reasons.at(-1);
  const told = record.decision.reasons.filter(({ gate }) => gate === hit?.gate).map(messageOf);
  return new Problem(refusal, told.join(' '), { ...factsOf(record, refusal), decisionId: record.id });
};

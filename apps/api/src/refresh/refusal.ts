import type { DecisionRecord, Refusal } from '@freshet/domain';
import { renderRefusal } from '@freshet/policy';
import { Problem, problems, type ProblemFacts } from '../http/problem.js';

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

/** A refused refresh, as the caller is told: why, when it would pass, what to do instead, and where the rest can be read. */
export const refusalOf = (record: DecisionRecord): Problem => {
  const { decision } = record;
  const refusal = decision.refusal ?? 'not-refreshable';
  const told = renderRefusal(decision)?.detail ?? problems[refusal].title;
  return new Problem(refusal, told, { ...factsOf(record, refusal), decisionId: record.id });
};

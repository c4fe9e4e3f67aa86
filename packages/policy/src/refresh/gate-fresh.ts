import type { Considered, GateAnswer } from './gate.js';
import { because, passed } from './gate.js';
import { oldestOf } from './gate-recent.js';

/** Gate 5: every product asked for is as fresh as the caller wants it. Mode `force` does not ask. */
export const freshGate = ({ facts, request, products }: Considered): GateAnswer => {
  if (request.mode === 'force') return passed('fresh', 'FRESHNESS_NOT_WEIGHED');
  if (request.maxAgeMs === null) return passed('fresh', 'FRESHNESS_NOT_ASKED');
  const asOf = oldestOf(facts, products);
  const data = { asOf, maxAgeMs: request.maxAgeMs, ageMs: asOf === null ? null : facts.now - asOf };
  if (asOf === null || facts.now - asOf > request.maxAgeMs) return passed('fresh', 'NOT_FRESH_ENOUGH', data);
  return {
    reasons: [because('fresh', 'FRESH_ENOUGH', data)],
    ends: { verdict: 'reuse', asOf, taskId: facts.latest?.taskId ?? null },
  };
};

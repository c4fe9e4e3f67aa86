import type { Considered, GateAnswer } from './gate.js';
import { because, passed } from './gate.js';

/**
 * Gate 9, mode `auto` only. First rule: a background refresh that is expected within the caller's patience wins, because
 * it is free. The caller's patience is their maxAge, else the catalogue's.
 */
export const worthGate = ({ facts, request, policy, nextBackgroundAt }: Considered): GateAnswer => {
  if (request.mode === 'force') return passed('worth', 'WORTH_NOT_WEIGHED');
  const patienceMs = request.maxAgeMs ?? policy.patienceMs;
  const waitMs = nextBackgroundAt === null ? null : nextBackgroundAt - facts.now;
  const data = { nextBackgroundAt, waitMs, patienceMs };
  if (waitMs === null || waitMs > patienceMs) return passed('worth', 'WORTH_FORCING', data);
  return { reasons: [because('worth', 'BACKGROUND_IN_TIME', data)], ends: { verdict: 'wait' } };
};

import { inForce } from '../closures/in-force.js';
import { latestOf } from '../limits/evaluate.js';
import type { LimitVerdict } from '../limits/evaluate.js';
import type { Considered, GateAnswer } from './gate.js';
import { because, heldBack, passed } from './gate.js';

const reached = ({ state, allowedAt }: LimitVerdict) => because('limits', 'LIMIT_REACHED', { ...state, allowedAt });

/** Gate 7: what the provider told us to wait for, then every cooldown and window; the last of them to open counts. */
export const limitsGate = (considered: Considered): GateAnswer => {
  const { facts } = considered;
  const told = inForce(facts.closures, facts.now).filter((closure) => closure.kind === 'limited');
  const shut = considered.limits().filter((limit) => !limit.open);
  if (told.length === 0 && shut.length === 0) {
    return passed('limits', 'LIMITS_ALLOW', { limits: considered.limits().map((limit) => limit.state.name) });
  }
  const reasons = [
    ...told.map((closure) =>
      because('limits', 'LIMIT_TOLD_BY_PROVIDER', { scope: closure.scope, until: closure.until }),
    ),
    ...shut.map(reached),
  ];
  const retryAt = latestOf([...told.map((closure) => closure.until), ...shut.map((limit) => limit.allowedAt)]);
  const last = shut.find((limit) => limit.allowedAt === retryAt);
  return heldBack(reasons, {
    verdict: 'refuse',
    refusal: 'rate-limited',
    limit: last?.state.name ?? 'told-by-provider',
    retryAt,
  });
};

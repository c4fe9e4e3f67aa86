import { permissionsOf } from '@freshet/domain';
import type { ClosureFacts, ClosureKind, DecisionReason, Instant, ReasonCode, Refusal } from '@freshet/domain';
import { inForce, opensAt } from '../closures/in-force.js';
import { latestOf } from '../limits/evaluate.js';
import type { Considered, GateAnswer } from './gate.js';
import { because, heldBack, passed } from './gate.js';

const closedBy: Readonly<Record<Exclude<ClosureKind, 'limited'>, ReasonCode>> = {
  paused: 'PROVIDER_PAUSED',
  maintenance: 'PROVIDER_IN_MAINTENANCE',
  breaker: 'BREAKER_OPEN',
};

/** One thing that stands against forcing now, or against this kind of request; `until` null: nobody can tell. */
interface Obstacle {
  readonly reasons: readonly DecisionReason[];
  readonly refusal: Refusal;
  readonly until: Instant | null;
}

const connectorOff = ({ facts, policy }: Considered): Obstacle | undefined => {
  if (facts.connectorOn || policy.forced.executor !== 'engine') return undefined;
  const reasons = [
    because('open', 'CONNECTOR_OFF', { connector: facts.asked.connector, needs: facts.connectorNeeds ?? [] }),
  ];
  return { reasons, refusal: 'provider-closed', until: null };
};

const closedReason = ({ kind, scope, probe = null }: ClosureFacts, until: Instant | null): DecisionReason =>
  because('open', closedBy[kind as keyof typeof closedBy], { scope, until, ...(probe === null ? {} : { probe }) });

const closed = ({ facts }: Considered): Obstacle | undefined => {
  const shut = inForce(facts.closures, facts.now).filter((closure) => closure.kind !== 'limited');
  if (shut.length === 0) return undefined;
  const untils = shut.map((closure) => opensAt(closure, facts.now));
  const reasons = shut.map((closure, index) => closedReason(closure, untils[index] ?? null));
  return { reasons, refusal: 'provider-closed', until: latestOf(untils) };
};

const customerMissing = ({ governing, policy, request }: Considered): Obstacle | undefined => {
  if (request.attended) return undefined;
  const permissions = permissionsOf({ status: governing.status, reason: governing.statusReason });
  if (policy.forced.unattended && permissions.refresh !== 'attended') return undefined;
  const reason = policy.forced.unattended
    ? because('open', 'CUSTOMER_REQUIRED', { status: governing.status, reason: governing.statusReason })
    : because('open', 'UNATTENDED_FORBIDDEN', { provider: policy.provider });
  return { reasons: [reason], refusal: 'customer-required', until: null };
};

/**
 * Gate 6: the provider can be forced at all, now, and by this kind of request. The first obstacle gives the refusal its
 * name; it passes when none is left.
 */
export const openGate = (considered: Considered): GateAnswer => {
  const { policy } = considered;
  if (!policy.forced.available) {
    const reasons = [because('open', 'NO_FORCED_REFRESH', { provider: policy.provider })];
    return heldBack(reasons, { verdict: 'refuse', refusal: 'not-forceable' });
  }
  const obstacles = [connectorOff(considered), closed(considered), customerMissing(considered)].filter(
    (obstacle) => obstacle !== undefined,
  );
  const [first] = obstacles;
  if (first === undefined) return passed('open', 'PROVIDER_OPEN');
  return heldBack(
    obstacles.flatMap((obstacle) => obstacle.reasons),
    { verdict: 'refuse', refusal: first.refusal, retryAt: latestOf(obstacles.map((obstacle) => obstacle.until)) },
  );
};

import { permissionsOf } from '@freshet/domain';
import type { ClosureKind, ClosureFacts, Instant, ReasonCode } from '@freshet/domain';
import type { Considered, GateAnswer } from './gate.js';
import { because, heldBack, passed } from './gate.js';

const closedBy: Readonly<Record<Exclude<ClosureKind, 'limited'>, ReasonCode>> = {
  paused: 'PROVIDER_PAUSED',
  maintenance: 'PROVIDER_IN_MAINTENANCE',
  breaker: 'BREAKER_OPEN',
};

/** Closures in force: those without an end, and those whose end is still to come. */
export const inForce = (closures: readonly ClosureFacts[], now: Instant): readonly ClosureFacts[] =>
  closures.filter((closure) => closure.until === null || closure.until > now);

const closed = (considered: Considered): GateAnswer | undefined => {
  const { facts } = considered;
  if (!facts.connectorOn && considered.policy.forced.executor === 'engine') {
    const reasons = [because('open', 'CONNECTOR_OFF', { connector: facts.asked.connector })];
    return heldBack(considered, reasons, { verdict: 'refuse', refusal: 'provider-closed' });
  }
  const shut = inForce(facts.closures, facts.now).filter((closure) => closure.kind !== 'limited');
  if (shut.length === 0) return undefined;
  const reasons = shut.map((closure) =>
    because('open', closedBy[closure.kind as keyof typeof closedBy], { scope: closure.scope, until: closure.until }),
  );
  const retryAt = shut.some((closure) => closure.until === null)
    ? null
    : Math.max(...shut.map((closure) => closure.until ?? 0));
  return heldBack(considered, reasons, {
    verdict: 'refuse',
    refusal: 'provider-closed',
    retryAt,
    nextForcedAt: retryAt,
  });
};

const customerMissing = (considered: Considered): GateAnswer | undefined => {
  const { governing, policy, request } = considered;
  if (request.attended) return undefined;
  const permissions = permissionsOf({ status: governing.status, reason: governing.statusReason });
  const refusal = { verdict: 'refuse', refusal: 'customer-required' } as const;
  if (!policy.forced.unattended) {
    const reasons = [because('open', 'UNATTENDED_FORBIDDEN', { provider: policy.provider })];
    return heldBack(considered, reasons, refusal);
  }
  if (permissions.refresh !== 'attended') return undefined;
  const reasons = [because('open', 'CUSTOMER_REQUIRED', { status: governing.status, reason: governing.statusReason })];
  return heldBack(considered, reasons, refusal);
};

/** Gate 6: the provider can be forced at all, now, and by this kind of request. */
export const openGate = (considered: Considered): GateAnswer => {
  const { policy } = considered;
  if (!policy.forced.available) {
    const reasons = [because('open', 'NO_FORCED_REFRESH', { provider: policy.provider })];
    return heldBack(considered, reasons, { verdict: 'refuse', refusal: 'not-forceable' });
  }
  return closed(considered) ?? customerMissing(considered) ?? passed('open', 'PROVIDER_OPEN');
};

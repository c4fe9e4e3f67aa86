import { put } from '@freshet/domain';
import type {
  ConnectionFacts,
  Decision,
  Effect,
  Instant,
  PlaceDemand,
  Product,
  RefreshFacts,
  TenantId,
} from '@freshet/domain';
import { afterTaking, placePrice, type Places } from '../freshness/place-price.js';
import type { Limit, LimitScope, RefreshPolicy } from '../policy.js';
import { judgeLimits, takesPlace, type LimitVerdict } from './evaluate.js';
import { concerns, windowBounds } from './reads.js';

type Sharing = Pick<ConnectionFacts, 'connector' | 'provider' | 'institutionId' | 'customerId'>;

/** Who shares a limit's places; null: one connection has them for itself. */
const sharedBy: Readonly<Record<LimitScope, ((of: Sharing) => string) | null>> = {
  connection: null,
  group: null,
  'customer-institution': null,
  customer: ({ customerId }) => customerId,
  institution: ({ institutionId }) => institutionId,
  account: ({ connector }) => connector,
};

export const isShared = ({ scope }: Limit): boolean => sharedBy[scope] !== null;

/** The limits that many connections share, and of which such a request takes a place. */
export const sharedLimits = (
  policy: RefreshPolicy,
  products: readonly Product[],
  attended: boolean,
): readonly Limit[] =>
  policy.limits.filter(
    (limit) => isShared(limit) && concerns(limit, products, attended) && takesPlace(limit, attended),
  );

/** One row for all who share its places. */
export const limitDemandId = (
  tenantId: TenantId,
  { name, scope }: Pick<Limit, 'name' | 'scope'>,
  of: Sharing,
): string => JSON.stringify([tenantId, of.provider, scope, name, sharedBy[scope]?.(of) ?? '']);

/** The places behind a verdict on a limit. */
export const placesOf = ({ limit, state }: LimitVerdict, now: Instant): Places => {
  const stands = { count: state.limit, left: state.remaining };
  if (limit.kind === 'cooldown') return { ...stands, lengthMs: limit.forMs, resetsAt: null };
  if (limit.per.shape === 'rolling') return { ...stands, lengthMs: limit.per.ms, resetsAt: null };
  const { since, end } = windowBounds(limit, now);
  return { ...stands, lengthMs: (end ?? now) - since - 1, resetsAt: end };
};

/** What a forced refresh was expected to bring beyond all that it had to; null: gate 9 did not weigh it. */
const surplusOf = ({ reasons }: Decision): number | null => {
  const data = reasons.find(({ gate }) => gate === 'worth')?.data;
  const figure = (key: string): number => Number(data?.[key] ?? 0);
  return data?.['freshReads'] === undefined ? null : figure('freshReads') - figure('price') - figure('placePrice');
};

/** A decision that takes places, and what it saw. */
export interface Taking {
  readonly tenantId: TenantId;
  readonly facts: RefreshFacts;
  readonly policy: RefreshPolicy;
  readonly attended: boolean;
  readonly decision: Decision;
}

/** What its own place had to bring is part of what it brought. */
const taken = ({ facts: { demand, now }, decision }: Taking, verdict: LimitVerdict): PlaceDemand => {
  const before = demand?.[verdict.limit.name] ?? null;
  const places = placesOf(verdict, now);
  const surplus = surplusOf(decision);
  const brought = surplus === null ? null : surplus + (before === null ? 0 : placePrice(places, before, now));
  return afterTaking(before, places, brought, verdict.afterThisAt ?? now, now);
};

/** The demand of each shared limit after a forced refresh took its places; nothing where there is none. */
export const takePlaces = (taking: Taking): readonly Effect[] => {
  const { tenantId, facts, policy, attended, decision } = taking;
  const shared = sharedLimits(policy, decision.products, attended);
  if (shared.length === 0) return [];
  const verdicts = judgeLimits(policy, facts.usage, decision.products, attended, facts.now);
  return verdicts
    .filter(({ limit }) => shared.includes(limit))
    .map((verdict) =>
      put('limitDemand', {
        id: limitDemandId(tenantId, verdict.limit, facts.asked),
        tenantId,
        provider: facts.asked.provider,
        limit: verdict.limit.name,
        ...taken(taking, verdict),
      }),
    );
};

import { INACTIVE_DUPLICATE, isTerminal, standingOf } from '@freshet/domain';
import type { Connection, StatusAndReason } from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';
import type { TurnInputs } from '../turn-inputs.js';
import type { Draft } from './draft.js';
import { happen, set } from './draft.js';

type Keyed = Pick<
  Connection,
  'id' | 'provider' | 'providerConnectionId' | 'customerId' | 'institutionId' | 'loginFingerprint' | 'status'
>;

/**
 * What duplicates share: the provider's connection id where it is known, else the same customer's same login at the
 * same institution. A connection that is not linked (yet, or any more), or whose provider bills twins apart, stands alone.
 */
export const groupKeyOf = (connection: Keyed, duplicates: RefreshPolicy['duplicates']): string => {
  const linked = connection.status !== 'IN_PROGRESS' && !isTerminal(connection.status);
  if (duplicates === 'twins' || !linked) return connection.id;
  const { provider, providerConnectionId, customerId, institutionId, loginFingerprint } = connection;
  if (providerConnectionId !== null) return JSON.stringify(['connection', provider, providerConnectionId]);
  if (loginFingerprint === null) return connection.id;
  return JSON.stringify(['login', provider, customerId, institutionId, loginFingerprint]);
};

export const isInactiveDuplicate = (connection: Connection): boolean =>
  standingOf({ status: connection.status, reason: connection.statusReason }) === 'INACTIVE_DUPLICATE';

/** The most recently refreshed first; ties: most recently connected, then the order of import. */
export const byRefresh = (a: Connection, b: Connection): number =>
  (b.lastSuccessAt ?? b.connectedAt) - (a.lastSuccessAt ?? a.connectedAt) ||
  b.connectedAt - a.connectedAt ||
  (a.id < b.id ? -1 : 1);

/**
 * The member that the group's rules make active. One that was told to be an inactive duplicate is only taken where all
 * of them were.
 */
export const elect = (members: readonly Connection[]): Connection | undefined => {
  const candidates = members.filter((member) => !isInactiveDuplicate(member));
  return [...(candidates.length > 0 ? candidates : members)].sort(byRefresh)[0];
};

/** The rest of the group steps back behind `activeId`; nobody inherits anything. */
export const settleActive = (drafts: readonly Draft[], activeId: string, inputs: TurnInputs): readonly Draft[] =>
  drafts.map((draft) =>
    draft.after.id === activeId
      ? set(draft, { active: true })
      : set(happen(draft, 'demoted', inputs), { active: false }),
  );

/**
 * The refreshed twin takes the place of the active one, with the status and reason that this had. Without an active
 * one (inactive duplicates that are known alone) it is simply ACTIVE: nobody knows of a worse.
 */
export const promote = (drafts: readonly Draft[], promotedId: string, inputs: TurnInputs): readonly Draft[] => {
  const active = drafts.find((draft) => draft.after.active && draft.after.id !== promotedId);
  const inherited: StatusAndReason =
    active === undefined || isInactiveDuplicate(active.after)
      ? { status: 'ACTIVE', reason: null }
      : { status: active.after.status, reason: active.after.statusReason };
  // The consent is the provider connection's, whichever twin stands for it; and so is how old its data is.
  const consentExpiresAt = active?.after.consentExpiresAt ?? null;
  const staleAt = active?.after.staleAt ?? null;
  return settleActive(drafts, promotedId, inputs).map((draft) =>
    draft.after.id === promotedId
      ? set(happen(draft, 'promoted', inputs, inherited), {
          consentExpiresAt: consentExpiresAt ?? draft.after.consentExpiresAt,
          staleAt: staleAt === null ? draft.after.staleAt : Math.max(staleAt, draft.after.staleAt ?? staleAt),
        })
      : draft,
  );
};

/** Whether a refresh of this member makes it the active one. */
export const needsPromotion = (member: Connection): boolean =>
  !member.active || (member.status === INACTIVE_DUPLICATE.status && member.statusReason === INACTIVE_DUPLICATE.reason);

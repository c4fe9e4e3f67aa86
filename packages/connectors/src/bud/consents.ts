import type { CustomerNeededEvent, KnownStatus, RefreshProgress, StatusAndReason, StatusTold } from '@freshet/domain';
import type { ProgressCall } from '@freshet/ports';

import type { BudConsent } from './wire.js';

interface ConsentRow extends KnownStatus {
  /** How a refresh ends whose consent is found so. */
  readonly event: CustomerNeededEvent | null;
}

/** A consent's status in our vocabulary. */
const rows: Readonly<Record<string, ConsentRow>> = {
  authorised: { status: 'ACTIVE', reason: null, event: null },
  awaiting_authorisation: { status: 'IN_PROGRESS', reason: null, event: null },
  rejected: { status: 'RECONNECT_REQUIRED', reason: 'OTHER', event: 'failed_otherwise' },
  revoked: { status: 'RECONNECT_REQUIRED', reason: 'TOKEN_EXPIRED', event: 'failed_token_expired' },
};

/** Revoked for something else than that the access ended: the customer may have a newer consent for the same accounts. */
const OTHER_REVOCATIONS: readonly (string | null)[] = ['duplicate_accounts'];

const rowOf = (consent: BudConsent): ConsentRow | undefined => {
  if (consent.status === null || !Object.hasOwn(rows, consent.status)) return undefined;
  const row = rows[consent.status];
  const isOther = consent.status === 'revoked' && OTHER_REVOCATIONS.includes(consent.revoke_reason);
  return row !== undefined && isOther ? { ...row, reason: 'OTHER', event: 'failed_otherwise' } : row;
};

/** A word that is not in the table is kept as it is: nothing is refreshed in it. */
const standingOfConsent = (consent: BudConsent): StatusAndReason | null => {
  const row = rowOf(consent);
  if (row !== undefined) return { status: row.status, reason: row.reason };
  return consent.status === null ? null : { status: consent.status, reason: null };
};

/** As of the reading: `revoked_at` and the like are older than what webhooks may have told since. */
export const toldByConsent = (consent: BudConsent): StatusTold | null => {
  const standing = standingOfConsent(consent);
  return standing === null ? null : { ...standing, at: null };
};

/**
 * What the consent shows of a refresh whose reply, and with it the task's id, was lost. Its last sync is the stamp; of a
 * consent that was revoked it is the time of that, so the status comes first.
 */
export const progressByConsent = (consent: BudConsent, call: ProgressCall): RefreshProgress => {
  const event = rowOf(consent)?.event ?? null;
  if (event !== null) {
    return {
      kind: 'customer-needed',
      event,
      message: `Bud shows the consent as ${consent.status}`,
      told: toldByConsent(consent),
    };
  }
  const asOf = consent.last_synced_at;
  const hasAdvanced = asOf !== null && asOf >= call.sentAt && (call.asOfBefore === null || asOf > call.asOfBefore);
  return hasAdvanced ? { kind: 'done', asOf, newData: null } : { kind: 'pending' };
};

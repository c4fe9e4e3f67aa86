import type { Connection, Instant } from '@freshet/domain';
import type { RefreshPolicy } from '../policy.js';

/**
 * The end of a consent that began its life anew then, where the provider did not tell it: by the catalogue's life of one.
 * Where nobody knows that either, an end that has passed is not the present one's; a later one may be.
 */
export const renewedUntil = (
  { consentExpiresAt: before }: Pick<Connection, 'consentExpiresAt'>,
  at: Instant,
  { consent }: RefreshPolicy,
): { readonly consentExpiresAt?: Instant | null } => {
  if (consent.lifeMs !== null) return { consentExpiresAt: Math.max(before ?? 0, at + consent.lifeMs) };
  return before !== null && before <= at ? { consentExpiresAt: null } : {};
};

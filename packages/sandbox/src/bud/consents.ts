import { connectionKey } from '../books/books.js';
import type { Connection } from '../books/records.js';
import type { WebhookFault } from '../faults.js';
import { derivedUuid } from '../identifiers.js';
import type { World } from '../world.js';

/** Statuses in which a consent is authorised, in the words of whoever registered it. */
const AUTHORISED: readonly string[] = ['ACTIVE', 'PARTIALLY_ACTIVE', 'DEGRADED', 'UNDETERMINED'];
export const CONSENT_LIFE_MS = 90 * 24 * 60 * 60_000;

export type ConsentEvent = 'reconfirmed' | 'reauthorised' | 'revoked';

export function consentsOf(world: World, customer: string): Connection[] {
  return world.books.connections.find('budCustomer', customer);
}

export function consentsAt(world: World, customer: string, provider: string): Connection[] {
  return consentsOf(world, customer).filter((consent) => consent.institutionId === provider);
}

export function isAuthorised(consent: Connection): boolean {
  return AUTHORISED.includes(consent.status);
}

export function hasExpired(consent: Connection, at: number): boolean {
  return consent.consentExpiresAt !== null && consent.consentExpiresAt <= at;
}

export function keepConsent(world: World, consent: Connection): Connection {
  return world.books.connections.put(connectionKey(consent.connector, consent.externalId), consent);
}

export interface Revocation {
  readonly at: number;
  readonly reason: 'provider_revoked' | 'bud_revoked' | 'consent_invalid';
  readonly webhooks: WebhookFault | null;
}

/** A consent that the customer gave up is gone; one that the bank withdrew can be given again. */
export function revokeConsent(world: World, consent: Connection, revocation: Revocation): void {
  if (!isAuthorised(consent)) return;
  const { at, reason, webhooks } = revocation;
  const isGone = reason === 'bud_revoked';
  const revoked = keepConsent(world, {
    ...consent,
    status: isGone ? 'DELETED' : 'RECONNECT_REQUIRED',
    statusReason: isGone ? null : 'TOKEN_EXPIRED',
    revokedAt: at,
    revokeReason: reason,
  });
  tellConsent(world, revoked, 'revoked', at, webhooks, { reason });
}

export function authoriseConsent(world: World, consent: Connection, at: number): Connection {
  return keepConsent(world, {
    ...consent,
    status: 'ACTIVE',
    statusReason: null,
    consentedAt: at,
    consentExpiresAt: at + CONSENT_LIFE_MS,
    revokedAt: null,
    revokeReason: null,
  });
}

export function tellConsent(
  world: World,
  consent: Connection,
  event: ConsentEvent,
  at: number,
  fault: WebhookFault | null,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const data = {
    event: `open_banking.consent.${event}`,
    consent_id: consent.externalId,
    customer_id: consent.credentials['customerId'] ?? consent.customerId,
    provider: consent.institutionId,
    updated_at: new Date(at).toISOString(),
    ...more,
  };
  world.outbox.send({ connector: 'bud', subject: data.customer_id, body: { data }, at, fault });
}

export function accountIdsOf(consent: Connection): string[] {
  return [derivedUuid(`${consent.externalId} account`)];
}

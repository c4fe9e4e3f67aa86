import { connectionKey } from '../books/books.js';
import type { Connection } from '../books/records.js';
import type { Emulation } from '../emulation.js';
import { serveWire, type Answer, type Call, type Wire } from '../wire/exchange.js';
import type { World } from '../world.js';
import type { WebhookHabits } from '../webhooks/outbox.js';
import { customerOf, guardBud, issueToken } from './access.js';
import { BUD, budError, failedValidation, refusedBy, type BudRoute } from './answers.js';
import { consentsOf, revokeConsent } from './consents.js';
import { listConsents, reconfirm, revoke } from './consent-routes.js';
import { completeGateway, openGateway } from './gateway.js';
import { listProviders } from './providers.js';
import { refreshV1, refreshV2 } from './refresh.js';
import { BudSigner } from './signing.js';
import { getConnect, getRefreshV1, getRefreshV2, getRevoke } from './task-views.js';
import { handleTasks } from './tasks.js';

/** Bud says "shortly" and "multiple times". */
const RETRY_PAUSES_MS = [10_000, 30_000, 60_000, 300_000];

export async function emulateBud(world: World): Promise<Emulation> {
  const signer = await BudSigner.of(world.books);
  world.outbox.register('bud', budWebhookHabits(signer));
  handleTasks(world);
  return {
    connector: 'bud',
    serve: (app) => serveWire(app, world, budWire(world)),
    serveApart: (app) => app.get('/bud-callback.jwks', () => signer.keySet()),
    announce: (connection, status, statusReason) => {
      const at = world.clock.now();
      if (status === 'RECONNECT_REQUIRED') {
        revokeConsent(world, connection, { at, reason: 'provider_revoked', webhooks: null });
      } else {
        world.books.connections.put(connectionKey('bud', connection.externalId), {
          ...connection,
          status,
          statusReason,
        });
      }
    },
    completeWidget: (session, at) => ({ taskId: completeGateway(world, session, at).id }),
  };
}

function budWebhookHabits(signer: BudSigner): WebhookHabits {
  return {
    headers: async (body) => ({ 'x-signature': await signer.sign(body), 'x-signing-id': signer.kid }),
    retryAfterMs: (result, attempts) => {
      // Redirects and refusals are final; a receiver that is down is like one that fails.
      if (result.outcome === 'answered' && result.status < 500) return null;
      return RETRY_PAUSES_MS[attempts - 1] ?? null;
    },
  };
}

function budWire(world: World): Wire<BudRoute> {
  return {
    connector: 'bud',
    provider: BUD,
    guard: (call, route) => guardBud(world, call, route),
    malformed: (_call, route) => failedValidation(route.operationId, [{ field: '', message: 'is not JSON' }]),
    refusedBy,
    wrongMethod: (_call, route) => budError(route.operationId, 405, 'method_not_allowed', 'Method not allowed.'),
    routes: budRoutes(world),
  };
}

function budRoutes(world: World): BudRoute[] {
  const consents = '/v1/open-banking/account-access-consents';
  const revocation = '/v1/open-banking/account-access-consent/revoke';
  const gateway = '/v2/open-banking/authorisation-gateway-url';
  const route = (
    method: BudRoute['method'],
    url: string,
    operation: string,
    operationId: string,
    answer: (world: World, call: Call) => Answer,
    access: BudRoute['access'] = 'customer',
  ): BudRoute => ({
    method,
    url,
    operation,
    operationId,
    access,
    about: (call) => (access === 'customer' ? consentsMeant(world, call) : []),
    answer: (call) => answer(world, call),
  });
  return [
    route('POST', '/v1/oauth/token', 'token', 'oauth_token_create', issueToken, 'open'),
    route('GET', '/v1/open-banking/providers', 'providers', 'open_banking_providers_get', listProviders, 'client'),
    route('POST', '/open-banking/v2/refresh', 'refresh', 'v2_open_banking_refresh_post', refreshV2),
    route('GET', '/open-banking/v2/refresh/:task_id', 'status', 'v2_open_banking_refresh_get', getRefreshV2),
    route('POST', '/v1/open-banking/refresh', 'refresh', 'open_banking_refresh_post', refreshV1),
    route('GET', '/v1/open-banking/refresh/:task_id', 'status', 'open_banking_refresh_get', getRefreshV1),
    route('GET', '/v1/open-banking/connect/:task_id', 'status', 'open_banking_connect_get', getConnect),
    route('GET', consents, 'consents', 'open_banking_connections_get', listConsents),
    route('POST', `${consents}/:consent_id/reconfirm`, 'reconfirm', 'open_banking_consents_reconfirm_post', reconfirm),
    route('POST', revocation, 'delete', 'open_banking_revoke_post', revoke),
    route('GET', `${revocation}/:task_id`, 'status', 'open_banking_revoke_task_get', getRevoke),
    route('POST', gateway, 'repair', 'v2_ob_authorisation_gateway_url_post', openGateway),
  ];
}

/** The customer's consents at the providers that the body names, or at all. */
function consentsMeant(world: World, call: Call): Connection[] {
  const { provider, providers } = (call.body ?? {}) as { readonly provider?: unknown; readonly providers?: unknown };
  const named: readonly unknown[] = Array.isArray(providers) && providers.length > 0 ? providers : [provider];
  const consents = consentsOf(world, customerOf(world, call) ?? '');
  return named[0] === undefined ? consents : consents.filter((consent) => named.includes(consent.institutionId));
}

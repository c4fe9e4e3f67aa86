import { DEFAULT_TENANT } from '@freshet/domain';
import { connectorDescriptions, type BuiltConnector } from './connector-rows.js';

/**
 * Where a tenant's webhooks come in. The address names the tenant: some providers sign with one key for all of their
 * clients, so a signature alone does not tell whose a webhook is.
 */
export const webhookUrl = (publicUrl: string, tenantId: string, connector: string, secret?: string): string => {
  const tenant = tenantId === DEFAULT_TENANT ? '' : `/tenants/${tenantId}`;
  return `${publicUrl}${tenant}/webhooks/${connector}${secret === undefined ? '' : `/${secret}`}`;
};

/** The same as it may be shown: its secret by its name. */
export const shownWebhookUrl = (publicUrl: string, tenantId: string, connector: BuiltConnector): string => {
  const { secretInPath } = connectorDescriptions[connector];
  return webhookUrl(publicUrl, tenantId, connector, secretInPath === undefined ? undefined : `<${secretInPath}>`);
};

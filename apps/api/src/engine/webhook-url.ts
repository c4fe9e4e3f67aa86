import { DEFAULT_TENANT, type TenantId } from '@freshet/domain';

/**
 * Where a tenant's webhooks come in. The address names the tenant: some providers sign with one key for all of their
 * clients, so a signature alone does not tell whose a webhook is.
 */
export const webhookUrl = (publicUrl: string, tenantId: TenantId, connector: string): string =>
  tenantId === DEFAULT_TENANT
    ? `${publicUrl}/webhooks/${connector}`
    : `${publicUrl}/tenants/${tenantId}/webhooks/${connector}`;

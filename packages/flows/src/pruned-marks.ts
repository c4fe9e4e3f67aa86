import type { TenantId } from '@freshet/domain';

/** Since when a tenant has held money, where the entries that said so were pruned: a forecast must not begin anew. */
export const moneySince = (tenantId: TenantId): string => `money has been held by ${tenantId} since`;

/** Older status changes than this may be gone: of a connection that is older, the history may begin anywhere. */
export const HISTORIES_PRUNED = 'status histories were pruned before';

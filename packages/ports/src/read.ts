import type { TenantId } from '@freshet/domain';

export interface Read<Params, Result> {
  readonly params: Params;
  readonly result: Result;
}

export interface InTenant<Key> {
  readonly tenantId: TenantId;
  readonly id: Key;
}

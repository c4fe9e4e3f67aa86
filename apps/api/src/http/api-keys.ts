import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiKey, Instant, TenantId } from '@freshet/domain';
import type { Engine } from '@freshet/flows';
import type { Scope } from './access.js';

/** Who asks: the tenant comes from the key and from nothing else. */
export interface Principal {
  readonly keyId: string;
  readonly tenantId: TenantId;
  readonly scopes: ReadonlySet<string>;
}

/** A revoked key stops working within this time. */
const REMEMBERED_MS = 2_000;
/** So that keys made up by a stranger cannot fill the memory: only those that exist are remembered, and so many. */
const MAX_REMEMBERED = 1_000;

interface Remembered {
  readonly principal: Principal;
  readonly until: Instant;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const sameText = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

const principalOf = ({ id, tenantId, scopes }: ApiKey): Principal => ({
  keyId: id,
  tenantId,
  scopes: new Set(scopes),
});

export const mayUse = ({ scopes }: Principal, scope: Scope): boolean => scopes.has('admin') || scopes.has(scope);

/** Keys that were found, remembered for a moment so that a busy caller does not cost a hash and a read per request. */
export class ApiKeys {
  private readonly remembered = new Map<string, Remembered>();

  constructor(private readonly engine: Pick<Engine, 'store' | 'clock'>) {}

  /** Null: no such key. */
  find(key: string): Principal | Promise<Principal | null> {
    const known = this.remembered.get(key);
    if (known !== undefined && known.until > this.engine.clock.realNow()) return known.principal;
    return this.look(key);
  }

  private async look(key: string): Promise<Principal | null> {
    this.remembered.delete(key);
    const hash = sha256(key);
    const found = await this.engine.store.read('apiKeyByHash', { hash });
    if (found === null || !sameText(found.hash, hash)) return null;
    const principal = principalOf(found);
    if (this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
    this.remembered.set(key, { principal, until: this.engine.clock.realNow() + REMEMBERED_MS });
    return principal;
  }
}

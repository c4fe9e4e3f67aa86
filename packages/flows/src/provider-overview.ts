import { calendarPeriod } from '@freshet/domain';
import type { Closure, Instant, TenantId } from '@freshet/domain';
import type { RefreshPolicy } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Loader, ProviderSpend } from '@freshet/ports';
import type { Engine } from './engine.js';

/** A provider as an operator sees it. */
export interface ProviderOverview {
  readonly provider: string;
  /** The connector that the policy shown is for: the provider's own where it is switched on. */
  readonly connector: string;
  /** In force for connections that no override names. */
  readonly policy: RefreshPolicy;
  readonly paused: boolean;
  /** What else keeps it shut, whole, now. */
  readonly blocks: readonly Closure[];
  /** When the last of those ends; null where nothing does, or nobody knows when. */
  readonly blockedUntil: Instant | null;
  /** One entry for each currency, of the UTC day and month. */
  readonly today: readonly ProviderSpend[];
  readonly month: readonly ProviderSpend[];
}

interface OverviewLoad {
  readonly closures: readonly Closure[];
  readonly today: readonly ProviderSpend[];
  readonly month: readonly ProviderSpend[];
}

function* loadOverview(tenantId: TenantId, now: Instant): Loader<OverviewLoad> {
  return {
    closures: yield* read('closuresOfTenant', { tenantId, scope: 'provider' }),
    today: yield* read('spend', { tenantId, since: calendarPeriod(now, 'day', 'UTC').start }),
    month: yield* read('spend', { tenantId, since: calendarPeriod(now, 'month', 'UTC').start }),
  };
}

/** A provider is called by its own connector where that is switched on, else through one that is. */
const connectorOf = (engine: Engine, tenantId: TenantId, provider: string): string => {
  const own = provider.toLowerCase();
  const on = engine.connectorsOf(tenantId);
  return on.has(own) ? own : ([...on.keys()][0] ?? own);
};

const endOf = (blocks: readonly Closure[]): Instant | null => {
  const ends = blocks.flatMap(({ until }) => until ?? []);
  return ends.length === 0 || ends.length < blocks.length ? null : Math.max(...ends);
};

const overviewOf = (engine: Engine, tenantId: TenantId, provider: string, load: OverviewLoad): ProviderOverview => {
  const now = engine.clock.now();
  const connector = connectorOf(engine, tenantId, provider);
  const own = load.closures.filter((closure) => closure.provider === provider);
  const inForce = own.filter(({ until }) => until === null || until > now);
  const blocks = inForce.filter(({ kind }) => kind !== 'paused');
  return {
    provider,
    connector,
    policy: engine.policies.policyFor({ tenantId, connector, provider, institutionId: '', connectionId: '' }),
    paused: inForce.some(({ kind }) => kind === 'paused'),
    blocks,
    blockedUntil: endOf(blocks),
    today: load.today.filter((spend) => spend.provider === provider),
    month: load.month.filter((spend) => spend.provider === provider),
  };
};

/** Every provider that the catalogue knows. */
export const providerOverviews = async (engine: Engine, tenantId: TenantId): Promise<readonly ProviderOverview[]> => {
  const { load } = await engine.store.turn(
    () => loadOverview(tenantId, engine.clock.now()),
    (loaded) => ({ load: loaded, effects: [] }),
  );
  return engine.policies.providers.map((provider) => overviewOf(engine, tenantId, provider, load));
};

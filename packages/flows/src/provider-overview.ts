import { calendarPeriod } from '@freshet/domain';
import type { Closure, Feed, Instant, TenantId } from '@freshet/domain';
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
  /** Whether that connector is switched on. */
  readonly connectorOn: boolean;
  /** What else keeps it shut, whole, now; and a breaker whose pause is over, until a task has tried it. */
  readonly blocks: readonly Closure[];
  /** Its institutions that are shut alone. */
  readonly institutions: readonly Closure[];
  /** When the last of those ends; null where nothing does, or nobody knows when. */
  readonly blockedUntil: Instant | null;
  /** Feeds of it whose background refreshes have stopped coming. */
  readonly silent: readonly Feed[];
  /** One entry for each currency, of the UTC day and month. */
  readonly today: readonly ProviderSpend[];
  readonly month: readonly ProviderSpend[];
}

interface OverviewLoad {
  readonly closures: readonly Closure[];
  readonly institutions: readonly Closure[];
  readonly silent: readonly Feed[];
  readonly today: readonly ProviderSpend[];
  readonly month: readonly ProviderSpend[];
}

function* loadOverview(tenantId: TenantId, now: Instant): Loader<OverviewLoad> {
  return {
    closures: yield* read('closuresOfTenant', { tenantId, scope: 'provider' }),
    institutions: yield* read('closuresOfTenant', { tenantId, scope: 'institution' }),
    silent: yield* read('silentFeedsOfTenant', { tenantId }),
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

const isInForce = ({ until }: Closure, now: Instant): boolean => until === null || until > now;

/** An open breaker stands until a task has tried it with success. */
const isShut = (closure: Closure, now: Instant): boolean => closure.kind === 'breaker' || isInForce(closure, now);

/** Of those that are still in force. */
const endOf = (blocks: readonly Closure[], now: Instant): Instant | null => {
  const held = blocks.filter((closure) => isInForce(closure, now));
  const ends = held.flatMap(({ until }) => until ?? []);
  return ends.length === 0 || ends.length < held.length ? null : Math.max(...ends);
};

const overviewOf = (engine: Engine, tenantId: TenantId, provider: string, load: OverviewLoad): ProviderOverview => {
  const now = engine.clock.now();
  const connector = connectorOf(engine, tenantId, provider);
  const isOwn = (closure: Closure): boolean => closure.provider === provider && isShut(closure, now);
  const own = load.closures.filter(isOwn);
  const blocks = own.filter(({ kind }) => kind !== 'paused');
  return {
    provider,
    connector,
    connectorOn: engine.connectorsOf(tenantId).has(connector),
    policy: engine.policies.policyFor({ tenantId, connector, provider, institutionId: '', connectionId: '' }),
    paused: own.length > blocks.length,
    blocks,
    institutions: load.institutions.filter(isOwn),
    blockedUntil: endOf(blocks, now),
    silent: load.silent.filter((feed) => feed.provider === provider),
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

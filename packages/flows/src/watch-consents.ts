import type { ConnectionId, DurationMs, Effect, Instant, TenantId } from '@freshet/domain';
import { decideConsent } from '@freshet/policy';
import { read } from '@freshet/ports';
import { turnInputs, type Engine } from './engine.js';
import { policyOf } from './load-refresh.js';

const CAUSE = 'schedule watch-consents';

/** The longest warning that a policy can ask for and is heard. */
export const LONGEST_WARNING_MS: DurationMs = 31 * 24 * 3_600_000;

interface Named {
  readonly tenantId: TenantId;
  readonly id: ConnectionId;
}

/** Whether it changed anything: most are looked at often and change once. */
const watchOne = async (engine: Engine, named: Named): Promise<boolean> => {
  const seen = await engine.store.read('connection', named);
  if (seen === null) return false;
  const decide = (connection: typeof seen | null): { readonly effects: readonly Effect[] } =>
    connection === null
      ? { effects: [] }
      : decideConsent(connection, policyOf(engine, connection), turnInputs(engine, CAUSE));
  if (decide(seen).effects.length === 0) return false;
  const { effects } = await engine.store.turn(() => read('connection', named), decide);
  return effects.length > 0;
};

/**
 * Consents that have ended, or end within `aheadMs`, so many at a time: warned of, or ended as the catalogue says. How
 * many connections changed.
 */
export const watchConsents = async (engine: Engine, limit: number, aheadMs: DurationMs): Promise<number> => {
  const until = engine.clock.now() + aheadMs;
  let changed = 0;
  let last: { readonly endsAt: Instant; readonly id: string } = { endsAt: Number.MIN_SAFE_INTEGER, id: '' };
  for (;;) {
    const page = await engine.store.read('endingConsents', { until, afterAt: last.endsAt, afterId: last.id, limit });
    for (const { tenantId, id } of page) if (await watchOne(engine, { tenantId, id })) changed += 1;
    const end = page.at(-1);
    if (end === undefined || page.length < limit) return changed;
    last = end;
  }
};

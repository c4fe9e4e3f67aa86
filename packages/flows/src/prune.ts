import { put, remove } from '@freshet/domain';
import type { AuditId, Effect, Instant, PullId, TenantId, WebhookId } from '@freshet/domain';
import type { Limit } from '@freshet/policy';
import { read, StoreConflict, type Loader, type OldRow, type RetainedName } from '@freshet/ports';
import { WINDOWS_BACK_MS } from './audit/look-backs.js';
import { wholePrefix } from './audit/chain-walk.js';
import type { Engine } from './engine.js';
import { loadRefreshes } from './prune-refreshes.js';
import { HISTORIES_PRUNED, type Retention } from './retention.js';

/** Rows of one turn: short enough that a request which waits for it does not notice. */
const AT_ONCE = 25;
/** Rows that are looked at for one step of the walk. */
const LOOKED_AT = 200;

/** What may go of those old rows, in one turn. */
type Leaving = (rows: readonly OldRow[], before: Instant) => Loader<readonly Effect[]>;

const inTenant = ({ tenantId, id }: OldRow) => ({ tenantId, id });

/** The oldest rows of the connection's chain that are old enough, as far as they are as they were written. */
function* oldDecisions([first]: readonly OldRow[], before: Instant): Loader<readonly Effect[]> {
  if (first === undefined || first.connectionId === null) return [];
  const { tenantId, connectionId } = first;
  const links = yield* read('chainLinks', { tenantId, chain: 'decision', connectionId, after: '', limit: AT_ONCE });
  return wholePrefix(links, connectionId, before).map(({ id }) => remove('decision', id as never));
}

const reachOf = (limit: Limit): number =>
  limit.kind === 'cooldown' ? limit.forMs : limit.per.shape === 'calendar' ? 0 : limit.per.ms;

const oldPulls = ({ policies, clock }: Engine): Leaving =>
  function* (rows) {
    const effects: Effect[] = [];
    for (const row of rows) {
      const { tenantId, id } = row;
      const pull = yield* read('pull', { tenantId, id: id as PullId });
      if (pull === null || pull.state === 'reserved') continue;
      const longest = Math.max(0, ...policies.policyFor(pull).limits.map(reachOf));
      const isCounted = pull.at > clock.now() - longest - WINDOWS_BACK_MS;
      const hasTask = pull.taskId !== null && (yield* read('task', { tenantId, id: pull.taskId })) !== null;
      const entries = yield* read('ledgerOfPull', { tenantId, pullId: pull.id });
      if (!isCounted && !hasTask && entries.length === 0) effects.push(remove('pull', pull.id));
    }
    return effects;
  };

function* oldWebhooks(rows: readonly OldRow[]): Loader<readonly Effect[]> {
  const effects: Effect[] = [];
  for (const row of rows) {
    const webhook = yield* read('webhook', inTenant(row) as { tenantId: TenantId; id: WebhookId });
    if (webhook !== null && webhook.dueAt === null) effects.push(remove('webhook', webhook.id));
  }
  return effects;
}

/** The newest of each connection stays: it says where its present status came from. */
function* oldChanges(rows: readonly OldRow[], before: Instant): Loader<readonly Effect[]> {
  const effects: Effect[] = [];
  for (const { tenantId, id, connectionId } of rows) {
    if (connectionId === null) continue;
    const [newest] = yield* read('historyPage', { tenantId, connectionId, before: null, limit: 1 });
    if (newest !== undefined && newest.id !== id) effects.push(remove('statusChange', id));
  }
  const mark = yield* read('setting', { id: HISTORIES_PRUNED });
  const reached = Math.max(before, Number(mark?.value ?? 0));
  return effects.length === 0 ? [] : [...effects, put('setting', { id: HISTORIES_PRUNED, value: String(reached) })];
}

/** Findings first, some at a time; the audit itself once it has none. */
function* oldAudits([row]: readonly OldRow[]): Loader<readonly Effect[]> {
  if (row === undefined) return [];
  const { tenantId } = row;
  const audit = yield* read('audit', { tenantId, id: row.id as AuditId });
  if (audit === null || (audit.state !== 'done' && audit.state !== 'failed')) return [];
  const findings = yield* read('findingsPage', { tenantId, auditId: audit.id, before: null, limit: AT_ONCE });
  const gone = findings.map(({ id }) => remove('finding', id));
  return findings.length < AT_ONCE ? [...gone, remove('audit', audit.id)] : gone;
}

/** A walk over the oldest rows of a record. */
interface Pruning {
  readonly record: RetainedName;
  readonly keptMs: number;
  /** How many rows go in one turn: those of a chain go by their connection. */
  readonly rowsATurn: number;
  readonly leaving: Leaving;
}

const prunings = (engine: Engine, retention: Retention): readonly Pruning[] => [
  { record: 'decision', keptMs: retention.decisions, rowsATurn: 1, leaving: oldDecisions },
  { record: 'task', keptMs: retention.refreshes, rowsATurn: 1, leaving: loadRefreshes },
  // Money of connects and repairs, which have no task.
  { record: 'ledgerEntry', keptMs: retention.refreshes, rowsATurn: 1, leaving: loadRefreshes },
  { record: 'pull', keptMs: retention.pulls, rowsATurn: AT_ONCE, leaving: oldPulls(engine) },
  { record: 'webhook', keptMs: retention.webhooks, rowsATurn: AT_ONCE, leaving: oldWebhooks },
  { record: 'statusChange', keptMs: retention.histories, rowsATurn: AT_ONCE, leaving: oldChanges },
  { record: 'audit', keptMs: retention.audits, rowsATurn: 1, leaving: oldAudits },
];

const isRow = ({ do: what, record }: Effect): boolean => what === 'remove' && record !== 'setting';

/** One turn; how many rows left. A chain that its own rows contradict is left to the audit. */
const pruneOnce = async (engine: Engine, { leaving }: Pruning, rows: readonly OldRow[], before: Instant) => {
  try {
    const { effects } = await engine.store.turn(
      () => leaving(rows, before),
      (gone) => ({ effects: gone }),
    );
    return effects.filter(isRow).length;
  } catch (error) {
    if (error instanceof StoreConflict) return 0;
    throw error;
  }
};

/** Walks the oldest rows of one record, and stops at the first that is young: work goes with what is pruned, and with what stays. */
const pruneRecord = async (engine: Engine, pruning: Pruning): Promise<number> => {
  const { record, keptMs, rowsATurn } = pruning;
  const before = engine.clock.now() - keptMs;
  let pruned = 0;
  for (let after = ''; ;) {
    const page = await engine.store.read('oldestRows', { record, after, limit: LOOKED_AT });
    const young = page.findIndex(({ madeAt }) => madeAt >= before);
    const old = young < 0 ? page : page.slice(0, young);
    for (let start = 0; start < old.length; start += rowsATurn) {
      const rows = old.slice(start, start + rowsATurn);
      for (let gone = AT_ONCE; gone >= AT_ONCE; pruned += gone) gone = await pruneOnce(engine, pruning, rows, before);
    }
    const last = old.at(-1);
    if (last === undefined || old.length < LOOKED_AT) return pruned;
    after = last.id;
  }
};

/** Removes what is kept long enough, in small turns; how many rows. What was begun and stopped goes on where it stood. */
export const prune = async (engine: Engine, retention: Retention): Promise<number> => {
  let pruned = 0;
  for (const pruning of prunings(engine, retention)) pruned += await pruneRecord(engine, pruning);
  return pruned;
};

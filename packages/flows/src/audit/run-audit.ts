import { idOf, insert, update } from '@freshet/domain';
import type { AuditId, AuditRun, Effect, Finding, TenantId } from '@freshet/domain';
import { read, StoreUnavailable, type Loader } from '@freshet/ports';
import type { Engine } from '../engine.js';
import type { AuditPage, Check, Found } from './check.js';
import { auditChecks } from './checks.js';
import { dropLease, holdLease, LEASE_ID, leaseIn, type AuditLease } from './lease.js';
import { emptyTally, tally } from './tally.js';

export interface AuditOptions {
  readonly checks?: readonly Check[];
  /** Rows that one turn looks at: what bounds memory, and how long a turn keeps others waiting. */
  readonly pageSize?: number;
}

const PAGE_SIZE = 100;
/** An audit whose workers die this often is what kills them. */
const MOST_TAKES = 3;

interface Held {
  readonly run: AuditRun | null;
  readonly lease: AuditLease | undefined;
}

interface Worker {
  readonly engine: Engine;
  readonly tenantId: TenantId;
  readonly id: AuditId;
  readonly holder: string;
  readonly checks: readonly Check[];
  readonly pageSize: number;
}

type Taken = { readonly may: boolean; readonly effects: readonly Effect[] };

function* loadHeld(tenantId: TenantId, id: AuditId): Loader<Held> {
  return { run: yield* read('audit', { tenantId, id }), lease: leaseIn(yield* read('setting', { id: LEASE_ID })) };
}

const isOver = ({ state }: AuditRun): boolean => state === 'done' || state === 'failed';

const failed = (run: AuditRun, error: string, now: number): Effect =>
  update('audit', run.id, { state: 'failed', endedAt: now, error });

const begin = ({ engine, tenantId, id, holder, checks }: Worker, run: AuditRun): Taken => {
  const until = engine.clock.realNow() + engine.leaseMs;
  const first = checks[0]?.name ?? '';
  return {
    may: true,
    effects: [
      update('audit', run.id, { state: 'running', startedAt: engine.clock.now(), ...emptyTally(checks) }),
      holdLease({ tenantId, id, holder, until, takes: 1, check: first, after: '' }),
    ],
  };
};

/** Goes on behind the last page that a worker that is gone had written. */
const takeOver = ({ engine, holder, checks }: Worker, run: AuditRun, lease: AuditLease): Taken => {
  if (lease.takes >= MOST_TAKES) {
    const error = `its worker was lost ${lease.takes} times, the last time in check ${lease.check}`;
    return { may: false, effects: [failed(run, error, engine.clock.now()), dropLease()] };
  }
  if (!checks.some(({ name }) => name === lease.check)) {
    const error = `it was interrupted in check ${lease.check}, which this version does not have`;
    return { may: false, effects: [failed(run, error, engine.clock.now()), dropLease()] };
  }
  const until = engine.clock.realNow() + engine.leaseMs;
  return { may: true, effects: [holdLease({ ...lease, holder, until, takes: lease.takes + 1 })] };
};

const decideTake = (worker: Worker, { run, lease }: Held): Taken => {
  const { engine, id } = worker;
  const isDead = lease !== undefined && lease.until <= engine.clock.realNow();
  const isOurs = lease?.id === id;
  if (run === null || isOver(run)) return { may: false, effects: isDead && isOurs ? [dropLease()] : [] };
  // Another audit's lease, even a dead one, is taken over first: its run would be forgotten with it.
  if (lease !== undefined) return isDead && isOurs ? takeOver(worker, run, lease) : { may: false, effects: [] };
  if (run.state === 'queued') return begin(worker, run);
  const error = 'it was interrupted, and how far it had got is not known';
  return { may: false, effects: [failed(run, error, engine.clock.now())] };
};

const findingOf = (worker: Worker, check: string, found: Found): Finding => ({
  id: idOf('finding', worker.engine.ids.next()),
  tenantId: worker.tenantId,
  auditId: worker.id,
  check,
  at: worker.engine.clock.now(),
  ...found,
});

/** Where the audit goes on after a page; undefined: it has seen everything. */
const nextPlace = (
  checks: readonly Check[],
  check: string,
  last: string | null,
): Pick<AuditLease, 'check' | 'after'> | undefined => {
  if (last !== null) return { check, after: last };
  const next = checks[checks.findIndex(({ name }) => name === check) + 1];
  return next === undefined ? undefined : { check: next.name, after: '' };
};

interface Step {
  readonly goesOn: boolean;
  readonly effects: readonly Effect[];
}

const decideStep = (worker: Worker, { run, lease, page }: Held & { readonly page?: AuditPage }): Step => {
  const { engine, holder, checks } = worker;
  if (run === null || lease === undefined || page === undefined || lease.holder !== holder)
    return { goesOn: false, effects: [] };
  const found = page.judge();
  const next = nextPlace(checks, lease.check, page.last);
  const totals = tally(run, lease.check, page.examined, found);
  const end = next === undefined ? ({ state: 'done', endedAt: engine.clock.now() } as const) : {};
  const until = engine.clock.realNow() + engine.leaseMs;
  return {
    goesOn: next !== undefined,
    effects: [
      ...found.map((each) => insert('finding', findingOf(worker, lease.check, each))),
      update('audit', run.id, { ...totals, ...end }),
      next === undefined ? dropLease() : holdLease({ ...lease, ...next, until }),
    ],
  };
};

function* loadStep({
  engine,
  tenantId,
  id,
  holder,
  checks,
  pageSize,
}: Worker): Loader<Held & { readonly page?: AuditPage }> {
  const held = yield* loadHeld(tenantId, id);
  const check = checks.find(({ name }) => name === held.lease?.check);
  if (held.lease?.holder !== holder || check === undefined) return held;
  const place = { tenantId, now: engine.clock.now(), after: held.lease.after, limit: pageSize };
  return { ...held, page: yield* check.page(place) };
}

const fail = async ({ engine, tenantId, id, holder }: Worker, error: unknown): Promise<void> => {
  engine.log.warn('an audit failed', { auditId: id, error: String(error) });
  await engine.store.turn(
    () => loadHeld(tenantId, id),
    ({ run, lease }): { readonly effects: readonly Effect[] } =>
      run === null || lease?.holder !== holder
        ? { effects: [] }
        : { effects: [failed(run, String(error), engine.clock.now()), dropLease()] },
  );
};

/** One page a turn: facts and findings of one moment, and nobody waits longer than for a page. */
const walk = async (worker: Worker): Promise<void> => {
  const step = (): Promise<Step> =>
    worker.engine.store.turn(
      () => loadStep(worker),
      (load) => decideStep(worker, load),
    );
  while ((await step()).goesOn);
};

/**
 * Runs an audit to its end. One that a lost worker left behind goes on where that stopped, once its lease has run out;
 * where another audit is under way, it stays queued. The run as it is then; undefined: there is none.
 */
export const runAudit = async (
  engine: Engine,
  tenantId: TenantId,
  id: AuditId,
  { checks = auditChecks, pageSize = PAGE_SIZE }: AuditOptions = {},
): Promise<AuditRun | undefined> => {
  const worker: Worker = { engine, tenantId, id, holder: `${engine.workerId} ${engine.ids.next()}`, checks, pageSize };
  const taken = await engine.store.turn(
    () => loadHeld(tenantId, id),
    (held) => decideTake(worker, held),
  );
  if (taken.may) {
    try {
      await walk(worker);
    } catch (error) {
      // The store will be back: the lease runs out, and the audit goes on.
      if (error instanceof StoreUnavailable) throw error;
      await fail(worker, error);
    }
  }
  return (await engine.store.read('audit', { tenantId, id })) ?? undefined;
};

interface Named {
  readonly tenantId: TenantId;
  readonly id: AuditId;
}

/** The one that a lost worker left behind comes first; none while a worker is at one. */
const nextToRun = async (engine: Engine): Promise<Named | undefined> => {
  const lease = leaseIn(await engine.store.read('setting', { id: LEASE_ID }));
  if (lease !== undefined) return lease.until <= engine.clock.realNow() ? lease : undefined;
  return (await engine.store.read('queuedAudits', { limit: 1 }))[0];
};

/** Runs what is queued, one after the other; how many came to an end. */
export const runQueuedAudits = async (engine: Engine, limit: number, options?: AuditOptions): Promise<number> => {
  for (let count = 0; count < limit; count += 1) {
    const next = await nextToRun(engine);
    if (next === undefined) return count;
    const run = await runAudit(engine, next.tenantId, next.id, options);
    // Another worker was faster.
    if (run !== undefined && !isOver(run)) return count;
  }
  return limit;
};

import { idOf, insert, update } from '@freshet/domain';
import type { AuditId, AuditRun, Effect, Finding, TenantId } from '@freshet/domain';
import { read, StoreUnavailable, type Loader } from '@freshet/ports';
import type { Engine } from '../engine.js';
import type { AuditPages, Check, Found, JudgedPage } from './check.js';
import { auditChecks } from './checks.js';
import { withDriftRead } from './drift.js';
import { dropLease, holdLease, LEASE_ID, leaseIn, type AuditLease } from './lease.js';
import { pagesOver } from './pages-over.js';
import { emptyTally, tally } from './tally.js';

export interface AuditOptions {
  readonly checks?: readonly Check[];
  /** Rows of one page: what bounds memory, and how long one read takes. */
  readonly pageSize?: number;
  /** Where they are read; by default in turns of the engine's own store, which others wait for. */
  readonly pages?: AuditPages;
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
  readonly pages: AuditPages;
}

/** Where the next page begins. */
type Place = Pick<AuditLease, 'check' | 'after'>;

/** `at`: where it goes on; undefined: it does not. */
interface Step {
  readonly at: Place | undefined;
  readonly effects: readonly Effect[];
}

function* loadHeld(tenantId: TenantId, id: AuditId): Loader<Held> {
  return { run: yield* read('audit', { tenantId, id }), lease: leaseIn(yield* read('setting', { id: LEASE_ID })) };
}

const isOver = ({ state }: AuditRun): boolean => state === 'done' || state === 'failed';

const failed = (run: AuditRun, error: string, now: number): Effect =>
  update('audit', run.id, { state: 'failed', endedAt: now, error });

const begin = ({ engine, tenantId, id, holder, checks }: Worker, run: AuditRun): Step => {
  const until = engine.clock.realNow() + engine.leaseMs;
  const at = { check: checks[0]?.name ?? '', after: '' };
  return {
    at,
    effects: [
      update('audit', run.id, { state: 'running', startedAt: engine.clock.now(), ...emptyTally(checks) }),
      holdLease({ tenantId, id, holder, until, takes: 1, ...at }),
    ],
  };
};

/** Goes on behind the last page that a worker that is gone had written. */
const takeOver = ({ engine, holder, checks }: Worker, run: AuditRun, lease: AuditLease): Step => {
  if (lease.takes >= MOST_TAKES) {
    const error = `its worker was lost ${lease.takes} times, the last time in check ${lease.check}`;
    return { at: undefined, effects: [failed(run, error, engine.clock.now()), dropLease()] };
  }
  if (!checks.some(({ name }) => name === lease.check)) {
    const error = `it was interrupted in check ${lease.check}, which this version does not have`;
    return { at: undefined, effects: [failed(run, error, engine.clock.now()), dropLease()] };
  }
  const until = engine.clock.realNow() + engine.leaseMs;
  const { check, after } = lease;
  return { at: { check, after }, effects: [holdLease({ ...lease, holder, until, takes: lease.takes + 1 })] };
};

const decideTake = (worker: Worker, { run, lease }: Held): Step => {
  const { engine, id } = worker;
  const isDead = lease !== undefined && lease.until <= engine.clock.realNow();
  const isOurs = lease?.id === id;
  if (run === null || isOver(run)) return { at: undefined, effects: isDead && isOurs ? [dropLease()] : [] };
  // Another audit's lease, even a dead one, is taken over first: its run would be forgotten with it.
  if (lease !== undefined) return isDead && isOurs ? takeOver(worker, run, lease) : { at: undefined, effects: [] };
  if (run.state === 'queued') return begin(worker, run);
  const error = 'it was interrupted, and how far it had got is not known';
  return { at: undefined, effects: [failed(run, error, engine.clock.now())] };
};

const findingOf = (worker: Worker, check: string, found: Found): Finding => ({
  id: idOf('finding', worker.engine.ids.next()),
  tenantId: worker.tenantId,
  auditId: worker.id,
  check,
  at: worker.engine.clock.now(),
  repairedAt: null,
  ...found,
});

/** Where the audit goes on after a page; undefined: it has seen everything. */
const nextPlace = (checks: readonly Check[], check: string, last: string | null): Place | undefined => {
  if (last !== null) return { check, after: last };
  const next = checks[checks.findIndex(({ name }) => name === check) + 1];
  return next === undefined ? undefined : { check: next.name, after: '' };
};

/** A page's findings, and where the audit goes on; nothing of them where another worker has taken over. */
const decideStep = (worker: Worker, { run, lease }: Held, at: Place, page: JudgedPage): Step => {
  const { engine, holder, checks } = worker;
  if (run === null || lease?.holder !== holder || lease.check !== at.check || lease.after !== at.after)
    return { at: undefined, effects: [] };
  const next = nextPlace(checks, at.check, page.last);
  const totals = tally(run, at.check, page.examined, page.found);
  const end = next === undefined ? ({ state: 'done', endedAt: engine.clock.now() } as const) : {};
  const until = engine.clock.realNow() + engine.leaseMs;
  return {
    at: next,
    effects: [
      ...page.found.map((each) => insert('finding', findingOf(worker, at.check, each))),
      update('audit', run.id, { ...totals, ...end }),
      next === undefined ? dropLease() : holdLease({ ...lease, ...next, until }),
    ],
  };
};

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

/** Page by page: the facts of one moment are read, then what was found is written with how far that got. */
const walk = async (worker: Worker, from: Place): Promise<void> => {
  const { engine, tenantId, id, pages, pageSize } = worker;
  let at: Place | undefined = from;
  while (at !== undefined) {
    const here: Place = at;
    const place = { tenantId, now: engine.clock.now(), after: here.after, limit: pageSize, auditId: id };
    const page = await pages(here.check, place);
    const step: Step = await engine.store.turn(
      () => loadHeld(tenantId, id),
      (held) => decideStep(worker, held, here, page),
    );
    at = step.at;
  }
};

/**
 * Runs an audit to its end. One that a lost worker left behind goes on where that stopped, once its lease has run out;
 * where another audit is under way, it stays queued. The run as it is then; undefined: there is none.
 */
export const runAudit = async (
  engine: Engine,
  tenantId: TenantId,
  id: AuditId,
  {
    checks = auditChecks,
    pageSize = PAGE_SIZE,
    pages = pagesOver(engine.store, engine.policies, checks),
  }: AuditOptions = {},
): Promise<AuditRun | undefined> => {
  const holder = `${engine.workerId} ${engine.ids.next()}`;
  const worker: Worker = { engine, tenantId, id, holder, checks, pageSize, pages: withDriftRead(engine, pages) };
  const taken = await engine.store.turn(
    () => loadHeld(tenantId, id),
    (held) => decideTake(worker, held),
  );
  if (taken.at !== undefined) {
    try {
      await walk(worker, taken.at);
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

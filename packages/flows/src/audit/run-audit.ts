import { idOf, insert, put, update } from '@freshet/domain';
import type { AuditFigures, AuditId, AuditRun, Effect, Finding, TenantId } from '@freshet/domain';
import { read, StoreUnavailable, type Loader } from '@freshet/ports';
import type { AuditingEngine, Engine } from '../engine.js';
import type { AuditPages, Check, Digests, Found, PageFigures } from './check.js';
import { auditChecks } from './checks.js';
import { drift, DRIFT_SAMPLE, withDriftRead } from './drift.js';
import { dropLease, holdLease, LEASE_ID, leaseIn, type AuditLease } from './lease.js';
import { pagesOver } from './pages-over.js';
import { figuresTogether, figuresWith, loadBefore, loadKnown, sinceOf, stayedWith } from './since.js';
import { emptyTally, tally } from './tally.js';

export interface AuditOptions {
  readonly checks?: readonly Check[];
  /** Rows of one page: what bounds memory, and how long one read takes. */
  readonly pageSize?: number;
  /** Where they are read; by default in turns of the engine's own store, which others wait for. */
  readonly pages?: AuditPages;
  /** So many connections of each provider are asked about there; 0: nobody is, and the audit leaves that check out. */
  readonly driftSample?: number;
}

const PAGE_SIZE = 500;
/** Pages in which nothing is found are told of together: an audit of millions of rows makes few commits. */
const TELLS_WITHIN_LEASE = 20;
/** An audit whose workers die this often is what kills them. */
const MOST_TAKES = 3;

interface Held {
  readonly run: AuditRun | null;
  readonly lease: AuditLease | undefined;
}

/** What a page is written beside. */
interface StepFacts extends Held {
  readonly known: ReadonlyMap<string, Finding>;
  readonly figures: AuditFigures | null;
}

interface Worker {
  readonly engine: AuditingEngine;
  readonly tenantId: TenantId;
  readonly id: AuditId;
  readonly holder: string;
  readonly checks: readonly Check[];
  readonly pageSize: number;
  readonly pages: AuditPages;
  readonly driftSample: number;
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

/** With the audit that this one is compared with, where it begins. */
function* loadTake(tenantId: TenantId, id: AuditId): Loader<Held & { readonly before: AuditRun | null }> {
  const held = yield* loadHeld(tenantId, id);
  return { ...held, before: held.run?.state === 'queued' ? yield* loadBefore(tenantId, id) : null };
}

function* loadStep(
  tenantId: TenantId,
  id: AuditId,
  { check, found }: Pick<Seen, 'check' | 'found'>,
): Loader<StepFacts> {
  const held = yield* loadHeld(tenantId, id);
  const known = yield* loadKnown(held.run, check, found);
  return { ...held, known, figures: yield* read('auditFigures', { tenantId, id }) };
}

const isOver = ({ state }: AuditRun): boolean => state === 'done' || state === 'failed';

const failed = (run: AuditRun, error: string, now: number): Effect =>
  update('audit', run.id, { state: 'failed', endedAt: now, error });

const begin = ({ engine, tenantId, id, holder, checks }: Worker, run: AuditRun, before: AuditRun | null): Step => {
  const until = engine.clock.realNow() + engine.leaseMs;
  const at = { check: checks[0]?.name ?? '', after: '' };
  return {
    at,
    effects: [
      update('audit', run.id, {
        state: 'running',
        startedAt: engine.clock.now(),
        since: sinceOf(before, checks),
        ...emptyTally(checks),
      }),
      put('auditFigures', { id, tenantId, sums: {}, budgets: [] }),
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

const decideTake = (worker: Worker, { run, lease, before }: Held & { readonly before: AuditRun | null }): Step => {
  const { engine, id } = worker;
  const isDead = lease !== undefined && lease.until <= engine.clock.realNow();
  const isOurs = lease?.id === id;
  if (run === null || isOver(run)) return { at: undefined, effects: isDead && isOurs ? [dropLease()] : [] };
  // Another audit's lease, even a dead one, is taken over first: its run would be forgotten with it.
  if (lease !== undefined) return isDead && isOurs ? takeOver(worker, run, lease) : { at: undefined, effects: [] };
  if (run.state === 'queued') return begin(worker, run, before);
  const error = 'it was interrupted, and how far it had got is not known';
  return { at: undefined, effects: [failed(run, error, engine.clock.now())] };
};

/** Pages that were judged and not written yet: only the last of them may have found anything. */
interface Seen {
  readonly examined: readonly { readonly check: string; readonly rows: number }[];
  readonly check: string;
  readonly found: readonly Found[];
  readonly figures: PageFigures;
  readonly digests: Digests;
  /** Where the audit goes on behind them; undefined: it has seen everything. */
  readonly next: Place | undefined;
  /** Why the next page could not be read: what came before it is written first. */
  readonly broken: { readonly error: unknown } | undefined;
}

const findingOf = (
  worker: Worker,
  check: string,
  found: Found,
  now: number,
  earlier: Finding | undefined,
): Finding => ({
  id: idOf('finding', worker.engine.ids.next()),
  tenantId: worker.tenantId,
  auditId: worker.id,
  check,
  at: now,
  firstSeenAt: earlier?.firstSeenAt ?? now,
  repairedAt: null,
  ...found,
});

/** Where the audit goes on after a page; undefined: it has seen everything. */
const nextPlace = (checks: readonly Check[], check: string, last: string | null): Place | undefined => {
  if (last !== null) return { check, after: last };
  const next = checks[checks.findIndex(({ name }) => name === check) + 1];
  return next === undefined ? undefined : { check: next.name, after: '' };
};

/** What the pages found, and where the audit goes on; nothing of them where another worker has taken over. */
const decideStep = (worker: Worker, { run, lease, known, figures }: StepFacts, at: Place, seen: Seen): Step => {
  const { engine, holder } = worker;
  const { check, found, next } = seen;
  const now = engine.clock.now();
  if (run === null || lease?.holder !== holder || lease.check !== at.check || lease.after !== at.after)
    return { at: undefined, effects: [] };
  const { examined, counts, money, amounts, digests } = run;
  const walked = seen.examined.reduce((before, { check: of, rows }) => tally(before, of, rows, []), {
    ...{ examined, counts, money, amounts, digests: { ...digests, ...seen.digests } },
  });
  const end = next === undefined ? ({ state: 'done', endedAt: now } as const) : {};
  const since = stayedWith(run.since, check, found, known);
  const added = figures === null ? undefined : figuresWith(figures, seen.figures);
  const until = engine.clock.realNow() + engine.leaseMs;
  return {
    at: next,
    effects: [
      ...found.map((each) => insert('finding', findingOf(worker, check, each, now, known.get(each.key)))),
      update('audit', run.id, { ...tally(walked, check, 0, found), ...end, since }),
      ...(added === undefined ? [] : [put('auditFigures', added)]),
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

/** One page more, behind those. */
const seePage = async (worker: Worker, before: Seen | undefined, { check, after }: Place): Promise<Seen> => {
  const { engine, tenantId, id, checks, pageSize, pages, driftSample: sampleSize } = worker;
  const place = { tenantId, now: engine.clock.now(), after, limit: pageSize, auditId: id, sampleSize };
  const page = await pages(check, place);
  const earlier = before?.examined ?? [];
  const last = earlier.at(-1);
  const isSame = last?.check === check;
  const rows = page.examined + (isSame ? last.rows : 0);
  return {
    examined: [...(isSame ? earlier.slice(0, -1) : earlier), { check, rows }],
    check,
    found: page.found,
    figures: before === undefined ? page.figures : figuresTogether(before.figures, page.figures),
    digests: { ...before?.digests, ...page.digests },
    next: nextPlace(checks, check, page.last),
    broken: undefined,
  };
};

/** Pages from there on, until something is found, or it is time to say that the worker still lives. */
const seePages = async (worker: Worker, from: Place): Promise<Seen> => {
  const { clock, leaseMs } = worker.engine;
  const until = clock.realNow() + leaseMs / TELLS_WITHIN_LEASE;
  let seen = await seePage(worker, undefined, from);
  while (seen.next !== undefined && seen.found.length === 0 && clock.realNow() < until) {
    try {
      seen = await seePage(worker, seen, seen.next);
    } catch (error) {
      return { ...seen, broken: { error } };
    }
  }
  return seen;
};

/** The facts of one moment are read page by page; then what was found is written with how far that got. */
const walk = async (worker: Worker, from: Place): Promise<void> => {
  const { engine, tenantId, id } = worker;
  let at: Place | undefined = from;
  while (at !== undefined) {
    const here: Place = at;
    const seen = await seePages(worker, here);
    const step: Step = await engine.store.turn(
      () => loadStep(tenantId, id, seen),
      (facts) => decideStep(worker, facts, here, seen),
    );
    if (seen.broken !== undefined) throw seen.broken.error;
    at = step.at;
  }
};

/** Whether providers can be asked: an audit of a file has nobody to ask. */
const asks = (engine: AuditingEngine): engine is Engine => 'connectorsOf' in engine;

/**
 * Runs an audit to its end. One that a lost worker left behind goes on where that stopped, once its lease has run out;
 * where another audit is under way, it stays queued. The run as it is then; undefined: there is none.
 */
export const runAudit = async (
  engine: AuditingEngine,
  tenantId: TenantId,
  id: AuditId,
  {
    checks = auditChecks,
    pageSize = PAGE_SIZE,
    pages = pagesOver(engine.store, engine.policies, checks),
    driftSample = DRIFT_SAMPLE,
  }: AuditOptions = {},
): Promise<AuditRun | undefined> => {
  const holder = `${engine.workerId} ${engine.ids.next()}`;
  const worker: Worker = {
    engine,
    tenantId,
    id,
    holder,
    checks: driftSample === 0 ? checks.filter(({ name }) => name !== drift.name) : checks,
    pageSize,
    pages: asks(engine) ? withDriftRead(engine, pages) : pages,
    driftSample,
  };
  const taken = await engine.store.turn(
    () => loadTake(tenantId, id),
    (facts) => decideTake(worker, facts),
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
const nextToRun = async (engine: AuditingEngine): Promise<Named | undefined> => {
  const lease = leaseIn(await engine.store.read('setting', { id: LEASE_ID }));
  if (lease !== undefined) return lease.until <= engine.clock.realNow() ? lease : undefined;
  return (await engine.store.read('queuedAudits', { limit: 1 }))[0];
};

/** Runs what is queued, one after the other; how many came to an end. */
export const runQueuedAudits = async (
  engine: AuditingEngine,
  limit: number,
  options?: AuditOptions,
): Promise<number> => {
  for (let count = 0; count < limit; count += 1) {
    const next = await nextToRun(engine);
    if (next === undefined) return count;
    const run = await runAudit(engine, next.tenantId, next.id, options);
    // Another worker was faster.
    if (run !== undefined && !isOver(run)) return count;
  }
  return limit;
};

import { randomUUID } from 'node:crypto';
import { DEFAULT_TENANT, formatInstant } from '@freshet/domain';
import type { AuditRun, TenantId } from '@freshet/domain';
import { auditChecks, requestAudit, runAudit, type AuditingEngine } from '@freshet/flows';
import { StoreUnavailable, type Store } from '@freshet/ports';
import { checksOf, countsOfAll, notAskedOf, totalOf } from '../audit/audit-view.js';
import { createPageThread } from '../audit/page-thread.js';
import { number, plainMoney, plural } from '../audit/report/numbers.js';
import { differenceOf } from '../audit/since-view.js';
import { createClock } from '../engine/engine-clock.js';
import { createIds } from '../engine/random-ids.js';
import { readAuditArguments, USAGE, type AuditArguments } from './arguments.js';
import { judgingBy, type Judging } from './judging.js';
import { Misuse } from './misuse.js';
import { createProgress } from './progress.js';
import { writeReports } from './report-files.js';
import { bringBefore, makeScratch, type Scratch } from './scratch.js';
import { openDatabase, type SqliteStore } from './stores.js';

export interface Terminal {
  readonly say: (line: string) => void;
  /** Beside what was asked for: faults, and how far it has got. */
  readonly complain: (line: string) => void;
}

const [CLEAN, CRITICAL, FAILED] = [0, 1, 2];

/** Nobody waits for this process: pages may be long. */
const PAGE_SIZE = 1000;
const PAGE_MS = 120_000;
const LEASE_MS = 600_000;
const THREAD = new URL('../engine/audit-thread.js', import.meta.url);

/** This process has no connectors: what needs them is left out, and the report says so. */
const checks = auditChecks.filter(({ needs }) => needs === undefined);

const MOST_TENANTS = 20;

const tenantsOf = async (database: Store): Promise<readonly TenantId[]> => {
  const tenants: TenantId[] = [];
  const after = (id: string): Promise<TenantId | null> => database.read('tenantAfter', { after: id });
  for (let id = await after(''); id !== null && tenants.length < MOST_TENANTS; id = await after(id)) tenants.push(id);
  return tenants;
};

const tenantOf = async (database: Store, wanted: TenantId | null): Promise<TenantId> => {
  const tenants = await tenantsOf(database);
  if (wanted === null && tenants.length > 1) {
    throw new Misuse(`The database has several tenants: name one by --tenant (${tenants.join(', ')}).`);
  }
  if (wanted === null) return tenants[0] ?? DEFAULT_TENANT;
  const [there] = await database.read('connectionsPage', { tenantId: wanted, before: null, limit: 1 });
  if (there === undefined) throw new Misuse(`The database has no tenant ${wanted} (it has ${tenants.join(', ')}).`);
  return wanted;
};

const engineOver = async (
  database: Store,
  { store }: Scratch,
  { policies }: Judging,
  { complain }: Terminal,
): Promise<AuditingEngine> => {
  const clock = await createClock(database);
  return {
    ...{ store, clock, ids: createIds(clock.now), policies, workerId: randomUUID(), leaseMs: LEASE_MS },
    log: { info: () => undefined, warn: (message, facts) => complain(`${message}: ${JSON.stringify(facts)}`) },
  };
};

const audited = async (
  engine: AuditingEngine,
  file: string,
  tenantId: TenantId,
  { complain }: Terminal,
): Promise<AuditRun> => {
  const thread = createPageThread({ file, policies: engine.policies.archive, entry: THREAD, deadlineMs: PAGE_MS });
  const progress = createProgress(process.stderr.isTTY, checks.length, complain);
  try {
    const { id } = await requestAudit(engine, tenantId, 'request');
    const pages = progress.watch(thread.pages);
    return (await runAudit(engine, tenantId, id, { checks, pages, pageSize: PAGE_SIZE })) as AuditRun;
  } finally {
    progress.end();
    await thread.end();
  }
};

const summaryOf = (run: AuditRun, database: string, { told }: Judging): readonly string[] => {
  const counts = countsOfAll(run);
  const changed = differenceOf(run, checksOf(run));
  const notAsked = notAskedOf(run);
  const found = `${plural(totalOf(counts), 'finding')}: ${number(counts.critical)} critical, ${plural(counts.warning, 'warning')}, ${number(counts.info)} for information.`;
  return [
    `Audit of ${database}, ${run.tenantId}, by ${told}`,
    run.money.length === 0 ? found : `${found} At stake: ${run.money.map(plainMoney).join(', ')}.`,
    ...(run.since === null || changed === undefined
      ? []
      : [
          `Since the audit of ${formatInstant(run.since.requestedAt).slice(0, 10)}: ${number(changed.added)} new, ${number(changed.gone ?? 0)} gone, ${number(changed.stayed)} still there.`,
        ]),
    ...(notAsked.length === 0 ? [] : [`Not asked, because it needs the service: ${notAsked.join(', ')}`]),
  ];
};

const auditInto = async (
  scratch: Scratch,
  database: SqliteStore,
  given: AuditArguments,
  terminal: Terminal,
): Promise<number> => {
  const tenantId = await tenantOf(database, given.tenantId);
  const judging = await judgingBy(database, tenantId, given.policy);
  const engine = await engineOver(database, scratch, judging, terminal);
  await bringBefore(database, scratch, tenantId);
  const run = await audited(engine, database.file, tenantId, terminal);
  if (run.state !== 'done') throw new Misuse(`The audit did not come to its end: ${run.error ?? run.state}`);
  const written = await writeReports(scratch, run, given.out);
  for (const line of summaryOf(run, given.database, judging)) terminal.say(line);
  terminal.say(`Written: ${written.join(', ')}`);
  return countsOfAll(run).critical === 0 ? CLEAN : CRITICAL;
};

const auditDatabase = async (given: AuditArguments, terminal: Terminal): Promise<number> => {
  const database = openDatabase(given.database);
  try {
    const scratch = makeScratch(given.out);
    try {
      return await auditInto(scratch, database, given, terminal);
    } finally {
      await scratch.remove();
    }
  } finally {
    await database.close();
  }
};

/** One whole command; its exit code. */
export const runAuditCommand = async (args: readonly string[], terminal: Terminal): Promise<number> => {
  try {
    const given = readAuditArguments(args);
    if (given !== null) return await auditDatabase(given, terminal);
    terminal.say(USAGE);
    return CLEAN;
  } catch (error) {
    const isTold = error instanceof Misuse || error instanceof StoreUnavailable;
    terminal.complain(
      isTold ? error.message : `The audit failed. ${error instanceof Error ? error.stack : String(error)}`,
    );
    return FAILED;
  }
};

import { isOpen, type TaskState } from '@freshet/domain';
import { randomFrom, type Random } from '../connectors/lost-replies/random.js';
import { emulatorAt, serviceAt, startService, type Place, type Running } from '../crash/processes.js';
import {
  connects,
  faultNames,
  firstRows,
  AKOYA,
  kinds,
  planted,
  rowOf,
  type FaultName,
  type ImportedRow,
} from './rows.js';

export const DAYS = 30;
const HOURS = DAYS * 24;
const KILLED_AT_HOUR = 15 * 24 + 5;
const DOWN_HOURS = 3;
const SILENT_FROM_HOUR = 10 * 24;
/** Each costs a real second: the call's deadline. */
const MOST_TIMEOUTS = 12;

export interface ShownConnection {
  readonly id: string;
  readonly externalId: string;
  readonly connector: string;
  readonly provider: string;
  readonly institutionId: string;
  readonly status: string;
  readonly statusReason: string | null;
  readonly consentExpiresAt: string | null;
  readonly activeDuplicateConnectionId: string | null;
  readonly operations: { readonly refresh: boolean; readonly repair: boolean; readonly delete: boolean };
}

export interface ShownTask {
  readonly id: string;
  readonly connectionId: string;
  readonly state: string;
  readonly executor: string;
  readonly attended: boolean;
  readonly products: readonly string[];
  readonly newData: boolean | null;
  readonly cost: { readonly amount: string; readonly currency: string } | null;
  readonly charge: string;
  readonly permit: { readonly actorType: string } | null;
  readonly queuedAt: string;
}

interface List<Row> {
  readonly data: readonly Row[];
  readonly nextCursor?: string | null;
}

export interface Month {
  readonly seed: number;
  /** The instant at which traffic ended: what was asked for by then has to end. */
  readonly endedAt: number;
  readonly interrupted: boolean;
  readonly did: Readonly<Record<string, number>>;
  readonly service: () => Running;
}

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Every page of a list of the service's. */
export const allOf = async <Row>(place: Place, path: string): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const joint = path.includes('?') ? '&' : '?';
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await serviceAt(place)<List<Row>>('GET', `${path}${joint}limit=500${query}`);
    rows.push(...body.data);
    cursor = body.nextCursor ?? null;
  }
  return rows;
};

/** Deadlines are real time: they are as short as they may be. */
const SHORT_CALLS = Object.fromEntries(
  ['MELD', 'BUD', 'PLAID', 'MX', 'FINICITY', 'AKOYA'].map((name) => [`${name}_CALL_TIMEOUT`, 'PT1S']),
);

/** What a provider says of a connection by itself. */
const WORDS: readonly { readonly status: string; readonly statusReason?: string }[] = [
  { status: 'DEGRADED', statusReason: 'INSTITUTION_CURRENTLY_UNAVAILABLE' },
  { status: 'DEGRADED', statusReason: 'INTERACTIVE_REFRESH' },
  { status: 'UNDETERMINED' },
  { status: 'ACTIVE', statusReason: 'NEW_ACCOUNTS_AVAILABLE' },
  { status: 'RECONNECT_REQUIRED', statusReason: 'REPAIRING_INSTITUTION' },
];

/** Jobs that end what there is; all others are paused when the month is over, so that nothing new begins. */
const ENDING_JOBS: readonly string[] = ['dispatch-tasks', 'process-webhooks', 'release-leases', 'run-audits'];

/** Real time, after which what a killed worker held is free. */
const LEASES_ARE_OVER_MS = 23_000;

const PRESENT = { ip: '203.0.113.7', userAgent: 'month' };

/** One seeded month of a service that customers, providers and operators all use at once. */
export class MonthWalk {
  private readonly random: Random;
  private readonly did: Record<string, number> = {};
  private service: Running | undefined;
  private made = 1_000;
  private timeouts = 0;
  private paused: string | null = null;
  /** Permits are read once, and what may have been billed is not repeated. */
  private readonly seen = new Set<string>();
  private keyed: { readonly key: string; readonly connectionId: string } | null = null;

  constructor(
    private readonly place: Place,
    private readonly seed: number,
  ) {
    this.random = randomFrom(seed);
  }

  running(): Running | undefined {
    return this.service;
  }

  async run(): Promise<Month> {
    await this.start();
    await this.clearExamples();
    await this.importRows(firstRows(Date.now() - 60_000, this.random));
    await this.importRows(connects());
    let interrupted = false;
    for (let hour = 0; hour < HOURS; hour += 1) {
      await this.onTheHour(hour);
      if (hour === KILLED_AT_HOUR) {
        interrupted = await this.killInTheMiddle();
        hour += DOWN_HOURS;
      } else await this.passHour();
    }
    const endedAt = await this.now();
    await this.settle();
    return { seed: this.seed, endedAt, interrupted, did: this.did, service: () => this.service as Running };
  }

  /** Whoever reads by permit looks for them more often than they run out. */
  private async passHour(): Promise<void> {
    for (let third = 0; third < 3; third += 1) {
      await this.advance('PT20M');
      await this.servePermits();
    }
  }

  private async start(): Promise<void> {
    this.service = await startService(this.place, SHORT_CALLS);
  }

  private call<Body>(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
    return serviceAt(this.place)<Body>(method, path, body, headers);
  }

  private control<Body>(method: string, path: string, body?: unknown) {
    return emulatorAt(this.place)<Body>(method, path, body);
  }

  private count(what: string): void {
    this.did[what] = (this.did[what] ?? 0) + 1;
  }

  private async now(): Promise<number> {
    return Date.parse((await this.control<{ now: string }>('GET', '/clock')).body.now);
  }

  private async advance(by: string): Promise<void> {
    const { status, body } = await this.call('POST', '/sandbox/clock', { advance: by });
    if (status !== 200) throw new Error(`the clock did not move: ${status} ${JSON.stringify(body)}`);
  }

  /** A first start brings examples along; this world has rows of its own. */
  private async clearExamples(): Promise<void> {
    while (!this.service?.output().includes('example connections')) await pause(20);
    for (const { id } of await allOf<ShownConnection>(this.place, '/v1/connections')) {
      await this.send('DELETE', `/v1/connections/${id}`);
    }
  }

  /** A 204 has no body that could be read. */
  private async send(method: string, path: string): Promise<number> {
    const { port, apiKey } = this.place;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}` },
    });
    await response.arrayBuffer();
    return response.status;
  }

  private async importRows(rows: readonly ImportedRow[]): Promise<void> {
    const { status, body } = await this.call('POST', '/v1/connections/import', { connections: rows });
    if (status !== 201) throw new Error(`an import failed: ${status} ${JSON.stringify(body)}`);
    this.count('import');
  }

  private async living(): Promise<readonly ShownConnection[]> {
    const all = await allOf<ShownConnection>(this.place, '/v1/connections');
    return all.filter(({ status }) => status !== 'DELETED');
  }

  /** What happens at one hour, before an hour passes. */
  private async onTheHour(hour: number): Promise<void> {
    const living = await this.living();
    const usual = living.filter(({ externalId }) => externalId !== planted.silent);
    await this.bankNews(usual);
    if (hour === 1) await this.completeUntold();
    if (hour === SILENT_FROM_HOUR) await this.fallSilent();
    if (hour > 0 && hour % 5 === 0) await this.strike(usual, faultNames[(hour / 5) % faultNames.length] as FaultName);
    if (hour % 4 === 1) await this.repair(usual);
    if (hour % 29 === 28) await this.providerTells(usual);
    if (hour % 41 === 40) await this.importAnother(usual);
    if (hour % 97 === 96) await this.remove(usual);
    if (hour % 53 === 52) await this.addProducts(usual);
    if (hour % 37 === 36) await this.pauseProvider();
    await this.requests(usual);
    await this.servePermits();
  }

  /** Something new at some banks: without it their webhooks stay away. */
  private async bankNews(living: readonly ShownConnection[]): Promise<void> {
    for (const { provider, externalId } of living) {
      if (!this.random.chance(0.15)) continue;
      await this.control('POST', '/data', { provider, externalId, transactions: 1 + this.random.below(4) });
    }
  }

  private async completeUntold(): Promise<void> {
    const row = { connector: 'meld', provider: 'MX', externalId: planted.untold };
    await this.control('PUT', '/connections', { ...row, status: 'ACTIVE' });
  }

  private async fallSilent(): Promise<void> {
    const row = { connector: 'meld', provider: 'MX', externalId: planted.silent };
    await this.control('PUT', '/connections', {
      ...row,
      status: 'RECONNECT_REQUIRED',
      statusReason: 'LOGIN_REQUIRED',
    });
  }

  /** A fault, and at once a refresh that meets it where that is allowed. */
  private async strike(living: readonly ShownConnection[], fault: FaultName): Promise<void> {
    if (fault === 'timeout' && (this.timeouts += 1) > MOST_TIMEOUTS) return;
    for (let tries = 0; tries < 8; tries += 1) {
      const { id, provider, externalId } = this.random.oneOf(living);
      await this.control('POST', '/faults', { provider, externalId, fault, times: 1, retryAfter: 600 });
      this.count(`fault ${fault}`);
      const { status } = await this.refresh(id, { mode: 'force', customerPresent: PRESENT });
      if (status === 202) return;
    }
  }

  private refresh(id: string, body: object, headers: Readonly<Record<string, string>> = {}) {
    this.count('refresh');
    return this.call<{ task?: ShownTask | null }>('POST', `/v1/connections/${id}/refresh`, body, headers);
  }

  private async requests(living: readonly ShownConnection[]): Promise<void> {
    const { random } = this;
    const asked = Array.from({ length: random.below(4) }, async () => {
      const { id } = random.oneOf(living);
      const mode = random.chance(0.3) ? 'force' : 'auto';
      const present = random.chance(0.6) ? { customerPresent: PRESENT } : {};
      const maxAge = random.chance(0.3) ? { maxAge: random.oneOf(['PT15M', 'PT6H', 'P1D']) } : {};
      const products = random.chance(0.2) ? { products: ['BALANCES'] } : {};
      const isAgain = this.keyed !== null && random.chance(0.1);
      const at = isAgain && this.keyed !== null ? this.keyed : { key: `${this.seed}-${this.made++}`, connectionId: id };
      const keyed = isAgain || random.chance(0.3) ? { 'idempotency-key': at.key } : {};
      if ('idempotency-key' in keyed) this.keyed = at;
      const body = isAgain ? { mode: 'auto' } : { mode, ...present, ...maxAge, ...products };
      return this.refresh('idempotency-key' in keyed ? at.connectionId : id, body, keyed as Record<string, string>);
    });
    const tasks = (await Promise.all(asked)).flatMap(({ body }) => body.task ?? []);
    for (const { id, state } of tasks) {
      if (state !== 'queued' || !random.chance(0.05)) continue;
      await this.call('POST', `/v1/tasks/${id}/cancel`);
      this.count('cancel');
    }
  }

  /** Customers who are sent to repair: most do, some never come back. */
  private async repair(living: readonly ShownConnection[]): Promise<void> {
    for (const { id, connector, externalId, provider, statusReason, operations } of living) {
      if (operations.refresh || !operations.repair || !this.random.chance(0.5)) continue;
      this.count('repair');
      if (connector === 'akoya') {
        // Access is given anew at the bank, and imported.
        const { customerId } = (await this.call<{ customerId: string }>('GET', `/v1/connections/${id}`)).body;
        await this.importRows([rowOf(AKOYA, 0, { externalId, customerId, status: 'ACTIVE' })]);
        continue;
      }
      const { status, body } = await this.call<{ connectUrl: string }>('POST', `/v1/connections/${id}/repair`);
      if (status !== 202) this.count(`repair ${status} ${connector} ${provider} ${statusReason}`);
      else if (this.random.chance(0.8)) await this.complete(body.connectUrl);
    }
  }

  /** The customer logs in on the page. */
  private async complete(connectUrl: string): Promise<void> {
    const { origin, pathname } = new URL(connectUrl);
    const response = await fetch(`${origin}${pathname}/complete`, { method: 'POST' });
    await response.arrayBuffer();
    this.count(`repaired ${response.status}`);
  }

  private async providerTells(living: readonly ShownConnection[]): Promise<void> {
    // Of a login with twins it speaks of the one that it keeps up.
    const told = living.filter(
      ({ connector, activeDuplicateConnectionId: active, id }) => connector === 'meld' && (active ?? id) === id,
    );
    if (told.length === 0) return;
    // What a provider repairs by itself it ends by itself, too.
    const mended = told.find(({ statusReason }) => statusReason === 'REPAIRING_INSTITUTION');
    const { provider, externalId } = mended ?? this.random.oneOf(told);
    const words = mended === undefined ? WORDS : [{ status: 'ACTIVE' }];
    const word = this.random.oneOf(words);
    await this.control('PUT', '/connections', { connector: 'meld', provider, externalId, ...word, notify: true });
    this.count('told');
  }

  /** A new customer, one more twin, or one that is known already. */
  private async importAnother(living: readonly ShownConnection[]): Promise<void> {
    const n = (this.made += 1);
    const twin = living.find(({ activeDuplicateConnectionId }) => activeDuplicateConnectionId !== null);
    if (twin !== undefined && this.random.chance(0.4)) {
      const member = twin.provider === 'MX' ? 'month-member' : 'month-login';
      const kind = kinds.find(({ connector, provider }) => connector === 'meld' && provider === twin.provider);
      if (kind !== undefined) return this.importRows([rowOf(kind, n, { providerConnectionId: member })]);
    }
    const kind = this.random.oneOf(kinds);
    return this.importRows([rowOf(kind, n)]);
  }

  private async remove(living: readonly ShownConnection[]): Promise<void> {
    const named: readonly string[] = Object.values(planted).flat();
    const others = living.filter(({ externalId }) => !named.includes(externalId));
    const { id } = this.random.oneOf(others);
    this.count(`delete ${await this.send('DELETE', `/v1/connections/${id}`)}`);
  }

  private async addProducts(living: readonly ShownConnection[]): Promise<void> {
    const through = living.filter(({ connector }) => connector === 'meld');
    if (through.length === 0) return;
    const { id } = this.random.oneOf(through);
    await this.call('POST', `/v1/connections/${id}/products`, { products: ['OWNERS'] });
    this.count('products');
  }

  private async pauseProvider(): Promise<void> {
    const provider = this.paused ?? this.random.oneOf(['MX', 'PLAID', 'BUD']);
    await this.call('PATCH', `/v1/providers/${provider}`, { paused: this.paused === null });
    this.paused = this.paused === null ? provider : null;
    this.count('pause');
  }

  /** What a team's own client does: reads, and reports most of what it read. */
  async servePermits(): Promise<void> {
    for (const task of await allOf<ShownTask>(this.place, '/v1/tasks?executor=caller&state=running')) {
      if (this.seen.has(task.id)) continue;
      this.seen.add(task.id);
      if (!this.random.chance(0.05)) await this.read(task);
    }
  }

  private async read(task: ShownTask): Promise<void> {
    const { institutionId } = (await this.call<ShownConnection>('GET', `/v1/connections/${task.connectionId}`)).body;
    const loan = await this.call<{ token: string }>('POST', `/v1/tasks/${task.id}/token`, {});
    if (loan.status !== 200) return this.count(`loan ${loan.status}`);
    const actor = task.permit?.actorType.toLowerCase() ?? 'batch';
    const url = `http://127.0.0.1:${this.place.sandboxPort}/akoya/balances/v2/${institutionId}`;
    let answer: { readonly status: number; readonly code: unknown };
    try {
      const headers = { authorization: `Bearer ${loan.body.token}`, 'x-akoya-interaction-type': actor };
      const response = await fetch(url, { headers, signal: AbortSignal.timeout(1_000) });
      answer = { status: response.status, code: ((await response.json()) as { code?: unknown }).code };
    } catch {
      return this.count('read that was cut off');
    }
    this.count('read');
    if (this.random.chance(0.05)) return;
    const code = answer.code === undefined ? {} : { code: answer.code };
    await this.call('POST', `/v1/tasks/${task.id}/outcome`, { httpStatus: answer.status, ...code });
  }

  /** In the middle of a walk and of refreshes; the world goes on for some hours without the service. */
  private async killInTheMiddle(): Promise<boolean> {
    const living = (await this.living()).filter(({ externalId }) => externalId !== planted.silent);
    await Promise.all(
      living.slice(0, 12).map(({ id }) => this.refresh(id, { mode: 'force', customerPresent: PRESENT })),
    );
    const walking = this.advance('PT1H').catch(() => undefined);
    await pause(30);
    await this.service?.kill();
    await walking;
    const { offsetMs } = (await this.control<{ offsetMs: number }>('GET', '/clock')).body;
    await this.control('PUT', '/clock', { offsetMs: offsetMs + DOWN_HOURS * 3_600_000 });
    await this.start();
    const open = (await allOf<ShownTask>(this.place, '/v1/tasks')).filter(({ state }) => isOpen(state as TaskState));
    // Leases are held in real time, of which a day takes a few seconds here.
    await pause(LEASES_ARE_OVER_MS);
    return open.length > 0;
  }

  /** Faults are over, everybody goes home, and what was asked for ends. */
  private async settle(): Promise<void> {
    if (this.paused !== null) await this.pauseProvider();
    const { body } = await this.call<List<{ readonly name: string }>>('GET', '/v1/schedules');
    for (const { name } of body.data) {
      if (!ENDING_JOBS.includes(name)) await this.call('PATCH', `/v1/schedules/${name}`, { paused: true });
    }
    await fetch(`http://127.0.0.1:${this.place.sandboxPort}/_control/faults`, { method: 'DELETE' });
    for (let round = 0; round < 18; round += 1) {
      await this.servePermits();
      await this.advance('PT10M');
    }
  }
}

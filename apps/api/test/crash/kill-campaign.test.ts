import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isOpen } from '@freshet/domain';
import type { TaskState } from '@freshet/domain';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildService, emulatorAt, freePort, serviceAt, startEmulator, startService } from './processes.js';
import type { Place, Running } from './processes.js';

const KILLS = 16;
const REFRESHES_A_ROUND = 8;
/** Half of the kills come while requests are answered; the rest within a refresh, which takes one to two seconds. */
const LIVES_MS = [60, 2_500];
/** Real time, after which what a killed worker held is free; the service looks every second. */
const LEASES_ARE_OVER_MS = 23_000;
const PLAID_REFRESHES = 15;
const TIMEOUT_MS = 300_000;

/** The same seed gives the same kills, requests and faults; what they meet is up to the machine. */
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);

const randomFrom = (start: number) => {
  let state = start >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 0x1_0000_0000;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, oneOf: <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item };
};

interface Connection {
  readonly id: string;
  readonly externalId: string;
  readonly provider: string;
  readonly providerConnectionId: string | null;
  readonly activeDuplicateConnectionId: string | null;
}
interface Task {
  readonly id: string;
  readonly connectionId: string;
  readonly state: TaskState;
  readonly charge: string;
}
interface Bill {
  readonly externalId: string;
  readonly provider: string;
}
interface List<Row> {
  readonly data: readonly Row[];
  readonly nextCursor?: string | null;
}
interface Refreshed {
  readonly task: Task | null;
}
interface ProviderCall {
  readonly operation: string;
  readonly externalIds: readonly string[];
  readonly provider: string;
  readonly billed: boolean;
}

const POLICY = {
  version: 1,
  budgets: [
    {
      name: 'plaid',
      provider: 'PLAID',
      period: 'month',
      timeZone: 'UTC',
      amount: (PLAID_REFRESHES * 0.12).toFixed(2),
      currency: 'USD',
    },
  ],
};

const times = <Item>(count: number, make: (index: number) => Item): readonly Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

const row = (provider: string, index: number, more: object = {}) => ({
  externalId: `crash-${provider.toLowerCase()}-${index}`,
  connector: provider === 'BUD' ? 'bud' : 'meld',
  provider,
  customerId: `crash-customer-${index}`,
  institutionId: provider === 'BUD' ? 'monzo' : 'chase',
  products: ['BALANCES', 'TRANSACTIONS'],
  ...more,
});

const ROWS = [
  ...times(8, (n) => row('MX', n)),
  ...times(12, (n) => row('MX', 100 + n, { providerConnectionId: `crash-member-${n % 4}`, customerId: 'crash-twins' })),
  ...times(12, (n) => row('PLAID', n)),
  ...times(8, (n) => row('BUD', n)),
];

/** A client as they should be: what was not answered is asked again with the same key. */
interface Wish {
  readonly key: string;
  readonly connectionId: string;
  answer: { readonly status: number; readonly taskId: string | null } | null;
}

let place: Place;
let emulator: Running;
let service: Running | undefined;

beforeAll(async () => {
  buildService();
  const folder = mkdtempSync(join(tmpdir(), 'freshet-crash-'));
  const policyFile = join(folder, 'policy.yaml');
  writeFileSync(policyFile, JSON.stringify(POLICY));
  const [port, sandboxPort] = [await freePort(), await freePort()];
  place = { folder, port, sandboxPort, policyFile, apiKey: 'crash-test-key-0123456789' };
  emulator = await startEmulator(place);
}, TIMEOUT_MS);

afterAll(async () => {
  await service?.kill();
  await emulator?.kill();
  if (place) rmSync(place.folder, { recursive: true, force: true });
});

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

const all = async <Row>(path: string): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const joint = path.includes('?') ? '&' : '?';
    const page: { readonly body: List<Row> } = await serviceAt(place)<List<Row>>(
      'GET',
      `${path}${joint}limit=500${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    rows.push(...page.body.data);
    cursor = page.body.nextCursor ?? null;
  } while (cursor !== null);
  return rows;
};

const ask = async (wish: Wish): Promise<void> => {
  try {
    const { status, body } = await serviceAt(place)<Refreshed>(
      'POST',
      `/v1/connections/${wish.connectionId}/refresh`,
      { mode: 'force' },
      { 'idempotency-key': wish.key },
    );
    wish.answer = { status, taskId: status === 202 ? (body.task?.id ?? null) : null };
  } catch {
    // The service is gone: nobody knows, so it is asked again.
  }
};

const openTasks = async (): Promise<readonly Task[]> =>
  (await all<Task>('/v1/tasks')).filter(({ state }) => isOpen(state));

interface Campaign {
  readonly wishes: readonly Wish[];
  readonly connections: readonly Connection[];
  /** Tasks that a restart found open, over all of them. */
  readonly interrupted: number;
  readonly unanswered: number;
}

const runCampaign = async (): Promise<Campaign> => {
  const random = randomFrom(seed);
  service = await startService(place);
  const imported = await serviceAt(place)<List<Connection>>('POST', '/v1/connections/import', { connections: ROWS });
  expect(imported.status).toBe(201);
  const connections = imported.body.data;
  const wishes: Wish[] = [];
  let [interrupted, unanswered] = [0, 0];

  for (let kill = 0; kill < KILLS; kill += 1) {
    if (random.below(3) === 0) {
      const { provider, externalId } = random.oneOf(connections.filter((one) => one.provider !== 'BUD'));
      const fault = random.oneOf(['lost-reply', 'timeout', '500', 'no-webhook', 'duplicate-webhook'] as const);
      await emulatorAt(place)('POST', '/faults', { provider, externalId, fault, times: 1 });
    }
    const fresh = times(REFRESHES_A_ROUND, (n): Wish => ({
      key: `${seed}-${kill}-${n}`,
      connectionId: random.oneOf(connections).id,
      answer: null,
    }));
    const lifeMs = random.below(random.oneOf(LIVES_MS));
    const asked = Promise.all([...wishes.filter(({ answer }) => answer === null), ...fresh].map(ask));
    wishes.push(...fresh);
    await pause(lifeMs);
    await service.kill();
    await asked;
    unanswered += wishes.filter(({ answer }) => answer === null).length;
    service = await startService(place);
    interrupted += (await openTasks()).length;
  }
  await Promise.all(wishes.filter(({ answer }) => answer === null).map(ask));
  return { wishes, connections, interrupted, unanswered };
};

const settleAll = async (): Promise<void> => {
  await pause(LEASES_ARE_OVER_MS);
  // What nobody could tell of ends after half an hour.
  const { status } = await serviceAt(place)('POST', '/sandbox/clock', { advance: 'PT31M' });
  expect(status).toBe(200);
};

const countBy = <Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
};

describe(`the service, killed ${KILLS} times in the middle of its work`, () => {
  let campaign: Campaign;
  let tasks: readonly Task[] = [];
  let bills: readonly Bill[] = [];

  beforeAll(async () => {
    try {
      campaign = await runCampaign();
      await settleAll();
    } catch (error) {
      throw new Error(`CRASH_SEED=${seed}: ${String(error)}\n${service?.output().slice(-20_000) ?? ''}`, {
        cause: error,
      });
    }
    tasks = await all<Task>('/v1/tasks');
    const calls = (await emulatorAt(place)<List<ProviderCall>>('GET', '/calls')).body.data;
    bills = calls
      .filter(({ operation, billed }) => operation.startsWith('refresh') && billed)
      .flatMap(({ externalIds, provider }) => externalIds.map((externalId) => ({ externalId, provider })));
  }, TIMEOUT_MS);

  test('was hit while it worked: otherwise nothing below means anything', () => {
    expect(campaign.interrupted).toBeGreaterThan(0);
    expect(campaign.unanswered).toBeGreaterThan(0);
    expect(bills.length).toBeGreaterThan(0);
  });

  test('answers every request in the end, and gives the same answer to the same key', async () => {
    expect(campaign.wishes.filter(({ answer }) => answer === null)).toEqual([]);
    const answers = campaign.wishes.map(({ answer }) => answer);
    await Promise.all(campaign.wishes.map(ask));
    expect(campaign.wishes.map(({ answer }) => answer)).toEqual(answers);
  });

  test('brings every accepted refresh to an end', () => {
    const states = new Map(tasks.map(({ id, state }) => [id, state]));
    const accepted = campaign.wishes.flatMap(({ answer }) => answer?.taskId ?? []);
    expect(accepted.length).toBeGreaterThan(0);
    const unfinished = accepted.filter((id) => isOpen(states.get(id) ?? 'queued'));
    expect({ seed, unfinished }).toEqual({ seed, unfinished: [] });
    expect(tasks.filter(({ state }) => isOpen(state))).toEqual([]);
  });

  test('has no refresh billed twice: the provider’s own books lie between what is charged and what is uncertain', () => {
    const billed = countBy(bills, ({ externalId }) => externalId);
    const charged = countBy(
      tasks.filter(({ charge }) => charge === 'charged'),
      ({ connectionId }) => connectionId,
    );
    const uncertain = countBy(
      tasks.filter(({ charge }) => charge === 'uncertain'),
      ({ connectionId }) => connectionId,
    );
    const wrong = campaign.connections
      .map(({ id, externalId }) => ({
        externalId,
        billed: billed.get(externalId) ?? 0,
        charged: charged.get(id) ?? 0,
        uncertain: uncertain.get(id) ?? 0,
      }))
      .filter((one) => one.billed < one.charged || one.billed > one.charged + one.uncertain);
    expect({ seed, wrong }).toEqual({ seed, wrong: [] });
    expect(tasks.filter(({ charge }) => charge === 'reserved')).toEqual([]);
  });

  test('refreshed no MX login twice within its three hours, whichever of its twins was asked for', () => {
    const memberOf = new Map(
      campaign.connections.map((one) => [one.externalId, one.providerConnectionId ?? one.externalId]),
    );
    const ofMembers = countBy(
      bills.filter(({ provider }) => provider === 'MX'),
      ({ externalId }) => memberOf.get(externalId) ?? externalId,
    );
    expect({ seed, twice: [...ofMembers].filter(([, count]) => count > 1) }).toEqual({ seed, twice: [] });
  });

  test('never spent more than its budget', () => {
    expect(bills.filter(({ provider }) => provider === 'PLAID').length).toBeLessThanOrEqual(PLAID_REFRESHES);
  });

  test('has one active connection in each group of twins', async () => {
    const twins = (await all<Connection>('/v1/connections?customerId=crash-twins')) as readonly Connection[];
    const groups = new Map<string, Set<string | null>>();
    for (const { providerConnectionId, activeDuplicateConnectionId } of twins) {
      const actives = groups.get(providerConnectionId ?? '') ?? new Set();
      groups.set(providerConnectionId ?? '', actives.add(activeDuplicateConnectionId));
    }
    expect(groups.size).toBe(4);
    for (const actives of groups.values()) expect([...actives]).toEqual([expect.stringMatching(/^conn_/)]);
  });
});

import { createHash } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createMxConnector } from '@freshet/connectors';
import { DAY, HOUR, SECOND, type Instant, type Product, type PullId } from '@freshet/domain';
import { buildPolicyBook, judgeLimits, nextBackgroundAt } from '@freshet/policy';
import type { Connector, RefreshContext } from '@freshet/ports';
import { startSandbox, type Sandbox } from '@freshet/sandbox';

/**
 * MX's pauses stand twice: in the catalogue, by which the engine decides, and in the emulator, which keeps them as MX
 * does. Here both are asked about the same millisecond.
 */
const START = Date.parse('2026-03-02T12:00:00.000Z');
const PRODUCTS: readonly Product[] = ['BALANCES', 'TRANSACTIONS'];
const book = buildPolicyBook({ hash: (text) => createHash('sha256').update(text).digest('hex') });
const policy = book.policyFor({
  tenantId: 'ten_1',
  connector: 'mx',
  provider: 'MX',
  institutionId: 'mxbank',
  connectionId: 'conn_1',
});

let sandbox: Sandbox;
let mx: Connector;
beforeEach(async () => {
  sandbox = await startSandbox({ now: () => START, webhookBaseUrl: 'http://127.0.0.1:9' });
  mx = createMxConnector({ clientId: 'c', apiKey: 'k', baseUrl: `${sandbox.url}/mx` });
  await fetch(`${sandbox.url}/_control/connections`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ connector: 'mx', provider: 'MX', externalId: 'm', customerId: 'USR-1', products: PRODUCTS }),
  });
});
afterEach(() => sandbox.close());

const context = (): RefreshContext => ({
  now: () => sandbox.now(),
  signal: AbortSignal.timeout(5_000),
  sending: async () => undefined,
});
const connection = {
  externalId: 'm',
  provider: 'MX',
  customerId: 'USR-1',
  institutionId: 'mxbank',
  providerConnectionId: null,
  credentials: null,
  products: PRODUCTS,
};
const force = () => {
  const asked = { pullId: 'pull_1' as PullId, allProducts: true, from: null, to: null, presence: null };
  return mx.refresh({ ...connection, ...asked }, context());
};
const look = (sentAt: Instant, asOfBefore: Instant | null) =>
  mx.progress({ ...connection, providerTaskId: null, sentAt, asOfBefore }, context());
const goTo = (at: Instant) => sandbox.advance(at - sandbox.now());
const billed = async (): Promise<number> => {
  const reply = (await (await fetch(`${sandbox.url}/_control/bills`)).json()) as { readonly data: readonly unknown[] };
  return reply.data.length;
};
/** When the newest data came, by a look that nothing is too old for. */
const newest = async (): Promise<Instant> => {
  const progress = await look(START, null);
  if (progress.kind !== 'done' || progress.asOf === null) throw new Error(`no data: ${progress.kind}`);
  return progress.asOf;
};

describe('three hours after a success', () => {
  test.each([
    [3 * HOUR - 1, false],
    [3 * HOUR, true],
  ])('%i ms: the policy lets one pass and MX starts one: %s', async (afterMs, passes) => {
    await force();
    await sandbox.advance(2 * SECOND);
    const stamp = await newest();
    const now = stamp + afterMs;
    const usage = { 'mx-cooldown': { count: 1, oldestAt: stamp, latestAt: stamp } };
    const [limit, ...others] = judgeLimits(policy, usage, PRODUCTS, true, now);
    expect([limit?.state.name, limit?.open, others]).toEqual(['mx-cooldown', passes, []]);

    await goTo(now);
    // Silent: MX says 202 either way.
    expect((await force()).kind).toBe('accepted');
    await sandbox.advance(2 * SECOND);
    expect((await look(now, stamp)).kind).toBe(passes ? 'done' : 'pending');
    expect(await billed()).toBe(passes ? 2 : 1);
  });
});

describe('twenty hours after a forced one', () => {
  test.each([
    [20 * HOUR - 1, false],
    [20 * HOUR, true],
  ])('%i ms: the policy expects a background pull and MX makes one: %s', async (beforeMs, comes) => {
    await sandbox.advance(DAY + HOUR);
    const first = await newest();
    // The day's own pull between them is more than three hours from the one that is forced.
    const slot = first + 2 * DAY;
    const forcedAt = slot - beforeMs;
    const known = {
      status: 'ACTIVE',
      statusReason: null,
      connectedAt: START,
      lastSuccessAt: forcedAt,
      lastForcedAt: forcedAt,
      lastBackgroundAt: slot - DAY,
    };
    expect(nextBackgroundAt(policy, known, forcedAt) === slot).toBe(comes);

    await goTo(forcedAt);
    expect((await force()).kind).toBe('accepted');
    await goTo(slot - 1);
    const forced = await newest();
    await goTo(slot);
    expect(await newest()).toBe(comes ? slot : forced);
    expect(await billed()).toBe(1);
  });
});

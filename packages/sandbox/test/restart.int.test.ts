import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { startSandbox } from '../src/index.js';
import { startBudRig, type BudRig } from './bud-rig.js';
import { DAY, HOUR, iso, meldConnection, MINUTE, SECOND, START, startRig, type Rig } from './rig.js';

describe('the books', () => {
  let folder: string;
  let booksFile: string;
  let rig: BudRig;
  let others: Rig[];

  beforeEach(async () => {
    others = [];
    folder = mkdtempSync(join(tmpdir(), 'sandbox-restart-'));
    booksFile = join(folder, 'books.ndjson');
    rig = await startBudRig({ booksFile });
  });
  afterEach(async () => {
    for (const other of others) await other.close();
    await rig.close();
    rmSync(folder, { recursive: true });
  });

  /** What a process that is killed now would leave behind. */
  const killed = async (webhookBaseUrl = rig.receiver.url) => {
    const left = join(folder, 'left.ndjson');
    cpSync(booksFile, left);
    const after = await startRig({ booksFile: left, webhookBaseUrl });
    others.push(after);
    return after;
  };

  test('name their file', async () => {
    expect((await rig.control('GET', '/health')).body.books).toBe(booksFile);
  });

  test('forget nothing', async () => {
    await rig.register(meldConnection('c1'), meldConnection('c2'));
    await rig.consent('k1');
    await rig.control('POST', '/data', { provider: 'MX', externalId: 'c2', transactions: 3 });
    await rig.fault({ provider: 'MX', fault: '429', times: 7, retryAfter: 5 });
    await rig.refresh('c1');
    await rig.control('DELETE', '/faults');
    await rig.refresh('c1');
    await rig.fault({ provider: 'PLAID', fault: 'partial', times: null });
    await rig.v2();
    await rig.advance(HOUR);
    await rig.control('PUT', '/maintenance', { provider: 'Barclays' });
    const all = async (from: Pick<BudRig, 'send'>) => {
      const paths = [
        '/_control/connections',
        '/_control/faults',
        '/_control/calls',
        '/_control/bills',
        '/_control/clock',
      ];
      const bodies = await Promise.all([...paths, '/bud-callback.jwks'].map((path) => from.send('GET', path)));
      return bodies.map(({ body }) => body);
    };
    const before = await all(rig);
    expect(before[2].data.length).toBeGreaterThanOrEqual(4);
    const after = await killed();
    expect(await all(after)).toEqual(before);
    await rig.restart();
    expect(await all(rig)).toEqual(before);
    const { body } = await rig.bud('GET', '/v1/open-banking/providers');
    expect(body.data.find(({ provider }: { provider: string }) => provider === 'Barclays').maintenance_status).toBe(
      'active',
    );
  });

  test('let a refresh that was running end', async () => {
    await rig.register(meldConnection('c1'));
    await rig.consent('k1');
    await rig.refresh('c1');
    const { task_id: id } = (await rig.v2()).body.data;
    await rig.restart();
    expect((await rig.connection('c1')).successfullyAggregatedAt).toBeNull();
    await rig.advance(2 * SECOND);
    expect((await rig.connection('c1')).successfullyAggregatedAt).not.toBeNull();
    expect((await rig.v2Task(id)).data.status).toBe('Completed');
    expect(rig.receiver.received).toHaveLength(4);
  });

  test('let what fell due meanwhile happen at its own time', async () => {
    await rig.register(meldConnection('c1', { products: ['BALANCES'] }));
    await rig.refresh('c1');
    await rig.sandbox.close();
    const later = await startRig({ booksFile, now: () => START + 5 * DAY, webhookBaseUrl: rig.receiver.url });
    others.push(later);
    await later.advance(0);
    expect(Date.parse(rig.receiver.received[0]?.body.timestamp)).toBeLessThanOrEqual(START + 2 * SECOND);
    // And the daily pulls, of which the last was less than a day ago.
    const stamp = Date.parse((await later.connection('c1')).successfullyAggregatedAt);
    expect(stamp).toBeGreaterThan(START + 4 * DAY);
  });

  test('send a webhook again that was on its way', async () => {
    await rig.register(meldConnection('c1', { products: ['BALANCES'] }));
    await rig.refresh('c1');
    let arrived: () => void = () => undefined;
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    rig.receiver.work = () => {
      arrived();
      return new Promise(() => undefined);
    };
    const moving = rig.advance(2 * SECOND);
    await arrival;
    rig.receiver.work = null;
    const after = await killed();
    await after.advance(MINUTE);
    const ids = rig.receiver.received.map(({ body }) => body.eventId);
    expect(ids).toEqual([ids[0], ids[0]]);
    await rig.restart();
    await moving;
    await rig.advance(MINUTE);
    expect(new Set(rig.receiver.received.map(({ body }) => body.eventId)).size).toBe(1);
  });

  test('keep the pages that were given out', async () => {
    await rig.register(meldConnection('c1', { status: 'RECONNECT_REQUIRED' }));
    const { widgetUrl } = (await rig.meld('POST', '/connect/repair', { connectionId: 'c1' })).body;
    await rig.restart();
    const url = rig.sandbox.url + new URL(widgetUrl).pathname;
    expect((await fetch(`${url}/complete`, { method: 'POST' })).status).toBe(200);
    expect((await rig.connection('c1')).status).toBe('ACTIVE');
  });

  test('belong to the emulator that has the port', async () => {
    await rig.register(meldConnection('c1'));
    const before = readFileSync(booksFile, 'utf8');
    const port = Number(new URL(rig.sandbox.url).port);
    await expect(startSandbox({ port, booksFile })).rejects.toThrow('EADDRINUSE');
    expect(readFileSync(booksFile, 'utf8')).toBe(before);
  });

  test('have the time of a walk that was cut short', async () => {
    await rig.register(meldConnection('c1', { products: ['BALANCES'] }));
    await rig.refresh('c1');
    let seen = '';
    rig.receiver.work = async () => {
      rig.receiver.work = null;
      const after = await killed('http://127.0.0.1:1');
      seen = (await after.control('GET', '/clock')).body.now;
    };
    await rig.advance(DAY);
    // Neither the start nor the end of it: what had happened by then is not in the future.
    expect(seen).toBe(rig.receiver.received[0]?.body.timestamp);
  });
});

describe('in real time', () => {
  test('a refresh ends and tells by itself', async () => {
    const rig = await startRig({ now: () => Date.now() });
    await rig.register(meldConnection('c1', { products: ['BALANCES'] }));
    const accepted = Date.now();
    await rig.refresh('c1');
    while (rig.receiver.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const tookMs = Date.now() - accepted;
    expect(tookMs).toBeGreaterThanOrEqual(SECOND - 5);
    expect(tookMs).toBeLessThan(4 * SECOND);
    expect(rig.receiver.received[0]?.body.timestamp > iso(accepted)).toBe(true);
    await rig.close();
  });
});

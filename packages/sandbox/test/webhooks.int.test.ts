import { createHmac } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { DAY, HOUR, iso, meldConnection, MINUTE, SECOND, START, startRig, type Rig } from './rig.js';

describe("Meld's webhooks", () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = await startRig();
    await rig.register(meldConnection('c1', { provider: 'FINICITY', products: ['BALANCES'] }));
  });
  afterEach(() => rig.close());

  const pending = async () => (await rig.control('GET', '/webhooks')).body.data;
  const refreshed = async () => {
    await rig.refresh('c1');
    await rig.advance(2 * SECOND);
  };

  test('are signed over their time, address and raw body', async () => {
    await refreshed();
    const [webhook] = rig.receiver.received;
    const timestamp = String(webhook?.headers['meld-signature-timestamp']);
    const signed = `${timestamp}.${rig.receiver.url}/webhooks/meld.${webhook?.raw}`;
    const expected = createHmac('sha256', 'sandbox-meld-webhook-secret').update(signed).digest('base64url');
    expect(webhook?.headers['meld-signature']).toBe(`${expected}=`);
    expect(Date.parse(timestamp)).toBeGreaterThanOrEqual(START + SECOND);
    expect(webhook?.raw).toBe(JSON.stringify(webhook?.body));
  });

  test('are signed with the secret that was given', async () => {
    const other = await startRig({ secrets: { meldWebhookSecret: 'mine' } });
    await other.register(meldConnection('c1'));
    await other.refresh('c1');
    await other.advance(2 * SECOND);
    const [webhook] = other.receiver.received;
    const signed = `${webhook?.headers['meld-signature-timestamp']}.${other.receiver.url}/webhooks/meld.${webhook?.raw}`;
    expect(webhook?.headers['meld-signature']).toBe(
      `${createHmac('sha256', 'mine').update(signed).digest('base64url')}=`,
    );
    await other.close();
  });

  test('are sent again after 1, 2, 4 ... minutes, at most an hour apart, saying how often and why', async () => {
    rig.receiver.answers.push(503, 'hang up', 302, 202, 500, 500, 500, 500);
    await refreshed();
    const sent: number[] = [];
    for (let minute = 0; minute < 5 * 60; minute += 1) {
      if (rig.receiver.received.length > sent.length) sent.push(minute);
      await rig.advance(MINUTE);
    }
    expect(sent).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
    const told = rig.receiver.received.map(({ headers }) => [
      headers['meld-retry-count'],
      headers['meld-retry-reason'],
    ]);
    expect(told.slice(0, 5)).toEqual([
      [undefined, undefined],
      ['1', 'HTTP error: 503'],
      ['2', 'Could not connect'],
      ['3', 'HTTP error: 302'],
      // Only a 200 is a success.
      ['4', 'HTTP error: 202'],
    ]);
    const times = rig.receiver.received.map(({ headers }) => headers['meld-signature-timestamp']);
    expect(new Set(times).size).toBe(times.length);
    expect(new Set(rig.receiver.received.map(({ body }) => body.eventId)).size).toBe(1);
    expect(await pending()).toEqual([]);
  });

  test('are given up after three days', async () => {
    rig.receiver.answers.push(...Array.from({ length: 1000 }, () => 500));
    await refreshed();
    await rig.advance(2 * DAY + 23 * HOUR);
    const [waiting] = await pending();
    expect(waiting).toMatchObject({ connector: 'meld', retryReason: 'HTTP error: 500' });
    await rig.advance(3 * HOUR);
    expect(await pending()).toEqual([]);
    const sent = rig.receiver.received.length;
    await rig.advance(DAY);
    expect(rig.receiver.received.length).toBe(sent);
  });

  test('of one connection keep their order on the way, whatever time each takes', async () => {
    const live = await startRig({ now: () => Date.now() });
    await live.register(meldConnection('c1'));
    await live.refresh('c1');
    while (live.receiver.received.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(live.receiver.types()).toEqual(['BANK_LINKING_ACCOUNTS_UPDATED', 'BANK_LINKING_TRANSACTIONS_AGGREGATED']);
    await live.close();
  });

  test('that nobody is there to receive wait for him', async () => {
    const nobody = await startRig({ webhookBaseUrl: 'http://127.0.0.1:1' });
    await nobody.register(meldConnection('c1', { products: ['BALANCES'] }));
    await nobody.refresh('c1');
    await nobody.advance(2 * SECOND);
    const { body } = await nobody.control('GET', '/webhooks');
    expect(body.data).toMatchObject([{ attempts: 1, retryReason: 'Could not connect' }]);
    expect(body.data[0].nextAttemptAt > iso(START + MINUTE)).toBe(true);
    await nobody.close();
  });
});

import { createHmac } from 'node:crypto';

import { describe, expect, test } from '@jest/globals';

import { signMeldWebhook } from './signature.js';

describe('signMeldWebhook', () => {
  // The example on Meld's page "Webhooks Authentication".
  const secret = '42m4NMLS34WQ6BbMfo1KFKqMv4hy';
  const url = 'https://example.meld.io/webhooks';
  const timestamp = '2022-05-26T20:25:17.682818Z';
  const body =
    '{"eventType":"WEBHOOK_TEST","eventId":"GDtv8pQgwzc9HuFFBQFrww","timestamp":"2022-05-26T20:23:45.908400Z",' +
    '"accountId":"W9jpQc1HKvwscqMPcLmzUS","profileId":null,"version":"2021-10-27",' +
    '"payload":{"requestId":"7aWW1GXTjWCCtNubzvVX7V"}}';

  test("gives the signature of Meld's published example", () => {
    expect(signMeldWebhook(secret, timestamp, url, body)).toBe('O4bN5E0U9s88l2DFc0kjt-0w3LLA3Zkv8hXhafc22Hg=');
  });

  test.each([
    ['secret', () => signMeldWebhook('other', timestamp, url, body)],
    ['time', () => signMeldWebhook(secret, '2022-05-26T20:25:18Z', url, body)],
    ['address', () => signMeldWebhook(secret, timestamp, `${url}/`, body)],
    ['body', () => signMeldWebhook(secret, timestamp, url, `${body} `)],
  ])('depends on the %s', (_name, sign) => {
    expect(sign()).not.toBe(signMeldWebhook(secret, timestamp, url, body));
  });

  test('is base64url with its padding', () => {
    for (let place = 0; place < 50; place += 1) {
      const signature = signMeldWebhook(secret, timestamp, url, `${place}`);
      expect(signature).toMatch(/^[A-Za-z0-9_-]{43}=$/);
      const independent = createHmac('sha256', secret).update(`${timestamp}.${url}.${place}`).digest('base64url');
      expect(signature).toBe(`${independent}=`);
    }
  });
});

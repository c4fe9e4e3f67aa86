import { createHmac } from 'node:crypto';

/**
 * Meld's scheme: base64url, with padding, of HMAC-SHA256 over `<timestamp>.<url>.<raw body>`. The url is the one that
 * the webhook profile names.
 */
export function signMeldWebhook(secret: string, timestamp: string, url: string, body: string): string {
  const signature = createHmac('sha256', secret).update(`${timestamp}.${url}.${body}`).digest('base64');
  return signature.replaceAll('+', '-').replaceAll('/', '_');
}

import type { Delivery } from '../books/records.js';
import type { EmulatorClock } from '../clock.js';
import type { WebhookHabits } from '../webhooks/outbox.js';
import { signMeldWebhook } from './signature.js';

const MINUTE_MS = 60_000;
const LONGEST_PAUSE_MS = 60 * MINUTE_MS;
const GIVES_UP_AFTER_MS = 3 * 24 * 60 * MINUTE_MS;

/** Retries after a minute, the pause doubling up to an hour, for three days. */
export function meldWebhookHabits(secret: string, clock: EmulatorClock): WebhookHabits {
  return {
    headers: async (body, url, delivery) => {
      const timestamp = clock.iso();
      return {
        'meld-signature': signMeldWebhook(secret, timestamp, url, body),
        'meld-signature-timestamp': timestamp,
        ...retryHeaders(delivery),
      };
    },
    retryAfterMs: (_result, attempts, sinceFirstMs) => {
      const pauseMs = Math.min(MINUTE_MS * 2 ** (attempts - 1), LONGEST_PAUSE_MS);
      return sinceFirstMs + pauseMs > GIVES_UP_AFTER_MS ? null : pauseMs;
    },
  };
}

function retryHeaders(delivery: Delivery): Record<string, string> {
  if (delivery.attempts === 0) return {};
  return { 'meld-retry-count': String(delivery.attempts), 'meld-retry-reason': delivery.retryReason ?? '' };
}

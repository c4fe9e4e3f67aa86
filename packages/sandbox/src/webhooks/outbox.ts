import { randomUUID } from 'node:crypto';

import type { Books } from '../books/books.js';
import type { Delivery } from '../books/records.js';
import type { EmulatorClock } from '../clock.js';
import type { WebhookFault } from '../faults.js';
import { derivedNumber } from '../identifiers.js';
import type { Schedule } from '../schedule.js';
import { postWebhook, type PostResult } from './post.js';

/** How one connector signs what it sends, and how long it insists. */
export interface WebhookHabits {
  /** Follows `/webhooks/<connector>`: where nothing is signed, a secret. */
  readonly pathEnd?: string;
  /** Spaces by which the body is indented: some sign those as well. */
  readonly indent?: number;
  headers(body: string, url: string, delivery: Delivery): Promise<Readonly<Record<string, string>>>;
  /** The pause before the next attempt; null gives the webhook up. */
  retryAfterMs(result: PostResult, attempts: number, sinceFirstMs: number): number | null;
}

export interface Webhook {
  readonly connector: string;
  /** Webhooks of one subject are sent in order. */
  readonly subject: string;
  readonly body: unknown;
  readonly at: number;
  readonly fault: WebhookFault | null;
}

const DUE_KIND = 'webhook';
/** Late enough to be overtaken by what the next refresh sends. */
const LATE_BY_MS = 5 * 60_000;
const LANES = 32;

/** Webhooks on their way. They stay in the books until somebody has answered 200, or the sender would have given up. */
export class Outbox {
  private readonly habits = new Map<string, WebhookHabits>();
  private readonly lanes: Promise<void>[] = Array.from({ length: LANES }, () => Promise.resolve());
  private readonly closing = new AbortController();

  constructor(
    private readonly books: Books,
    private readonly clock: EmulatorClock,
    private readonly schedule: Schedule,
    /** May be changed: an emulator outlives the service that it sends to. */
    public baseUrl: string,
  ) {
    schedule.on(DUE_KIND, (id) => this.deliver(id));
  }

  register(connector: string, habits: WebhookHabits): void {
    this.habits.set(connector, habits);
  }

  /** Those that were being sent when the emulator ended: nobody knows whether they came, so they are sent again. */
  resume(): void {
    for (const { id } of this.books.deliveries.all()) {
      if (!this.schedule.isPlanned(DUE_KIND, id)) this.schedule.plan(DUE_KIND, id, this.clock.now());
    }
  }

  send(webhook: Webhook): void {
    if (webhook.fault === 'no-webhook') return;
    const copies = webhook.fault === 'duplicate-webhook' ? 2 : 1;
    const at = webhook.fault === 'late-webhook' ? webhook.at + LATE_BY_MS : webhook.at;
    const body = JSON.stringify(webhook.body, null, this.habits.get(webhook.connector)?.indent);
    for (let copy = 0; copy < copies; copy += 1) {
      const id = randomUUID();
      const { connector, subject } = webhook;
      this.books.deliveries.put(id, { id, connector, subject, body, attempts: 0, firstDueAt: at, retryReason: null });
      this.schedule.plan(DUE_KIND, id, at);
    }
  }

  /** Breaks off what is being sent; it stays in the books. */
  close(): void {
    this.closing.abort();
  }

  private deliver(id: string): Promise<void> {
    const delivery = this.books.deliveries.get(id);
    if (delivery === undefined) return Promise.resolve();
    const lane = derivedNumber(delivery.subject, LANES);
    const attempt = (this.lanes[lane] ?? Promise.resolve()).then(() => this.attempt(delivery));
    this.lanes[lane] = attempt.catch(() => undefined);
    return attempt;
  }

  private async attempt(delivery: Delivery): Promise<void> {
    const habits = this.habits.get(delivery.connector);
    if (habits === undefined) throw new Error(`nobody sends webhooks of ${delivery.connector}`);
    const url = `${this.baseUrl}/webhooks/${delivery.connector}${habits.pathEnd ?? ''}`;
    const headers = await habits.headers(delivery.body, url, delivery);
    const result = await postWebhook(url, delivery.body, headers, this.closing.signal);
    if (this.closing.signal.aborted) return;
    this.books.turn(() => this.record(delivery, result, habits));
  }

  private record(delivery: Delivery, result: PostResult, habits: WebhookHabits): void {
    const { id } = delivery;
    const attempts = delivery.attempts + 1;
    const now = this.clock.now();
    const pauseMs =
      result.outcome === 'answered' && result.status === 200
        ? null
        : habits.retryAfterMs(result, attempts, now - delivery.firstDueAt);
    if (pauseMs === null) {
      this.books.deliveries.remove(id);
      return;
    }
    this.books.deliveries.put(id, { ...delivery, attempts, retryReason: reasonOf(result) });
    this.schedule.plan(DUE_KIND, id, now + pauseMs);
  }
}

/** In Meld's words. */
function reasonOf(result: PostResult): string {
  if (result.outcome === 'answered') return `HTTP error: ${result.status}`;
  return result.outcome === 'timeout' ? 'Timeout' : 'Could not connect';
}

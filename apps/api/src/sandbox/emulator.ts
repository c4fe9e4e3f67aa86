import { formatInstant } from '@freshet/domain';
import type { DurationMs, Instant } from '@freshet/domain';
import { request } from 'undici';

/** A connection as the emulator is told of it. */
export interface EmulatedConnection {
  readonly connector: string;
  readonly provider: string;
  readonly externalId: string;
  readonly customerId: string;
  readonly institutionId: string;
  readonly products: readonly string[];
  readonly providerConnectionId?: string | undefined;
  readonly status?: string | undefined;
  readonly statusReason?: string | undefined;
  readonly lastSuccessAt?: Instant | undefined;
  readonly consentExpiresAt?: Instant | undefined;
  readonly credentials?: Readonly<Record<string, string>> | undefined;
}

export interface EmulatorHealth {
  readonly sandbox: true;
  readonly books: string | null;
}

/** The emulator's control endpoints. Only sandbox mode has one. */
export interface Emulator {
  readonly url: string;
  /** Null where nothing, or something else, answers there. */
  readonly health: () => Promise<EmulatorHealth | null>;
  /** Where its webhooks go from now on. */
  readonly sendWebhooksTo: (baseUrl: string) => Promise<void>;
  readonly register: (connections: readonly EmulatedConnection[]) => Promise<void>;
  readonly offsetMs: () => Promise<DurationMs>;
  /** Answers once everything that falls due at the emulator by then has happened. */
  readonly moveTo: (offsetMs: DurationMs) => Promise<void>;
}

const HEALTH_TIMEOUT_MS = 1_000;
/** A walk delivers webhooks on the way: it may take a while, but not for ever. */
const CONTROL_TIMEOUT_MS = 60_000;

const instant = (at: Instant | undefined): string | undefined => (at === undefined ? undefined : formatInstant(at));

const send = async (url: string, method: 'GET' | 'PUT', body?: unknown): Promise<unknown> => {
  const response = await request(url, {
    method,
    headersTimeout: CONTROL_TIMEOUT_MS,
    bodyTimeout: CONTROL_TIMEOUT_MS,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const answer = await response.body.text();
  if (response.statusCode >= 300)
    throw new Error(`the sandbox emulator answered ${response.statusCode}: ${answer.slice(0, 500)}`);
  return JSON.parse(answer) as unknown;
};

const isHealth = (value: unknown): value is EmulatorHealth =>
  typeof value === 'object' && value !== null && 'sandbox' in value && value.sandbox === true;

const probe = async (url: string): Promise<EmulatorHealth | null> => {
  try {
    const response = await request(`${url}/_control/health`, {
      headersTimeout: HEALTH_TIMEOUT_MS,
      bodyTimeout: HEALTH_TIMEOUT_MS,
    });
    const body = JSON.parse(await response.body.text()) as unknown;
    return response.statusCode === 200 && isHealth(body) ? body : null;
  } catch {
    return null;
  }
};

export const emulatorAt = (url: string): Emulator => ({
  url,
  health: () => probe(url),
  sendWebhooksTo: async (baseUrl) => void (await send(`${url}/_control/webhooks`, 'PUT', { baseUrl })),
  register: async (connections) => {
    const told = connections.map((connection) => ({
      ...connection,
      lastSuccessAt: instant(connection.lastSuccessAt),
      consentExpiresAt: instant(connection.consentExpiresAt),
    }));
    if (told.length > 0) await send(`${url}/_control/connections`, 'PUT', { connections: told });
  },
  offsetMs: async () => ((await send(`${url}/_control/clock`, 'GET')) as { offsetMs: number }).offsetMs,
  moveTo: async (offsetMs) => void (await send(`${url}/_control/clock`, 'PUT', { offsetMs })),
});

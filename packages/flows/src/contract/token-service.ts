import { DAY } from '@freshet/domain';
import type { Instant } from '@freshet/domain';
import type { Connector, Credentials, RenewalAnswer, Store } from '@freshet/ports';
import { scriptedConnector } from '@freshet/ports/memory';
import type { Engine } from '../index.js';
import { withConnector, type Rig } from './rig.js';

/** What befalls one renewal on its way. */
export type Mishap = 'none' | 'never-sent' | 'reply-lost' | 'request-lost' | 'down' | 'limited' | 'dies' | 'dies-after';

/** The process is gone: nothing of it runs on. */
export class Died extends Error {
  override readonly name = 'Died';
}

export interface TokenService {
  readonly connector: Connector;
  /** What the next renewals meet; after them, nothing. */
  meet(...mishaps: readonly Mishap[]): void;
  /** Waits at the service until it is let on. */
  hold(): { readonly isThere: Promise<void>; readonly go: () => void };
  /** Every refresh token that was sent, whatever came of it. */
  readonly claims: readonly string[];
  /** The one that is good. */
  current(): string;
  revoke(): void;
}

const UNKNOWN = { kind: 'unknown', message: 'the reply was lost' } as const;
const DEAD = { kind: 'customer-needed', event: 'failed_token_expired', message: 'claimed' } as const;
const answers: Partial<Record<Mishap, RenewalAnswer>> = {
  'never-sent': { kind: 'unavailable', who: 'provider', retryAt: null, message: 'no connection' },
  down: { kind: 'unavailable', who: 'provider', retryAt: null, message: 'HTTP 503' },
  limited: { kind: 'limited', until: null, scope: 'provider' },
};

export const tokensOf = (refreshToken: string, until: Instant): Credentials => ({
  refreshToken,
  idToken: `id of ${refreshToken}`,
  until: String(until),
});

/** A token service whose refresh tokens are good for one use, and the connector that talks to it. */
export const tokenService = (rig: Pick<Rig, 'clock'>): TokenService => {
  let made = 0;
  let good = 'refresh-0';
  let mishaps: readonly Mishap[] = [];
  let held: Promise<void> | undefined;
  let arrive = (): void => undefined;
  const claims: string[] = [];

  const claim = (token: string): RenewalAnswer => {
    claims.push(token);
    if (token !== good) return DEAD;
    made += 1;
    good = `refresh-${made}`;
    return { kind: 'renewed', credentials: tokensOf(good, rig.clock.now() + DAY) };
  };

  const connector: Connector = {
    ...scriptedConnector('akoya', { delete: [{ kind: 'accepted' }] }),
    tokens: {
      tokenIn: ({ idToken, until, refreshToken }) => ({
        token: idToken ?? null,
        expiresAt: until === undefined ? null : Number(until),
        renewable: refreshToken !== undefined,
      }),
      renew: async ({ credentials }, { sending }) => {
        const [mishap = 'none', ...rest] = mishaps;
        mishaps = rest;
        if (mishap === 'never-sent') return answers[mishap] as RenewalAnswer;
        await sending();
        if (mishap === 'dies') throw new Died();
        if (held !== undefined) {
          arrive();
          await held;
        }
        if (mishap === 'request-lost') return UNKNOWN;
        const told = answers[mishap];
        if (told !== undefined) return told;
        const answer = claim(credentials?.refreshToken ?? '');
        if (mishap === 'dies-after') throw new Died();
        return mishap === 'reply-lost' ? UNKNOWN : answer;
      },
    },
  };

  return {
    connector,
    claims,
    meet: (...next) => (mishaps = next),
    hold: () => {
      let go = (): void => undefined;
      held = new Promise((resolve) => (go = resolve));
      const isThere = new Promise<void>((resolve) => (arrive = resolve));
      return {
        isThere,
        go: () => {
          held = undefined;
          go();
        },
      };
    },
    current: () => good,
    revoke: () => (good = 'revoked'),
  };
};

/** An engine whose process dies at its nth turn, before or after that is kept; it never gets past it. */
export const dyingAt = (engine: Engine, nth: number, when: 'before' | 'after'): Engine => {
  let turns = 0;
  const { store } = engine;
  const mortal: Store = {
    ...store,
    turn: async (load, decide) => {
      turns += 1;
      if (turns === nth && when === 'before') throw new Died();
      const decided = await store.turn(load, decide);
      if (turns === nth) throw new Died();
      return decided;
    },
  };
  return { ...engine, store: mortal, workerId: 'dying' };
};

export const serving = (rig: Rig, service: TokenService): Rig => ({
  ...rig,
  engine: withConnector(rig.engine, service.connector),
});

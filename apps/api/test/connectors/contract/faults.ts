import type { Charge, RefreshAnswer, RefreshProgress, TaskState } from '@freshet/domain';
import type { Misbehaviour, Trap } from './misbehaving-proxy.js';
import type { ConnectorRow, RowConnection } from './rows.js';
import type { World } from './world.js';

/** What a fault comes to. */
export interface Meaning {
  /** What the connector answers to the forced call. */
  readonly answer: RefreshAnswer['kind'];
  /** What it shows of it within the next seconds; null where nothing can have happened. */
  readonly later: RefreshProgress['kind'] | null;
  /** How the engine's task ends. */
  readonly task: TaskState;
  /** What the ledger says of the money. */
  readonly charge: Charge;
  /** How often the emulator billed it. */
  readonly bills: 0 | 1;
  /**
   * `as shown`: what the emulator shows. `in doubt`: the same where the provider tells statuses itself, else UNDETERMINED.
   * Anything else is our own word, such as `DEGRADED/INTERACTIVE_REFRESH`.
   */
  readonly status: string;
}

export interface Fault {
  readonly strike: (world: World, row: ConnectorRow, connection: RowConnection) => Promise<void> | void;
  /** Where the client has to give up by itself: real time. */
  readonly deadlineMs?: number;
  /** After the first answer. */
  readonly pass?: (world: World) => Promise<void>;
  readonly meaning: Meaning;
}

const DEADLINE_MS = 400;
const FOR_EVER = 10_000;

const brought: Meaning = {
  answer: 'accepted',
  later: 'done',
  task: 'succeeded',
  charge: 'charged',
  bills: 1,
  status: 'as shown',
};
/** It happened, and nobody was told: its data is found by looking, which does not tell whose pull brought it. */
const lost: Meaning = { ...brought, answer: 'unknown', charge: 'uncertain' };
/** It did not happen, and nobody can know that: it is looked for in vain. */
const inDoubt: Meaning = {
  answer: 'unknown',
  later: 'pending',
  task: 'failed',
  charge: 'uncertain',
  bills: 0,
  status: 'in doubt',
};
/** Surely nothing happened. */
const refused: Meaning = {
  answer: 'refused',
  later: null,
  task: 'failed',
  charge: 'released',
  bills: 0,
  status: 'as shown',
};
const limited: Meaning = { ...refused, answer: 'limited' };

/** One of the emulator's own. */
const emulated = (fault: string, meaning: Meaning, more: object = {}): Fault => ({
  strike: (world, { provider }, { externalId }) => world.fault({ provider, externalId, fault, ...more }),
  meaning,
});

const onTheWire = (
  when: Trap['when'],
  meets: Misbehaviour | ((row: ConnectorRow) => Misbehaviour),
  meaning: Meaning,
  more: Partial<Fault> = {},
): Fault => ({
  strike: (world, row) => {
    world.proxy.set({ on: row.forces, when, meets: typeof meets === 'function' ? meets(row) : meets });
  },
  meaning,
  ...more,
});

const page = (status: number): Misbehaviour => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: '<!doctype html><title>Error</title><p>Something went wrong',
});

const faultRows = {
  'nothing at all': { strike: () => undefined, meaning: brought },

  '429 with a time': emulated('429', limited, { retryAfter: 600 }),
  '429 without a time': emulated('429', limited),
  '500 of the provider': emulated('500', inDoubt),
  '503 of a gateway, as an HTML page': onTheWire('before', page(503), inDoubt),
  '504 of a gateway that stopped waiting, as an HTML page': onTheWire('after', page(504), lost),
  'an HTML page with a 200 in the place of the provider': onTheWire('before', page(200), inDoubt),
  'a status code that nobody knows': onTheWire('before', { status: 599, body: '{}' }, inDoubt),

  'nobody listens, and then somebody does': {
    strike: async (world) => {
      await world.proxy.goAway();
      // A round trip later the client knows that its idle sockets are closed.
      await world.control('GET', 'health');
    },
    pass: (world) => world.proxy.comeBack(),
    meaning: { ...brought, answer: 'unavailable', later: null },
  },
  'the line is cut before the provider hears of it': onTheWire('before', 'cut', inDoubt),
  'the line is cut after the provider has acted': onTheWire('after', 'cut', lost),
  'the reply is lost': emulated('lost-reply', lost),
  'silence before the provider hears of it': onTheWire('before', 'silence', inDoubt, { deadlineMs: DEADLINE_MS }),
  'a timeout after the provider has acted': { ...emulated('timeout', lost), deadlineMs: DEADLINE_MS },
  'a body that comes too slowly': onTheWire('after', 'slow-body', lost, { deadlineMs: DEADLINE_MS }),
  'a body without an end': onTheWire('after', 'endless-body', lost),
  'a body that is not JSON': onTheWire('after', { rewrite: (body) => body.slice(0, -2) }, lost),
  'an empty body': onTheWire('after', { rewrite: () => '' }, lost),

  'a redirect that may be the answer': onTheWire('before', { redirect: 302 }, inDoubt),
  'a redirect to another address': onTheWire('before', { redirect: 307 }, refused),

  'a token that is over': onTheWire('before', ({ tokenEnded }) => tokenEnded, refused),
  'a consent that was revoked': {
    strike: (world, { connector, provider }, { externalId }) =>
      world.register({
        connector,
        provider,
        externalId,
        status: 'RECONNECT_REQUIRED',
        statusReason: 'TOKEN_EXPIRED',
      }),
    meaning: { ...refused, later: 'customer-needed' },
  },
  'a login that fails': emulated('login-required', {
    ...brought,
    later: 'customer-needed',
    task: 'reconnect_required',
  }),
  'a login that has to be made again before anything starts': emulated('reconnect-required', {
    ...refused,
    later: 'customer-needed',
  }),
  'a part of it': emulated('partial', { ...brought, later: 'partial', task: 'partial' }),
  'a silent no-op': emulated('silent-noop', { ...inDoubt, answer: 'accepted' }),
  'a word that nobody knows': {
    strike: (world, row) =>
      world.proxy.set({ on: row.looks, when: 'after', meets: { rewrite: row.unknownWord }, times: FOR_EVER }),
    meaning: brought,
  },

  'no webhooks': emulated('no-webhook', brought),
  'each webhook twice': emulated('duplicate-webhook', brought),
  'late webhooks': emulated('late-webhook', brought),
} as const satisfies Readonly<Record<string, Fault>>;

export type FaultName = keyof typeof faultRows;

export const faults: Readonly<Record<FaultName, Fault>> = faultRows;
export const faultNames = Object.keys(faultRows) as readonly FaultName[];

export const meaningOf = (row: ConnectorRow, name: FaultName): Meaning => ({
  ...faults[name].meaning,
  ...row.means[name],
});

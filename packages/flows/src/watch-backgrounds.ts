import { MINUTE } from '@freshet/domain';
import type {
  BackgroundWatch,
  Connection,
  ConnectionId,
  Effect,
  Feed,
  Instant,
  StatusShown,
  TenantId,
} from '@freshet/domain';
import {
  claimLook,
  decideWatch,
  eventsShown,
  FEED_OUTCOMES,
  isBackgroundMissed,
  postponed,
  takeTurns,
  type FeedFacts,
  type Lane,
  type RefreshPolicy,
  type WatchFacts,
  type WatchPhase,
} from '@freshet/policy';
import { read, type Loader } from '@freshet/ports';
import type { Engine } from './engine.js';
import { loadFeeds } from './load-late.js';
import { activeOf, asProviderConnection, policyOf } from './load-refresh.js';
import { noteFeeds } from './note-feeds.js';
import { planWatches } from './plan-watches.js';
import { statusesShown } from './status-looks.js';
import { takeEvent } from './webhooks.js';

const CAUSE = 'schedule watch-backgrounds';

/** Asked for in turns of their own, so many together: they share a commit. */
const AT_ONCE = 25;
/** At a tick: what is due beyond that is asked for at the next. */
const ASKED_A_TICK = 4_000;
/** Free reads at a tick, in all and at one provider through one connector; and so many of them under way there at a time. */
const LOOKS_A_TICK = 600;
const LOOKS_AT_PROVIDER = 300;
const LOOKS_AT_ONCE = 10;
/** So many customers in a row of whom a provider showed nothing: at this tick it is left alone. */
const LOOKS_IN_VAIN = 20;
/** So many lanes are looked into at a tick: the next tick goes on from there. */
const LANES_A_TICK = 256;

interface Named {
  readonly tenantId: TenantId;
  readonly id: ConnectionId;
}

interface WatchLoad {
  readonly facts: WatchFacts;
  /** Null: the connection is gone. */
  readonly policy: RefreshPolicy | null;
}

/** Counted only where something is about to be missed. */
function* countWatched({
  tenantId,
  connector,
  provider,
  institutionId,
}: BackgroundWatch): Loader<FeedFacts['watched']> {
  const feed = { tenantId, connector, provider, take: FEED_OUTCOMES };
  return {
    provider: yield* read('watchedOfFeed', { ...feed, institutionId: null }),
    institution: yield* read('watchedOfFeed', { ...feed, institutionId }),
  };
}

function* loadWatch(engine: Engine, { tenantId, id }: Named, phase: WatchPhase): Loader<WatchLoad | null> {
  const watch = yield* read('backgroundWatch', { tenantId, id });
  const now = engine.clock.now();
  // Another worker was here before.
  if (watch === null || (phase === 'due' && (watch.dueAt === null || watch.dueAt > now))) return null;
  const group = yield* read('group', { tenantId, id });
  const own = group.find((member) => member.id === id);
  const feeds = yield* loadFeeds(watch);
  if (own === undefined) {
    const gone = { connection: null, feeds: { feeds, watched: null }, canHear: false, canLook: false };
    return { facts: { watch, ...gone }, policy: null };
  }
  const policy = policyOf(engine, own);
  const connection = own.active ? { ...own, ...asProviderConnection(activeOf(group, own), group) } : own;
  const capabilities = engine.connectorsOf(tenantId).get(own.connector)?.capabilities;
  const canLook = capabilities?.showsData ?? false;
  const canHear = canLook || (capabilities?.webhooks ?? false);
  const misses = isBackgroundMissed(policy, connection, now) && (phase !== 'due' || !canLook);
  const watched = misses ? yield* countWatched(watch) : null;
  return { facts: { watch, connection, feeds: { feeds, watched }, canHear, canLook }, policy };
}

const askOf = async (engine: Engine, named: Named, phase: WatchPhase): Promise<void> => {
  const { before, effects } = await engine.store.turn(
    () => loadWatch(engine, named, phase),
    (load): { readonly before: readonly Feed[]; readonly effects: readonly Effect[] } =>
      load === null
        ? { before: [], effects: [] }
        : {
            before: load.facts.feeds.feeds,
            ...decideWatch(load.facts, phase, load.policy, engine.clock.now()),
          },
  );
  noteFeeds(engine, before, effects);
};

/** One at which the engine itself fails holds up nobody else: it comes again later, and is told. */
const FAILED_PAUSE_MS = 15 * MINUTE;

const orPostpone = async (engine: Engine, { tenantId, id }: Named, step: () => Promise<void>): Promise<void> => {
  try {
    await step();
  } catch (error) {
    engine.log.warn('a background refresh could not be looked after', { connectionId: id, error: String(error) });
    await engine.store.turn(
      () => read('backgroundWatch', { tenantId, id }),
      (watch) => ({ effects: watch === null ? [] : [postponed(watch, engine.clock.now() + FAILED_PAUSE_MS)] }),
    );
  }
};

const inGroupsOf = async <One>(all: readonly One[], size: number, each: (one: One) => Promise<void>): Promise<void> => {
  for (let from = 0; from < all.length; from += size) await Promise.all(all.slice(from, from + size).map(each));
};

/** All whose time has come, so many at a time. How many. */
const askDue = async (engine: Engine, limit: number): Promise<number> => {
  let asked = 0;
  for (let found = limit; found >= limit && asked < ASKED_A_TICK; asked += found) {
    const due = await engine.store.read('dueBackgroundWatches', { now: engine.clock.now(), limit });
    await inGroupsOf(due, AT_ONCE, (named) => orPostpone(engine, named, () => askOf(engine, named, 'due')));
    found = due.length;
  }
  return asked;
};

interface LookLoad {
  readonly watch: BackgroundWatch | null;
  readonly found: Connection | null;
}

function* loadLook({ tenantId, id }: Named): Loader<LookLoad> {
  return {
    watch: yield* read('backgroundWatch', { tenantId, id }),
    found: yield* read('connection', { tenantId, id }),
  };
}

/** Its turn to be read has come, for this worker; null: another has it, or it is gone. */
const claim = async (engine: Engine, named: Named): Promise<Connection | null> => {
  const { connection } = await engine.store.turn(
    () => loadLook(named),
    ({ watch, found }): { readonly connection: Connection | null; readonly effects: readonly Effect[] } => {
      const policy = found && policyOf(engine, found);
      const claimed = claimLook(watch, found, policy, engine.clock.now());
      return { connection: claimed.look ? found : null, effects: claimed.effects };
    },
  );
  return connection;
};

/** What was read is taken in as if the provider had told it; then it is asked whether that was what is awaited. */
const takeIn = async (engine: Engine, connection: Connection, shown: StatusShown | null): Promise<void> => {
  const { tenantId, connector, id } = connection;
  const tellsStatus = engine.connectorsOf(tenantId).get(connector)?.capabilities.tellsStatus ?? false;
  const at = shown?.at ?? engine.clock.now();
  for (const event of shown === null ? [] : eventsShown(connection, shown, at, tellsStatus)) {
    await takeEvent(engine, { tenantId, connector, cause: CAUSE }, event);
  }
  await askOf(engine, { tenantId, id }, shown === null ? 'unread' : 'looked');
};

/** Of one customer at one provider: a connector may read them together. Whether any of it was shown. */
const lookAt = async (engine: Engine, connections: readonly Connection[]): Promise<boolean> => {
  const shown = await statusesShown(engine, connections);
  for (const [place, connection] of connections.entries())
    await orPostpone(engine, connection, () => takeIn(engine, connection, shown[place] ?? null));
  return shown.some((each) => each !== null);
};

type Customer = readonly Connection[];

const together = <One>(all: readonly One[], keyOf: (one: One) => readonly string[]): readonly (readonly One[])[] => {
  const groups = new Map<string, One[]>();
  for (const one of all) {
    const key = JSON.stringify(keyOf(one));
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
};

const byCustomer = (connections: readonly Connection[]): readonly Customer[] =>
  together(connections, ({ tenantId, connector, provider, customerId }) => [tenantId, connector, provider, customerId]);

/** Read at the same place: one that is slow holds up none of another. */
const byPlace = (customers: readonly Customer[]): readonly (readonly Customer[])[] =>
  together(customers, ([first]) => [first?.connector ?? '', first?.provider ?? '']);

/**
 * Some at a time at one provider. Where so many of a tenant's in a row show nothing, it is down or has had enough of us: no
 * more are read for that tenant now, and those that are left are asked for again after the grace.
 */
const lookThrough = async (engine: Engine, customers: readonly Customer[]): Promise<void> => {
  const connector = customers[0]?.[0]?.connector;
  const atOnce = connector === undefined ? 1 : Math.min(LOOKS_AT_ONCE, engine.callsThrough(connector).atOnce);
  const failed = new Map<TenantId, number>();
  await inGroupsOf(customers, atOnce, async (connections) => {
    const tenantId = connections[0]?.tenantId as TenantId;
    if ((failed.get(tenantId) ?? 0) >= LOOKS_IN_VAIN) return;
    const isShown = await lookAt(engine, connections);
    failed.set(tenantId, isShown ? 0 : (failed.get(tenantId) ?? 0) + 1);
  });
};

/** Reads them at their providers, for nothing. */
const lookAtAll = async (engine: Engine, looks: readonly Named[]): Promise<void> => {
  const claimed: Connection[] = [];
  await inGroupsOf(looks, AT_ONCE, (named) =>
    orPostpone(engine, named, async () => {
      const connection = await claim(engine, named);
      if (connection !== null) claimed.push(connection);
    }),
  );
  await Promise.all(byPlace(byCustomer(claimed)).map((customers) => lookThrough(engine, customers)));
};

type Waiting = Named & Lane & { readonly dueAt: Instant };

const NOWHERE = { connector: '', provider: '', tenantId: '' } as Lane;

const isSameLane = (a: Lane, b: Lane): boolean =>
  a.tenantId === b.tenantId && a.connector === b.connector && a.provider === b.provider;

/** The first of each lane that waits; where there are more lanes than a tick has, from where the last walk ended. */
const createLaneWalk = (engine: Engine) => {
  let from = NOWHERE;
  return async (): Promise<readonly Waiting[]> => {
    const found: Waiting[] = [];
    let first: Lane | null = null;
    for (let walked = 0; walked < LANES_A_TICK; walked += 1) {
      const lane =
        (await engine.store.read('lookLaneAfter', from)) ?? (await engine.store.read('lookLaneAfter', NOWHERE));
      if (lane === null || (first !== null && isSameLane(lane, first))) break;
      first ??= lane;
      from = lane;
      const waiting = await engine.store.read('looksOfLane', { ...lane, limit: LOOKS_AT_PROVIDER });
      // In a lane they come in their order; between lanes by turns, whoever has waited longer.
      found.push(...waiting.map((named, place) => ({ ...named, ...lane, dueAt: place })));
    }
    return found;
  };
};

/** Watches the background refreshes that providers make by themselves. */
export interface BackgroundWatcher {
  /** Asks for what is due, and reads at providers what nobody has told of: how many of both. */
  readonly tick: (limit: number) => Promise<number>;
}

export const createBackgroundWatcher = (engine: Engine): BackgroundWatcher => {
  const walkLanes = createLaneWalk(engine);
  return {
    tick: async (limit) => {
      await planWatches(engine);
      const asked = await askDue(engine, limit);
      const room = { inAll: LOOKS_A_TICK, atOnce: () => LOOKS_AT_PROVIDER };
      const looks = takeTurns(await walkLanes(), [], room);
      await lookAtAll(engine, looks);
      return asked + looks.length;
    },
  };
};

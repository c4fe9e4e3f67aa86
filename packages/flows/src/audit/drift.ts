import { DAY, formatInstant, permissionsOf, standingOf } from '@freshet/domain';
import type { Connection, ConnectionId, DurationMs, Instant, RefreshPermission, StatusTold } from '@freshet/domain';
import { ECHO_MS, offsetSeed } from '@freshet/policy';
import { read } from '@freshet/ports';
import type { Engine } from '../engine.js';
import { statusShown } from '../status-looks.js';
import {
  NO_FIGURES,
  type AuditPage,
  type AuditPages,
  type AuditPlace,
  type Check,
  type Found,
  type JudgedPage,
} from './check.js';
import { closes } from './stuck-tasks.js';

/** So many of each provider are read at it where nobody says otherwise, every time others. */
export const DRIFT_SAMPLE = 50;
/** More is no sample: all who were drawn go with the place of the audit from page to page. */
export const LARGEST_DRIFT_SAMPLE = 1000;
/** Read in one page: within the lease that the audit runs under. */
const READ_AT_ONCE = 4;
/** A provider that showed nothing so often in a row shows nothing, or is down: the rest of its sample is left. */
const MOST_SILENT = 3;

/** How far it has got: first everybody is drawn from, then those who were drawn are read. */
interface DriftPlace {
  readonly after: string;
  /** By connector and provider, those of the lowest ranks so far. */
  readonly drawn: Readonly<Record<string, readonly ConnectionId[]>>;
  /** Those that are still to be read; null: it is still drawn. */
  readonly left: readonly ConnectionId[] | null;
  /** How often each provider showed nothing in a row. */
  readonly silent: Readonly<Record<string, number>>;
}

const START: DriftPlace = { after: '', drawn: {}, left: null, silent: {} };

const placeIn = ({ after }: AuditPlace): DriftPlace => (after === '' ? START : (JSON.parse(after) as DriftPlace));

/** One that waits for its customer's first login, steps back behind its twin, or has ended, is not asked about. */
const isAskedAbout = ({ active, status }: Connection): boolean =>
  active && status !== 'IN_PROGRESS' && status !== 'EXPIRED' && status !== 'DELETED';

const laneOf = ({ connector, provider }: Connection): string => `${connector} ${provider}`;

/** The same connections for the same audit, others for the next: those of the lowest numbers that both of them make. */
export const draw = (
  before: DriftPlace['drawn'],
  connections: readonly Connection[],
  seed: string,
  sampleSize = DRIFT_SAMPLE,
): DriftPlace['drawn'] => {
  const ranked = (id: ConnectionId) => ({ id, rank: offsetSeed(`${seed} ${id}`) });
  const lanes = new Map(Object.entries(before).map(([lane, ids]) => [lane, ids.map(ranked)]));
  for (const connection of connections.filter(isAskedAbout)) {
    const drawn = lanes.get(laneOf(connection)) ?? [];
    const one = ranked(connection.id);
    const place = drawn.findIndex(({ rank }) => rank > one.rank);
    drawn.splice(place === -1 ? drawn.length : place, 0, one);
    lanes.set(laneOf(connection), drawn.slice(0, sampleSize));
  }
  return Object.fromEntries([...lanes].map(([lane, drawn]) => [lane, drawn.map(({ id }) => id)]));
};

/** By turns, so that no provider is asked for its whole sample in a row. */
const inTurn = (drawn: DriftPlace['drawn']): readonly ConnectionId[] => {
  const lanes = Object.values(drawn);
  const turns = Math.max(0, ...lanes.map(({ length }) => length));
  return Array.from({ length: turns }, (_, turn) => lanes.flatMap((all) => all[turn] ?? [])).flat();
};

const keyOf = (place: DriftPlace): string => JSON.stringify(place);

/** A status with the newest data, where a connector shows that too. */
export interface ShownWithData extends StatusTold {
  readonly data?: readonly { readonly at: Instant }[];
}

/** A connection, and what its provider shows of it. */
export interface Seen {
  readonly connection: Connection;
  readonly shown: ShownWithData;
}

/** Of a pull that found nothing new nobody tells: the watch over it reads it within this time, and needs no finding. */
export const TOLD_LATE_MS: DurationMs = DAY;

/** The newest data that the provider has, where it is of long before now and nobody here has heard of it; else null. */
export const unheardData = ({ connection: { lastSuccessAt }, shown }: Seen, now: Instant): Instant | null => {
  const newest = Math.max(...(shown.data ?? []).map(({ at }) => at));
  // The stamp of one pull may be minutes later than the word of it: by another clock, or of its last account.
  const isNews = newest > (lastSuccessAt ?? Number.NEGATIVE_INFINITY) + ECHO_MS;
  const isUnheard = isNews && newest <= now - TOLD_LATE_MS;
  return Number.isFinite(newest) && isUnheard ? newest : null;
};

/** ACTIVE with a reason that we watch ourselves: providers do not show it. */
const ownReasons: ReadonlySet<string | null> = new Set(['ACCESS_EXPIRING_SOON', 'NEW_ACCOUNTS_AVAILABLE', null]);

const agree = ({ connection: { status, statusReason }, shown }: Seen): boolean =>
  status === shown.status &&
  (statusReason === shown.reason ||
    (status === 'ACTIVE' && ownReasons.has(statusReason) && ownReasons.has(shown.reason)));

/** What it told us itself, later than this word, stands: a status read beside it lags behind. */
const isOvertaken = ({ connection: { statusToldAt }, shown }: Seen): boolean =>
  statusToldAt !== null && shown.at !== null && shown.at < statusToldAt;

const spelled = (status: string, reason: string | null): string => (reason === null ? status : `${status} (${reason})`);

interface Words {
  readonly severity: Found['severity'];
  readonly told: string;
  readonly action: string;
}

const TAKE_IN = 'Repair it: the status is read once more, and taken in. Then find out why its webhook did not come.';

const wordsFor = (ours: RefreshPermission, theirs: RefreshPermission, isKnown: boolean): Words => {
  if (!isKnown) {
    return {
      severity: 'critical',
      told: 'its provider does not know it any more',
      action: 'Delete it here, or let its customer link it anew: what is forced for it fails, and may be billed.',
    };
  }
  if (ours !== 'no' && theirs === 'no') {
    return { severity: 'critical', told: 'it may be refreshed here, and its provider would refuse', action: TAKE_IN };
  }
  if (ours === theirs) return { severity: 'info', told: 'both allow the same', action: TAKE_IN };
  return { severity: 'warning', told: 'it may be refreshed at its provider, and not here', action: TAKE_IN };
};

const TAKE_DATA_IN = 'Repair it: what came is taken in. Then find out why its webhook did not come.';

const statusDrift = (seen: Seen): Words | undefined => {
  const { connection, shown } = seen;
  if (agree(seen) || isOvertaken(seen)) return undefined;
  const { status, statusReason: reason } = connection;
  const ours = permissionsOf({ status, reason }).refresh;
  const theirs = permissionsOf({ status: shown.status, reason: shown.reason }).refresh;
  const words = wordsFor(ours, theirs, shown.status !== 'DELETED');
  const [here, there] = [spelled(status, reason), spelled(shown.status, shown.reason)];
  return { ...words, told: `is ${here} here, and ${there} at its provider: ${words.told}` };
};

const dataDrift = (seen: Seen, now: Instant): Words | undefined => {
  const at = unheardData(seen, now);
  if (at === null) return undefined;
  const told = `has data of ${formatInstant(at)} at its provider that nobody here has heard of`;
  return { severity: 'warning', told, action: TAKE_DATA_IN };
};

/** Pure: what was shown beside what is kept. */
export const judgeDrift = (seen: Seen, now: Instant): readonly Found[] => {
  const { connection, shown } = seen;
  const words = isAskedAbout(connection) ? (statusDrift(seen) ?? dataDrift(seen, now)) : undefined;
  if (words === undefined) return [];
  const { id, externalId, connector, provider, status, statusReason, statusToldAt, lastSuccessAt } = connection;
  const instant = (at: Instant | null): string | null => (at === null ? null : formatInstant(at));
  const found: Found = {
    severity: words.severity,
    key: id,
    connectionId: id,
    summary: `a connection ${words.told}`,
    action: words.action,
    money: null,
    evidence: {
      externalId,
      connector,
      provider,
      status,
      statusReason,
      statusToldAt: instant(statusToldAt),
      lastSuccessAt: instant(lastSuccessAt),
      shownStatus: shown.status,
      shownReason: shown.reason,
      shownAt: instant(shown.at),
      shownDataAt: shown.data === undefined ? null : shown.data.map(({ at }) => formatInstant(at)),
      isInTable: standingOf({ status: shown.status, reason: shown.reason }) !== 'UNKNOWN',
    },
  };
  return [found];
};

/**
 * Draws whose status is read. It reads no provider itself: where nobody does (an audit of a file, without connectors), it
 * ends with nobody asked.
 */
export const drift: Check = {
  name: 'drift',
  needs: 'connectors',
  question: 'Are connections at their providers what they are here, as far as a free look at some of them tells?',
  *page({ tenantId, after, limit, auditId = '', sampleSize, ...place }) {
    const from = placeIn({ tenantId, after, limit, ...place });
    const nothing: AuditPage = { examined: 0, last: null, figures: NO_FIGURES, judge: () => [] };
    if (from.left !== null) return nothing;
    const page = yield* read('connectionsScan', { tenantId, after: from.after, limit });
    const drawn = draw(from.drawn, page, auditId, sampleSize);
    const last = page.at(-1);
    if (last !== undefined && page.length === limit) {
      return { ...nothing, last: keyOf({ ...from, after: last.id, drawn }) };
    }
    const left = inTurn(drawn);
    return left.length === 0 ? nothing : { ...nothing, last: keyOf({ ...START, left }) };
  },
};

/** Not where it is switched off or shut, and not again and again where nothing is shown. */
const mayAsk = async (engine: Engine, connection: Connection, silent: DriftPlace['silent']): Promise<boolean> => {
  const { tenantId, connector } = connection;
  if ((silent[laneOf(connection)] ?? 0) >= MOST_SILENT || !isAskedAbout(connection)) return false;
  if (!engine.connectorsOf(tenantId).has(connector)) return false;
  const closures = await engine.store.read('closuresOfTenant', { tenantId, scope: 'provider' });
  return !closures.some((closure) => closes(closure, connection, engine.clock.now()));
};

/** Undefined: it was not asked about, or its provider showed nothing. */
const look = async (engine: Engine, connection: Connection): Promise<Seen | undefined> => {
  const shown = await statusShown(engine, connection);
  // Read again: what a webhook told meanwhile is no drift.
  const { tenantId, id } = connection;
  const now = shown === null ? null : await engine.store.read('connection', { tenantId, id });
  return shown === null || now === null ? undefined : { connection: now, shown };
};

/** Reads some of those who were drawn, mostly of one provider each, free of charge. */
const readSome = async (engine: Engine, place: AuditPlace, from: DriftPlace): Promise<JudgedPage> => {
  const { tenantId } = place;
  const left = from.left ?? [];
  const silent: Record<string, number> = { ...from.silent };
  const looks = left.slice(0, READ_AT_ONCE).map(async (id): Promise<Seen | undefined> => {
    const connection = await engine.store.read('connection', { tenantId, id });
    if (connection === null || !(await mayAsk(engine, connection, from.silent))) return undefined;
    const seen = await look(engine, connection);
    const lane = laneOf(connection);
    silent[lane] = seen === undefined ? (silent[lane] ?? 0) + 1 : 0;
    return seen;
  });
  const seen = (await Promise.all(looks)).filter((each) => each !== undefined);
  const rest = left.slice(READ_AT_ONCE);
  const last = rest.length === 0 ? null : keyOf({ ...from, left: rest, silent });
  const found = seen.flatMap((each) => judgeDrift(each, place.now));
  return { examined: seen.length, last, figures: NO_FIGURES, found };
};

/** Pages that are read where providers can be asked; all others as they are. */
export const withDriftRead =
  (engine: Engine, pages: AuditPages): AuditPages =>
  (check, place) => {
    const from = check === drift.name ? placeIn(place) : START;
    return from.left === null ? pages(check, place) : readSome(engine, place, from);
  };

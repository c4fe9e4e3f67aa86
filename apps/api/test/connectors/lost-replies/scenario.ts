import { HOUR, MINUTE, SECOND } from '@freshet/domain';
import type { FaultName } from '../contract/faults.js';
import { connectorRows, type ConnectorRow, type RowConnection } from '../contract/rows.js';
import type { Random } from './random.js';

/** Where a worker stops in the middle of its call. */
export const stops = ['before it is sent', 'before its first byte', 'before its answer is written'] as const;
export type Stop = (typeof stops)[number];

/** Connections that are one at the provider, or twins that are billed apart. */
export interface Unit {
  readonly row: ConnectorRow;
  readonly members: readonly RowConnection[];
}

export interface Asked {
  readonly unit: number;
  readonly member: number;
}

export interface Episode {
  /** Of the call that the first of those asked for makes. */
  readonly faults: readonly FaultName[];
  readonly stop: Stop | null;
  readonly newData: boolean;
  readonly asked: readonly Asked[];
  /** Time that passes afterwards: walked, or jumped over as by a machine that slept. */
  readonly passMs: number;
  readonly jumps: boolean;
  /** The workers that had stopped go on, whoever has their tasks by then. */
  readonly ghostsGoOn: boolean;
}

export interface Scenario {
  readonly units: readonly Unit[];
  readonly episodes: readonly Episode[];
}

const weighed = <Item>(weights: readonly (readonly [Item, number])[]): readonly Item[] =>
  weights.flatMap(([item, weight]) => Array.from({ length: weight }, () => item));

/** Mostly those after which the provider has acted and nobody knows. */
const callFaults = weighed<FaultName>([
  ['the reply is lost', 8],
  ['the line is cut after the provider has acted', 6],
  ['504 of a gateway that stopped waiting, as an HTML page', 4],
  ['a body that is not JSON', 3],
  ['an empty body', 2],
  ['a body without an end', 1],
  ['the line is cut before the provider hears of it', 2],
  ['500 of the provider', 2],
  ['503 of a gateway, as an HTML page', 1],
  ['429 with a time', 1],
  ['429 without a time', 1],
  ['a redirect that may be the answer', 1],
  ['a token that is over', 1],
  ['nobody listens, and then somebody does', 2],
  ['nothing at all', 4],
]);
const slowFaults: readonly FaultName[] = ['a timeout after the provider has acted', 'a body that comes too slowly'];
const SLOW_SHARE = 0.01;

const outcomeFaults: readonly FaultName[] = ['a part of it', 'a login that fails', 'a silent no-op'];
const webhookFaults: readonly FaultName[] = ['no webhooks', 'each webhook twice', 'late webhooks'];

const passes = [
  0,
  SECOND,
  3 * SECOND,
  20 * SECOND,
  2 * MINUTE,
  6 * MINUTE,
  31 * MINUTE,
  HOUR - 1,
  HOUR + MINUTE,
  3 * HOUR + MINUTE,
] as const;

const times = <Item>(count: number, make: (n: number) => Item): readonly Item[] =>
  Array.from({ length: count }, (_, n) => make(n));

/** Members of one unit are of one login, and each has an id of its own. */
const unitOf = (row: ConnectorRow, n: number, random: Random): Unit => {
  const count = random.oneOf([1, 1, 1, 2, 3]);
  return { row, members: times(count, (twin) => row.connection(n, twin)) };
};

/** Rows of one connector can stand beside each other only where they are set up alike: Bud's two versions are not. */
const rowsFor = (random: Random): readonly ConnectorRow[] => {
  const first = random.oneOf(connectorRows);
  const second = random.oneOf(connectorRows);
  return first.connector === second.connector && first.settings !== second.settings ? [first] : [first, second];
};

const episodeOf = (units: readonly Unit[], random: Random): Episode => {
  const anyone = (): Asked => {
    const unit = random.below(units.length);
    return { unit, member: random.below((units[unit] as Unit).members.length) };
  };
  const first = anyone();
  return {
    faults: [
      random.oneOf(random.chance(SLOW_SHARE) ? slowFaults : callFaults),
      ...(random.chance(0.15) ? [random.oneOf(outcomeFaults)] : []),
      ...(random.chance(0.5) ? [random.oneOf(webhookFaults)] : []),
    ],
    stop: random.chance(0.2) ? random.oneOf(stops) : null,
    newData: random.chance(0.4),
    asked: [first, ...(random.chance(0.5) ? [anyone()] : []), ...(random.chance(0.2) ? [anyone()] : [])],
    passMs: random.oneOf(passes),
    jumps: random.chance(0.2),
    ghostsGoOn: random.chance(0.4),
  };
};

/** `firstConnection`: from there on its connections are numbered. */
export const scenarioOf = (random: Random, firstConnection: number): Scenario => {
  const units = rowsFor(random).map((row, n) => unitOf(row, firstConnection + n, random));
  return { units, episodes: times(2 + random.below(3), () => episodeOf(units, random)) };
};

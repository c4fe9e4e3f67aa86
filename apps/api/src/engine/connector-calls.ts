import { formatDuration, MINUTE, parseDuration, SECOND, type DurationMs } from '@freshet/domain';
import { z } from 'zod';
import { builtConnectors, connectorDescriptions, DEFAULT_TRANSPORT, type BuiltConnector } from './connector-rows.js';

/** How the process calls through one connector, for all tenants. */
export interface ConnectorCalls {
  readonly timeoutMs: DurationMs;
  readonly atOnce: number;
  readonly sockets: number;
  readonly keepAliveMs: DurationMs;
}

/** Tasks at one provider at a time: as many as the slowest may hold without holding up the others. */
const AT_ONCE = 32;
/** A lease is longer than this, and what a dead worker held waits for its end. */
const LONGEST_CALL_MS = 5 * MINUTE;
const LONGEST_IDLE_MS = 10 * MINUTE;

const between = (least: DurationMs, most: DurationMs) => {
  const expected = `must be a duration from ${formatDuration(least)} to ${formatDuration(most)}`;
  return z.string(expected).transform((text, context): DurationMs => {
    const ms = parseDuration(text.trim());
    if (ms !== undefined && ms >= least && ms <= most) return ms;
    context.issues.push({ code: 'custom', input: text, message: expected });
    return z.NEVER;
  });
};

const count = z.coerce.number('must be a number').int('must be a whole number').min(1, 'must be at least 1');

interface CallRow {
  /** Behind the connector's name in capitals. */
  readonly variable: string;
  readonly schema: z.ZodType<number>;
  readonly otherwise: (name: BuiltConnector) => number;
  readonly shown: string;
  readonly meaning: string;
}

/** By the field's name in a credentials file. */
export const callRows: Readonly<Record<'callTimeout' | 'atOnce' | 'sockets' | 'keepAlive', CallRow>> = {
  callTimeout: {
    variable: 'CALL_TIMEOUT',
    schema: between(SECOND, LONGEST_CALL_MS),
    otherwise: (name) => connectorDescriptions[name].calls.timeoutMs,
    shown: 'see the connector',
    meaning: 'how long one call may take; what is lost by then counts as made. Its task’s lease is 10 s longer',
  },
  atOnce: {
    variable: 'AT_ONCE',
    schema: count,
    otherwise: () => AT_ONCE,
    shown: `\`${AT_ONCE}\``,
    meaning: 'tasks at work at one provider at a time, of all tenants, who take turns',
  },
  sockets: {
    variable: 'SOCKETS',
    schema: count,
    otherwise: () => DEFAULT_TRANSPORT.sockets,
    shown: `\`${DEFAULT_TRANSPORT.sockets}\``,
    meaning: 'open connections to one address, for each tenant',
  },
  keepAlive: {
    variable: 'KEEP_ALIVE',
    schema: between(1, LONGEST_IDLE_MS),
    otherwise: () => DEFAULT_TRANSPORT.keepAliveMs,
    shown: `\`${formatDuration(DEFAULT_TRANSPORT.keepAliveMs)}\``,
    meaning:
      'how long an unused connection waits for the next call. One that the provider closes as we write loses a reply',
  },
};

export type CallField = keyof typeof callRows;
export const callFields = Object.keys(callRows) as readonly CallField[];
export type GivenCalls = { readonly [Field in CallField]?: number | undefined };

export const callVariable = (name: BuiltConnector, field: CallField): string =>
  `${name.toUpperCase()}_${callRows[field].variable}`;

export const callVariables: Readonly<Record<string, z.ZodOptional<z.ZodType<number>>>> = Object.fromEntries(
  builtConnectors.flatMap((name) =>
    callFields.map((field) => [callVariable(name, field), callRows[field].schema.optional()]),
  ),
);

/** What the environment says of one connector. */
export const callsIn = (env: Readonly<Record<string, unknown>>, name: BuiltConnector): GivenCalls =>
  Object.fromEntries(
    callFields.flatMap((field) => {
      const value = env[callVariable(name, field)];
      return typeof value === 'number' ? [[field, value]] : [];
    }),
  );

/** How calls go through each connector, by what was given for it and what holds otherwise. */
export const connectorCalls = (
  given: (name: BuiltConnector) => GivenCalls,
): Readonly<Record<BuiltConnector, ConnectorCalls>> =>
  Object.fromEntries(
    builtConnectors.map((name) => {
      const of = (field: CallField): number => given(name)[field] ?? callRows[field].otherwise(name);
      const calls: ConnectorCalls = {
        timeoutMs: of('callTimeout'),
        atOnce: of('atOnce'),
        sockets: of('sockets'),
        keepAliveMs: of('keepAlive'),
      };
      return [name, calls];
    }),
  ) as Record<BuiltConnector, ConnectorCalls>;

import type { Connection } from '../books/records.js';

/** Meld's rules as data. They are written down apart from the engine's on purpose: the two are compared by tests. */
export const PRODUCTS = [
  'BALANCES',
  'IDENTIFIERS',
  'INVESTMENT_HOLDINGS',
  'INVESTMENT_TRANSACTIONS',
  'OWNERS',
  'TRANSACTIONS',
] as const;

const REFRESHABLE: readonly string[] = ['ACTIVE', 'PARTIALLY_ACTIVE', 'DEGRADED', 'UNDETERMINED'];
const REPAIRABLE: readonly string[] = ['RECONNECT_REQUIRED', 'DEGRADED', 'UNRECOVERABLE'];
const REPAIRABLE_WHILE_ACTIVE: readonly (string | null)[] = ['ACCESS_EXPIRING_SOON', 'NEW_ACCOUNTS_AVAILABLE'];
const TERMINAL: readonly string[] = ['EXPIRED', 'DELETED'];
/** Reasons that a pull which brought data does not clear. */
const REASONS_THAT_STAY: readonly (string | null)[] = [
  ...REPAIRABLE_WHILE_ACTIVE,
  'INACTIVE_DUPLICATE',
  'INTERACTIVE_REFRESH',
];

export const INACTIVE_DUPLICATE = 'INACTIVE_DUPLICATE';

export function isRefreshable(connection: Connection): boolean {
  return REFRESHABLE.includes(connection.status);
}

export function isRepairable(connection: Connection): boolean {
  if (connection.status === 'ACTIVE') return REPAIRABLE_WHILE_ACTIVE.includes(connection.statusReason);
  return REPAIRABLE.includes(connection.status);
}

export function isTerminal(connection: Connection): boolean {
  return TERMINAL.includes(connection.status);
}

export function isInactiveDuplicate(connection: Connection): boolean {
  return connection.statusReason === INACTIVE_DUPLICATE;
}

/** Whether a pull that brought everything makes it ACTIVE. */
export function healsBySuccess(connection: Connection): boolean {
  return isRefreshable(connection) && !REASONS_THAT_STAY.includes(connection.statusReason);
}

/** Providers that Meld's import takes. */
export const IMPORTABLE: readonly string[] = ['PLAID', 'AKOYA'];

/** Providers that know a login again, so that linking it twice makes duplicates. Others make a new id for each link. */
export const RECOGNISES_LOGINS: readonly string[] = ['MX', 'FINICITY'];

/** Providers that make a new id for each link: equal ids are no duplicates there, whoever registered them. */
export const NEVER_DUPLICATES: readonly string[] = ['PLAID'];

/** Providers that charge for what they brought; the others charge for every pull that they took on. */
export const BILLED_ON_SUCCESS: readonly string[] = ['PLAID', 'FINICITY'];

const HOUR_MS = 60 * 60_000;

interface PullLimits {
  /** How long after a pull no other may be forced. */
  readonly forcedPauseMs: number;
  /** How long after a pull the provider does not pull by itself. */
  readonly backgroundPauseMs: number;
}

const NO_LIMITS: PullLimits = { forcedPauseMs: 0, backgroundPauseMs: 0 };
const PULL_LIMITS: Readonly<Record<string, PullLimits>> = {
  MX: { forcedPauseMs: 3 * HOUR_MS, backgroundPauseMs: 20 * HOUR_MS },
};

export function pullLimits(provider: string): PullLimits {
  return PULL_LIMITS[provider.toUpperCase()] ?? NO_LIMITS;
}

export const CONNECT_WITHIN_MS = 4 * HOUR_MS;
export const CONNECT_TOKEN_LIFE_MS = 3 * HOUR_MS;

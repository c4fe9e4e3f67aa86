import type { Reason, StatusAndReason } from './status.js';
import { standingOf, type Standing } from './status.js';

/** What can be asked of a connection. */
export const operations = ['refresh', 'repair', 'updateProducts', 'delete'] as const;
export type Operation = (typeof operations)[number];

/** `attended`: only while the customer is present. */
export type RefreshPermission = 'yes' | 'no' | 'attended';

export interface Permissions {
  readonly refresh: RefreshPermission;
  readonly repair: boolean;
  readonly updateProducts: boolean;
  readonly delete: boolean;
  /** What helps where a refresh is refused: null where nothing does. */
  readonly instead: 'repair' | 'connect' | null;
}

interface PermissionRule {
  readonly always: Permissions;
  /** Reasons that differ from the rest of their status. */
  readonly unless?: Readonly<Partial<Record<Reason, Permissions>>>;
}

const healthy: Permissions = { refresh: 'yes', repair: false, updateProducts: true, delete: true, instead: null };
const helped: Permissions = { ...healthy, repair: true };
const broken: Permissions = { ...helped, refresh: 'no', instead: 'repair' };

/** DESIGN "Statuses", following S1 and S2; where Meld's own pages disagree, `reference/meld.md` 10 says which one holds. */
export const permissionRules: Readonly<Record<Standing, PermissionRule>> = {
  IN_PROGRESS: { always: { ...healthy, refresh: 'no', instead: 'connect' } },
  ACTIVE: { always: healthy, unless: { ACCESS_EXPIRING_SOON: helped, NEW_ACCOUNTS_AVAILABLE: helped } },
  PARTIALLY_ACTIVE: { always: healthy },
  INACTIVE_DUPLICATE: { always: healthy },
  DEGRADED: { always: helped, unless: { INTERACTIVE_REFRESH: { ...helped, refresh: 'attended' } } },
  UNDETERMINED: { always: healthy },
  RECONNECT_REQUIRED: { always: broken },
  UNRECOVERABLE: { always: broken },
  EXPIRED: {
    always: { refresh: 'no', repair: false, updateProducts: false, delete: true, instead: 'connect' },
  },
  DELETED: { always: { refresh: 'no', repair: false, updateProducts: false, delete: false, instead: null } },
  // Never refreshed, because nobody knows what it would cost; repairable, so that it has a way out.
  UNKNOWN: { always: { refresh: 'no', repair: true, updateProducts: false, delete: true, instead: 'repair' } },
};

export const permissionsOf = (current: StatusAndReason): Permissions => {
  const rule = permissionRules[standingOf(current)];
  return (current.reason !== null && rule.unless?.[current.reason as Reason]) || rule.always;
};

/** Whether the operation is open in that status. Only a refresh depends on the customer's presence. */
export const allows = (current: StatusAndReason, operation: Operation, attended: boolean): boolean => {
  const permissions = permissionsOf(current);
  if (operation !== 'refresh') return permissions[operation];
  return permissions.refresh === 'yes' || (permissions.refresh === 'attended' && attended);
};

import { HOUR, isTerminal, permissionsOf, put, remove, SECOND } from '@freshet/domain';
import type { Connection, DurationMs, Effect, Instant, StatusLook } from '@freshet/domain';

/** A repair takes its customer a minute or an hour; after this the page that they were sent to is over everywhere. */
const LOOKED_FOR_MS: DurationMs = 4 * HOUR;
const FIRST_LOOK_MS: DurationMs = 30 * SECOND;
/** Each look waits for a quarter of the time that has passed: often at first, some thirty in all. */
const SHARE_WAITED = 4;

/** The customer was sent to repair it: its status is looked at from now on, whether or not a webhook tells of it. */
export const beginLooking = ({ id, tenantId }: Connection, now: Instant): Effect =>
  put('statusLook', { id, tenantId, since: now, dueAt: now + FIRST_LOOK_MS });

export interface LookDecision {
  /** Whether the status is read now. */
  readonly look: boolean;
  readonly effects: readonly Effect[];
}

const isMended = ({ status, statusReason: reason }: Connection): boolean =>
  isTerminal(status) || !permissionsOf({ status, reason }).repair;

/** A look that is due: made and planned again, until nothing is left to repair or the time is over. Taken by one worker. */
export const decideLook = (look: StatusLook | null, connection: Connection | null, now: Instant): LookDecision => {
  if (look === null || look.dueAt > now) return { look: false, effects: [] };
  const isOver = now - look.since > LOOKED_FOR_MS;
  if (connection === null || isMended(connection) || isOver) {
    return { look: false, effects: [remove('statusLook', look.id)] };
  }
  const dueAt = now + Math.max(FIRST_LOOK_MS, Math.floor((now - look.since) / SHARE_WAITED));
  return { look: true, effects: [put('statusLook', { ...look, dueAt })] };
};

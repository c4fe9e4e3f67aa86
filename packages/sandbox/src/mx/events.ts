import type { WebhookFault } from '../faults.js';
import type { WebhookHabits } from '../webhooks/outbox.js';
import type { World } from '../world.js';
import type { Found } from './members.js';
import { idOf, isTold } from './rules.js';

/** When it happened, and what a fault does to the webhooks about it. */
export interface Telling {
  readonly at: number;
  readonly fault: WebhookFault | null;
}

const MINUTE_MS = 60_000;
/** "No more than 12 total retries", thinning out over about a day; MX does not say how. */
const RETRIES_AFTER_MINUTES = [1, 2, 5, 10, 20, 40, 60, 120, 180, 240, 300, 360];

/** MX signs nothing: the address is the secret. */
export function mxWebhookHabits(secret: string): WebhookHabits {
  return {
    pathEnd: `/${secret}`,
    headers: async () => ({}),
    retryAfterMs: (_result, attempts) => {
      const minutes = RETRIES_AFTER_MINUTES[attempts - 1];
      return minutes === undefined ? null : minutes * MINUTE_MS;
    },
  };
}

const unixTime = (at: number): number => Math.floor(at / 1_000);

function send(world: World, { connection }: Found, telling: Telling, body: Readonly<Record<string, unknown>>): void {
  world.outbox.send({ connector: 'mx', subject: connection.externalId, body, ...telling });
}

const about = ({ connection, member }: Found) => ({
  member_guid: connection.externalId,
  user_guid: member.userGuid,
  user_id: connection.customerId,
});

export function tellStatus(world: World, found: Found, telling: Telling): void {
  const { connectionStatus: status } = found.member;
  if (!isTold(status)) return;
  send(world, found, telling, {
    action: 'CHANGED',
    connection_status: status,
    connection_status_id: idOf(status),
    connection_status_message: `${status} at ${found.connection.institutionId}`,
    ...about(found),
    type: 'CONNECTION_STATUS',
  });
}

export interface Brought {
  readonly kind: 'AGGREGATION' | 'BALANCE' | 'HISTORY';
  readonly isBackground: boolean;
  readonly created: number;
}

/** A balance check counts no transactions. */
export function tellBrought(world: World, found: Found, brought: Brought, telling: Telling): void {
  const counts =
    brought.kind === 'BALANCE'
      ? {}
      : {
          transactions_created_count: brought.created,
          transactions_updated_count: 0,
          job_guid: found.member.mostRecentJob,
        };
  send(world, found, telling, {
    action: 'member_data_updated',
    completed_at: unixTime(telling.at),
    completed_on: new Date(telling.at).toISOString().slice(0, 10),
    ...(brought.kind === 'AGGREGATION' ? { is_background: brought.isBackground } : {}),
    ...about(found),
    ...counts,
    type: brought.kind,
  });
}

export function tellMember(
  world: World,
  action: 'created' | 'updated' | 'deleted',
  found: Found,
  telling: Telling,
): void {
  const { connection, member } = found;
  send(world, found, telling, {
    action,
    aggregated_at: member.aggregatedAt === null ? null : unixTime(member.aggregatedAt),
    connection_status: member.connectionStatus,
    connection_status_id: idOf(member.connectionStatus),
    created_at: unixTime(connection.createdAt),
    guid: connection.externalId,
    id: member.id,
    institution_code: connection.institutionId,
    is_being_aggregated: member.job !== null,
    name: connection.institutionId,
    successfully_aggregated_at: connection.lastSuccessAt === null ? null : unixTime(connection.lastSuccessAt),
    type: 'MEMBER',
    updated_at: unixTime(telling.at),
    user_guid: member.userGuid,
    user_id: connection.customerId,
  });
}

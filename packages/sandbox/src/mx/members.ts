import { connectionKey } from '../books/books.js';
import type { Connection, MxMember } from '../books/records.js';
import type { Answer, Call } from '../wire/exchange.js';
import type { World } from '../world.js';
import { notFound } from './answers.js';
import { tellMember, tellStatus, type Telling } from './events.js';
import { idOf, needsCredentials } from './rules.js';
import { registeredAs, shownAs } from './statuses.js';

/** A member and its connection: one thing in two tables. */
export interface Found {
  readonly connection: Connection;
  readonly member: MxMember;
}

export const mxKey = (memberGuid: string): string => connectionKey('mx', memberGuid);

/** The customer at MX; where it is not stored apart, the customer's own id. */
export const userOf = ({ credentials, customerId }: Connection): string => credentials['userGuid'] ?? customerId;

/** Null where it is deleted, or another user's. */
export function findMember(world: World, memberGuid: string, userGuid: string): Found | null {
  const connection = world.books.connections.get(mxKey(memberGuid));
  const member = world.books.mxMembers.get(mxKey(memberGuid));
  if (connection === undefined || member === undefined) return null;
  return connection.status === 'DELETED' || member.userGuid !== userGuid ? null : { connection, member };
}

export const memberIn = (world: World, { params }: Call): Found | null =>
  findMember(world, params['member'] ?? '', params['user'] ?? '');

export function keep(world: World, { connection, member }: Found): Found {
  const key = mxKey(connection.externalId);
  return { connection: world.books.connections.put(key, connection), member: world.books.mxMembers.put(key, member) };
}

/** The one place where a member changes its status: it is told where MX tells it. */
export function changeStatus(world: World, found: Found, connectionStatus: string | null, telling: Telling): Found {
  if (found.member.connectionStatus === connectionStatus) return found;
  const connection = { ...found.connection, ...shownAs(connectionStatus) };
  const changed = keep(world, { connection, member: { ...found.member, connectionStatus } });
  tellStatus(world, changed, telling);
  return changed;
}

export const newMember = (connectionKeyOfIt: string, userGuid: string): MxMember => ({
  connectionKey: connectionKeyOfIt,
  userGuid,
  id: null,
  metadata: null,
  connectionStatus: null,
  backgroundIsDisabled: false,
  aggregatedAt: null,
  mostRecentJob: null,
  processed: { accounts: false, numbers: false, transactions: false },
  job: null,
  balanceChecks: [],
});

/** What a registration says, where it says something else than is shown already. */
export function adoptMember(world: World, connection: Connection): Found {
  const key = mxKey(connection.externalId);
  const before = world.books.mxMembers.get(key);
  const member = before ?? newMember(key, userOf(connection));
  const shown = shownAs(member.connectionStatus);
  const stands =
    before !== undefined && shown.status === connection.status && shown.statusReason === connection.statusReason;
  const started = Math.max(member.aggregatedAt ?? 0, connection.lastSuccessAt ?? 0);
  return keep(world, {
    connection,
    member: {
      ...member,
      userGuid: userOf(connection),
      connectionStatus: stands ? member.connectionStatus : registeredAs(connection),
      aggregatedAt: started === 0 ? null : started,
    },
  });
}

const timeOf = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

function stampsOf({ connection, member }: Found) {
  return {
    aggregated_at: timeOf(member.aggregatedAt),
    connection_status: member.connectionStatus,
    guid: connection.externalId,
    is_being_aggregated: member.job !== null,
    successfully_aggregated_at: timeOf(connection.lastSuccessAt),
  };
}

export function memberBody(found: Found) {
  const { connection, member } = found;
  return {
    member: {
      ...stampsOf(found),
      background_aggregation_is_disabled: member.backgroundIsDisabled,
      connection_status_message: `${member.connectionStatus ?? 'Not connected'} at ${connection.institutionId}`,
      id: member.id,
      institution_code: connection.institutionId,
      institution_guid: `INST-${connection.institutionId}`,
      is_managed_by_user: true,
      is_manual: false,
      is_oauth: false,
      metadata: member.metadata,
      most_recent_job_detail_code: null,
      most_recent_job_detail_text: null,
      most_recent_job_guid: member.mostRecentJob,
      name: connection.institutionId,
      needs_updated_credentials: needsCredentials(member.connectionStatus),
      oauth_window_uri: null,
      use_cases: ['PFM'],
      user_guid: member.userGuid,
      user_id: connection.customerId,
    },
  };
}

export function statusBody(found: Found) {
  const { member } = found;
  const isAsking = member.connectionStatus === 'CHALLENGED';
  const challenge = { guid: `CRD-${member.mostRecentJob}`, field_name: 'answer', label: 'A question', type: 'TEXT' };
  return {
    member: {
      ...stampsOf(found),
      ...(isAsking ? { challenges: [challenge] } : {}),
      has_processed_accounts: member.processed.accounts,
      has_processed_account_numbers: member.processed.numbers,
      has_processed_transactions: member.processed.transactions,
      is_authenticated: idOf(member.connectionStatus) === 6,
    },
  };
}

export function readMember(world: World, call: Call): Answer {
  const found = memberIn(world, call);
  return found === null ? notFound() : { status: 200, body: memberBody(found) };
}

export function readStatus(world: World, call: Call): Answer {
  const found = memberIn(world, call);
  return found === null ? notFound() : { status: 200, body: statusBody(found) };
}

/** Its job, if one runs, ends with it and brings nothing. */
export function deleteMember(world: World, call: Call): Answer {
  const found = memberIn(world, call);
  if (found === null) return notFound();
  const connection = { ...found.connection, status: 'DELETED', statusReason: null };
  const gone = keep(world, { connection, member: { ...found.member, job: null } });
  tellMember(world, 'deleted', gone, { at: call.at, fault: null });
  return { status: 204 };
}

import { randomUUID } from 'node:crypto';

import { newConnection } from '../books/new-connection.js';
import type { WidgetSession } from '../books/records.js';
import { openSession } from '../widget/sessions.js';
import type { Answer, Call } from '../wire/exchange.js';
import { Fields } from '../wire/fields.js';
import type { World } from '../world.js';
import { notFound, refusal } from './answers.js';
import { tellMember } from './events.js';
import { startJob, watchBackground } from './jobs.js';
import { findMember, keep, memberBody, memberIn, mxKey, newMember, type Found } from './members.js';
import { WIDGET_LIFE_MS } from './rules.js';
import { shownAs } from './statuses.js';
import { isUser } from './users.js';

const PRODUCTS = ['BALANCES', 'TRANSACTIONS'];
const DEFAULT_INSTITUTION = 'mxbank';

const badRequest = ({ errors: [first] }: Fields): Answer =>
  refusal(400, `${first?.field || 'The body'} ${first?.message ?? 'is not understood'}.`);

/** An object in a body, or an empty one. */
const part = (body: unknown, name: string): Readonly<Record<string, unknown>> => {
  const value: unknown =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
};

const configOf = (call: Call): Fields =>
  new Fields(call.path.includes('connect_widget_url') ? part(call.body, 'config') : part(call.body, 'widget_url'));

/** The member that the widget opens at. */
export const memberOfWidget = (world: World, call: Call): Found | null =>
  findMember(world, configOf(call).text('current_member_guid') ?? '', call.params['user'] ?? '');

function openWidget(world: World, call: Call, fields: Fields): Answer | { readonly url: string } {
  const userGuid = call.params['user'] ?? '';
  if (!isUser(world, userGuid)) return notFound();
  const memberGuid = fields.text('current_member_guid');
  const institution = fields.text('current_institution_code') ?? DEFAULT_INSTITUTION;
  const redirectUrl = fields.text('client_redirect_url');
  if (!fields.ok) return badRequest(fields);
  if (memberGuid !== null && findMember(world, memberGuid, userGuid) === null) return notFound();
  const { url } = openSession(world, {
    connector: 'mx',
    purpose: memberGuid === null ? 'connect' : 'repair',
    externalIds: memberGuid === null ? [] : [memberGuid],
    customer: userGuid,
    providers: memberGuid === null ? [institution] : [],
    redirectUrl,
    expiresAt: call.at + WIDGET_LIFE_MS,
  });
  return { url };
}

export function widgetUrl(world: World, call: Call): Answer {
  const fields = configOf(call);
  const type = fields.needText('widget_type');
  const opened = openWidget(world, call, fields);
  if ('status' in opened) return opened;
  return { status: 200, body: { widget_url: { type, url: opened.url, user_id: call.params['user'] } } };
}

export function connectWidgetUrl(world: World, call: Call): Answer {
  const opened = openWidget(world, call, configOf(call));
  if ('status' in opened) return opened;
  return { status: 200, body: { user: { connect_widget_url: opened.url, guid: call.params['user'] } } };
}

/** New credentials, or an answered question: MX tries them at once, for nothing, whatever its pauses are. */
export function renewed(world: World, found: Found, at: number): Found {
  const connectionStatus = 'UPDATED';
  const updated = keep(world, {
    connection: { ...found.connection, ...shownAs(connectionStatus), consentedAt: at },
    member: { ...found.member, connectionStatus, job: null },
  });
  return told(world, 'updated', updated, at);
}

function told(world: World, action: 'created' | 'updated', found: Found, at: number): Found {
  const { connection } = found;
  const products = [...connection.products, ...connection.optionalProducts];
  const running = startJob(world, found, { kind: 'AGGREGATION', products, outcome: 'success', webhooks: null, at });
  tellMember(world, action, running, { at, fault: null });
  watchBackground(world, connection.externalId);
  return running;
}

interface NewMember {
  readonly userGuid: string;
  readonly institutionId: string;
  readonly id: string | null;
  readonly metadata: string | null;
}

function createdMember(world: World, given: NewMember, at: number): Found {
  const { userGuid, institutionId, id, metadata } = given;
  const externalId = `MBR-${randomUUID()}`;
  const connectionStatus = 'CREATED';
  return keep(world, {
    connection: newConnection({
      connector: 'mx',
      provider: 'MX',
      externalId,
      createdAt: at,
      customerId: world.books.mxUsers.get(userGuid)?.id ?? userGuid,
      institutionId,
      products: PRODUCTS,
      credentials: { userGuid },
    }),
    member: { ...newMember(mxKey(externalId), userGuid), id, metadata, connectionStatus },
  });
}

/** The customer has logged in at the bank. Null: the member is gone. */
export function completeWidget(world: World, session: WidgetSession, at: number): Found | null {
  const [memberGuid] = session.externalIds;
  if (memberGuid !== undefined) {
    const found = findMember(world, memberGuid, session.customer);
    return found === null ? null : renewed(world, found, at);
  }
  const institutionId = session.providers[0] ?? DEFAULT_INSTITUTION;
  const created = createdMember(world, { userGuid: session.customer, institutionId, id: null, metadata: null }, at);
  return told(world, 'created', created, at);
}

/** The same institution for the same user is the same member. */
export function createMember(world: World, call: Call): Answer {
  const userGuid = call.params['user'] ?? '';
  if (!isUser(world, userGuid)) return notFound();
  const fields = new Fields(part(call.body, 'member'));
  const institutionId = fields.needText('institution_code');
  fields.need('credentials');
  fields.list('credentials');
  const [id, metadata, isSkipped] = [fields.text('id'), fields.text('metadata'), fields.flag('skip_aggregation')];
  if (!fields.ok) return badRequest(fields);
  const twin = membersOf(world, userGuid).find(({ connection }) => connection.institutionId === institutionId);
  if (twin !== undefined) return { ...refusal(409, 'The member already exists.'), about: [twin.connection] };
  const created = createdMember(world, { userGuid, institutionId, id, metadata }, call.at);
  if (isSkipped === true) {
    tellMember(world, 'created', created, { at: call.at, fault: null });
    watchBackground(world, created.connection.externalId);
    return { status: 200, body: memberBody(created), about: [created.connection] };
  }
  return { status: 202, body: memberBody(told(world, 'created', created, call.at)), about: [created.connection] };
}

export function updateMember(world: World, call: Call): Answer {
  const found = memberIn(world, call);
  if (found === null) return notFound();
  const fields = new Fields(part(call.body, 'member'));
  const [id, metadata] = [fields.text('id'), fields.text('metadata')];
  const backgroundIsDisabled = fields.flag('background_aggregation_is_disabled');
  const credentials = fields.list('credentials');
  if (!fields.ok) return badRequest(fields);
  const { member } = found;
  const updated = keep(world, {
    ...found,
    member: {
      ...member,
      id: id ?? member.id,
      metadata: metadata ?? member.metadata,
      backgroundIsDisabled: backgroundIsDisabled ?? member.backgroundIsDisabled,
    },
  });
  return { status: 200, body: memberBody(credentials === null ? updated : renewed(world, updated, call.at)) };
}

export function membersOf(world: World, userGuid: string): readonly Found[] {
  return world.books.mxMembers
    .find('user', userGuid)
    .map((member) => ({ member, connection: world.books.connections.need(member.connectionKey) }))
    .filter(({ connection }) => connection.status !== 'DELETED');
}

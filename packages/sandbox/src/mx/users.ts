import { randomUUID } from 'node:crypto';

import type { MxUser } from '../books/records.js';
import type { Answer, Call } from '../wire/exchange.js';
import { Fields } from '../wire/fields.js';
import type { World } from '../world.js';
import { notFound, refusal } from './answers.js';

const PAGE_DEFAULT = 25;
const PAGE_LEAST = 10;
const PAGE_MOST = 1_000;

/** One that was created, or that a registered member belongs to. */
export const isUser = (world: World, guid: string): boolean =>
  world.books.mxUsers.get(guid) !== undefined || world.books.mxMembers.find('user', guid).length > 0;

const view = (user: MxUser) => ({ ...user, is_disabled: false });

export function createUser(world: World, call: Call): Answer {
  const body = new Fields(call.body);
  body.need('user');
  const given = (call.body as { user?: unknown } | null)?.user;
  const fields = new Fields(given ?? {});
  const [id, email, metadata] = [fields.text('id'), fields.text('email'), fields.text('metadata')];
  if (!body.ok || !fields.ok) return refusal(400, 'The user object is required.');
  if (id !== null && world.books.mxUsers.all().some((user) => user.id === id)) {
    return refusal(409, 'A user with this id already exists.');
  }
  const guid = `USR-${randomUUID()}`;
  return { status: 200, body: { user: view(world.books.mxUsers.put(guid, { guid, id, email, metadata })) } };
}

export function readUser(world: World, { params }: Call): Answer {
  const guid = params['user'] ?? '';
  if (!isUser(world, guid)) return notFound();
  const user = world.books.mxUsers.get(guid) ?? { guid, id: null, email: null, metadata: null };
  return { status: 200, body: { user: view(user) } };
}

/** MX's pages; a size out of its bounds is the default. */
export function paged<Item>(items: readonly Item[], { query }: Call) {
  const asked = Number(query['records_per_page'] ?? PAGE_DEFAULT);
  const size = asked >= PAGE_LEAST && asked <= PAGE_MOST ? Math.floor(asked) : PAGE_DEFAULT;
  const page = Math.max(1, Math.floor(Number(query['page'] ?? 1)) || 1);
  return {
    items: items.slice((page - 1) * size, page * size),
    pagination: {
      current_page: page,
      per_page: size,
      total_entries: items.length,
      total_pages: Math.max(1, Math.ceil(items.length / size)),
    },
  };
}

export function listUsers(world: World, call: Call): Answer {
  const { items, pagination } = paged(world.books.mxUsers.all(), call);
  return { status: 200, body: { users: items.map(view), pagination } };
}

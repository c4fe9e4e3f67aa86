import { randomBytes } from 'node:crypto';

import type { WidgetSession } from '../books/records.js';
import type { World } from '../world.js';

const TOKEN_BYTES = 24;

export type NewSession = Omit<WidgetSession, 'token' | 'completedAt'>;

export function openSession(
  world: World,
  session: NewSession,
): { readonly session: WidgetSession; readonly url: string } {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const opened = world.books.widgets.put(token, { ...session, token, completedAt: null });
  return { session: opened, url: `${world.url}/widget/${token}` };
}

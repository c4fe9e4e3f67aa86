import type { Instant } from '@freshet/domain';
import { SECOND } from '@freshet/domain';
import { z } from 'zod';

import { plainCode } from '../http/failure.js';
import { parseJson, record, text } from '../http/wire-values.js';

const seconds = z.coerce.number().positive().finite().nullable().catch(null);

/** A new pair. The ID token is the bearer of data calls: there is no access token. */
export const akoyaTokens = record({ id_token: text, refresh_token: text, expires_in: seconds });

const oauthError = record({ error: text });

/** The `error` of the token service's refusals. */
export const akoyaError = (body: unknown): string | null => plainCode(oauthError.parse(body).error);

const claims = record({ exp: z.number().positive().finite().nullable().catch(null) });

/** When an ID token says that it ends; not checked: Akoya checks it, and we only need to know when to renew. */
export const endOfIdToken = (idToken: string): Instant | null => {
  const payload = idToken.split('.')[1];
  if (payload === undefined) return null;
  const { exp } = claims.parse(parseJson(Buffer.from(payload, 'base64url').toString('utf8')));
  return exp === null ? null : exp * SECOND;
};

import type { RefusalFault } from '../faults.js';
import type { Answer, Call, WireRoute } from '../wire/exchange.js';

export interface AkoyaRoute extends WireRoute {
  /** The token service takes the client's credentials in the body, the data service an ID token. */
  readonly side: 'tokens' | 'data';
}

/** FDX spells its codes as text; Akoya as whole numbers. */
export function fdxError(status: number, code: number, message: string): Answer {
  return { status, body: { code, message } };
}

export function oauthError(status: number, error: string, description?: string): Answer {
  return { status, body: { error, ...(description === undefined ? {} : { error_description: description }) } };
}

export function notAuthorised(): Answer {
  return fdxError(401, 602, 'Customer not authorized');
}

export function malformed(_call: Call, route: AkoyaRoute): Answer {
  return route.side === 'tokens' ? oauthError(400, 'invalid_request') : fdxError(400, 703, 'Invalid input');
}

export function refusedBy(fault: RefusalFault, _call: Call, route: AkoyaRoute): Answer {
  if (fault === '429') return fdxError(429, 1207, 'Too many requests');
  return route.side === 'tokens' ? oauthError(500, 'server_error') : fdxError(500, 500, 'Internal server error');
}

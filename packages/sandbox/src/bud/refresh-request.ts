import type { BudTask } from '../books/records.js';
import type { Answer, Call } from '../wire/exchange.js';
import { Fields } from '../wire/fields.js';
import { failedValidation } from './answers.js';

const RESOURCES = ['accounts', 'balances', 'transactions', 'parties', 'direct-debits'];
const DAY_MS = 24 * 60 * 60_000;
const REACH_DAYS = 90;
const OVERLAP_MS = 7 * DAY_MS;

export interface RefreshRequest {
  /** Null where the request names none. */
  readonly providers: readonly string[] | null;
  readonly from: number | null;
  readonly to: number | null;
  readonly resources: readonly string[];
}

export function readRefreshV1(call: Call, operationId: string): RefreshRequest | Answer {
  const fields = new Fields(call.body ?? {});
  const provider = fields.needText('provider');
  return check(operationId, fields, { providers: [provider], ...readRange(call, fields), resources: RESOURCES });
}

export function readRefreshV2(call: Call, operationId: string): RefreshRequest | Answer {
  const fields = new Fields(call.body ?? {});
  const providers = fields.texts('providers');
  const resources = fields.texts('resources') ?? RESOURCES;
  if (resources.some((resource) => !RESOURCES.includes(resource))) {
    fields.fail('resources', `must be among ${RESOURCES.join(', ')}`);
  }
  const named = providers === null || providers.length === 0 ? null : [...new Set(providers)];
  return check(operationId, fields, { providers: named, ...readRange(call, fields), resources });
}

/** From the last pull less seven days, and never further back than Bud reaches. */
export function windowFor(request: RefreshRequest, lastPullAt: number | null, at: number): BudTask['window'] {
  const reach = at - REACH_DAYS * DAY_MS;
  const from = request.from ?? Math.max(lastPullAt === null ? reach : lastPullAt - OVERLAP_MS, reach);
  return { from, to: request.to ?? at };
}

function readRange(call: Call, fields: Fields): { readonly from: number | null; readonly to: number | null } {
  const from = fields.time('from');
  const to = fields.time('to');
  // Counted in days ("90 days from the current date"), so a whole day's grace.
  const reach = (Math.floor(call.at / DAY_MS) - REACH_DAYS) * DAY_MS;
  for (const [name, time] of [
    ['from', from],
    ['to', to],
  ] as const) {
    if (time !== null && time < reach) fields.fail(name, `must not be more than ${REACH_DAYS} days ago`);
  }
  if (from !== null && from > (to ?? call.at)) fields.fail('from', 'must not be after to');
  return { from, to };
}

function check(operationId: string, fields: Fields, request: RefreshRequest): RefreshRequest | Answer {
  return fields.ok ? request : failedValidation(operationId, fields.errors);
}

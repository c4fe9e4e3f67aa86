import { z } from 'zod';

import { plainCode } from '../http/failure.js';
import { flag, instant, listOf, record, text } from '../http/wire-values.js';

export const budToken = record({
  data: record({
    access_token: text,
    expires_in: z.number().positive().nullable().catch(null),
    refresh_token: text,
  }),
});

const outcome = { status: text, result: text, reconnect_required: flag, has_new_transactions: flag };

/** A task of either version: V1 tells of its one provider in `data`, V2 in `sub_tasks`. */
export const budTask = record({
  data: record({
    task_id: text,
    provider: text,
    ...outcome,
    sub_tasks: listOf(record({ provider: text, ...outcome })),
  }),
  metadata: record({ has_new_transactions: flag }),
});
export type BudTask = z.infer<typeof budTask>;

const budConsent = record({
  id: text,
  status: text,
  revoke_reason: text,
  last_synced_at: instant,
});
export type BudConsent = z.infer<typeof budConsent>;

/** Null where the list is missing. */
export const budConsents = record({ data: z.array(budConsent).nullable().catch(null) });

export const budGateway = record({ data: record({ url: text }) });

const consentIds = listOf(z.string().min(1).catch('')).transform((ids) => ids.filter((id) => id !== ''));

/** V2 events lie at the top, V1 and consent events in `data`. */
const eventFields = {
  event: text,
  task_id: text,
  task_type: text,
  consent_id: text,
  consent_ids: consentIds,
  updated_at: instant,
  start_time: instant,
  ...outcome,
};

export const budEvent = record({
  ...eventFields,
  sub_tasks: listOf(record({ ...outcome, consent_ids: consentIds })),
  data: record(eventFields),
});
export type BudEvent = z.infer<typeof budEvent>;

const budError = record({ code_id: text });

export const budCode = (body: unknown): string | null => plainCode(budError.parse(body).code_id);

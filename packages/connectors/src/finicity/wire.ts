import { SECOND } from '@freshet/domain';
import { z } from 'zod';

import { listOf, record, text } from '../http/wire-values.js';

/** Codes come as numbers and as strings of digits; anything else is none. Short: no id passes for one. */
const code = z
  .union([z.number(), z.string()])
  .transform((value) => (/^\d{1,6}$/.test(String(value).trim()) ? String(Number(value)) : null))
  .nullable()
  .catch(null);

/** Beyond this a number is no time in seconds that a date can show. */
const LAST_SECOND = 8_640_000_000_000;

/** Whole seconds since 1970, as a number or as its digits. */
const epoch = z
  .union([z.number(), z.string().regex(/^\d{1,13}$/)])
  .transform((value) => {
    const seconds = Number(value);
    return Number.isFinite(seconds) && seconds > 0 && seconds <= LAST_SECOND ? Math.floor(seconds) * SECOND : null;
  })
  .nullable()
  .catch(null);

/** Ids come as strings and as numbers. */
const id = z
  .union([z.string().min(1), z.number().int().transform(String)])
  .nullable()
  .catch(null);

export const finicityToken = record({ token: text });

const account = {
  id,
  type: text,
  status: text,
  aggregationStatusCode: code,
  aggregationAttemptDate: epoch,
  aggregationSuccessDate: epoch,
  balanceDate: epoch,
  institutionLoginId: id,
};
const finicityAccount = record(account);
export type FinicityAccount = z.infer<typeof finicityAccount>;

/** Null where the list is missing. */
export const finicityAccounts = record({ accounts: z.array(finicityAccount).nullable().catch(null) });

export const finicityBalance = record({
  aggregationStatusCode: code,
  availableBalanceDate: epoch,
  clearedBalanceDate: epoch,
});

export const finicityJob = record({
  refreshId: id,
  status: text,
  accounts: listOf(record({ aggregationStatusCode: code })),
});
export type FinicityJob = z.infer<typeof finicityJob>;

export const finicityLink = record({ link: text });

const finicityError = record({
  code,
  aggregationStatusCode: code,
  Errors: record({ Error: listOf(record({ ReasonCode: code })) }),
});

/** The code that a body speaks of as a whole, in either of the two shapes of an error. */
export const finicityCode = (body: unknown): string | null => {
  const error = finicityError.parse(body);
  return error.code ?? error.aggregationStatusCode ?? error.Errors.Error[0]?.ReasonCode ?? null;
};

const pushed = record({ class: text, type: text, records: listOf(record(account)) });

/** Data Connect's wrapper, and TxPush's. */
export const finicityWebhook = record({
  eventType: text,
  eventId: text,
  payload: record({ code, reason: text }),
  webhookData: record({ institutionLoginId: id }),
  event: pushed,
  class: text,
  type: text,
  records: listOf(record(account)),
});
export type FinicityWebhook = z.infer<typeof finicityWebhook>;
export type PushedRecord = FinicityWebhook['records'][number];

import { z } from 'zod';

import { plainCode } from '../http/failure.js';
import { instant, listOf, record, text } from '../http/wire-values.js';

const count = z.number().nonnegative().nullable().catch(null);

/** What is read of Meld's connection resource. */
export const meldConnection = record({
  id: text,
  key: text,
  status: text,
  statusReason: text,
  successfullyAggregatedAt: instant,
  serviceProviderDetails: record({ serviceProvider: text, serviceProviderConnectionId: text, itemId: text }),
});
export type MeldConnection = z.infer<typeof meldConnection>;

/** Null where the list is missing: an empty list would say that the customer has none. */
export const meldSearch = record({
  connections: z.array(meldConnection).nullable().catch(null),
  remaining: count,
});

export const meldLink = record({ widgetUrl: text, connectToken: text });

/** The import's documented reply has only a `requestId`; an id of the connection is taken where one is sent. */
export const meldImported = record({ connections: listOf(record({ id: text })) });

const updatedAccount = record({ oldestTransactionUpdatedSearchKey: text });

export const meldEnvelope = record({
  eventType: text,
  eventId: text,
  timestamp: instant,
  payload: record({
    connectionId: text,
    newStatus: text,
    // Which of these names the new status's reason is cut off on every readable page; `reason` is common to all events.
    newStatusReason: text,
    statusReason: text,
    reason: text,
    // Documented for each financial account; where it stands in the payload is not.
    oldestTransactionUpdatedSearchKey: text,
    financialAccounts: listOf(updatedAccount),
    accounts: listOf(updatedAccount),
    // The provider's own webhook where one caused this: Plaid and MX count in it what was new.
    serviceProviderDetails: record({
      serviceProviderConnectionId: text,
      new_transactions: count,
      transactions_created_count: count,
      transactions_updated_count: count,
    }),
  }),
});
export type MeldEnvelope = z.infer<typeof meldEnvelope>;

const meldError = record({ code: text, error: text });

/** Seen under `code` and under `error` by clients in the field; the texts beside it are for people only. */
export const meldCode = (body: unknown): string | null => {
  const { code, error } = meldError.parse(body);
  return plainCode(code) ?? plainCode(error);
};

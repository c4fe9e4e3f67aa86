import { z } from 'zod';

import { jsonOf, type Exchange } from '../http/exchange.js';
import { plainCode } from '../http/failure.js';
import { instant, listOf, record, text } from '../http/wire-values.js';

/** A code of Plaid's; anything else is not told. */
const code = text.transform(plainCode);
const count = z.number().nullable().catch(null);

const errorFields = { error_type: code, error_code: code, error_code_reason: code };

/** An error as a reply's body, in an Item, or in a webhook. */
export const plaidError = record(errorFields);
export type PlaidError = z.infer<typeof plaidError>;

/** Null where there is none. */
const errorWithin = z.object(errorFields).nullable().catch(null);

export const errorIn = (exchange: Exchange): PlaidError => plaidError.parse(jsonOf(exchange));

const updates = record({ last_successful_update: instant, last_failed_update: instant });
export type PlaidUpdates = z.infer<typeof updates>;

const words = listOf(z.string().catch(''));

const item = record({
  item_id: text,
  error: errorWithin,
  update_type: text,
  consent_expiration_time: instant,
  products: words,
  billed_products: words,
  consented_products: words,
});
export type PlaidItem = z.infer<typeof item>;

export const plaidItem = record({
  item,
  status: record({
    transactions: updates,
    investments: updates,
    last_webhook: record({ sent_at: instant, code_sent: code }),
  }),
});
export type PlaidItemReply = z.infer<typeof plaidItem>;

/** `accounts` null: no answer of this endpoint's. */
export const plaidBalances = record({
  accounts: z
    .array(record({ balances: record({ last_updated_datetime: instant }) }))
    .nullable()
    .catch(null),
  item,
  request_id: text,
});

/** Ids of Plaid's are one word. */
const word = text.transform((value) => (value !== null && /^[\w-]{1,64}$/.test(value) ? value : null));

export const plaidRequest = record({ request_id: word });

export const plaidLink = record({ link_token: text, hosted_link_url: text, expiration: instant });

export const plaidImported = record({ access_token: text });

export const plaidKey = record({
  key: z
    .looseObject({
      kid: z.string(),
      kty: z.literal('EC'),
      crv: z.literal('P-256'),
      x: z.string(),
      y: z.string(),
      /** In Unix seconds. */
      expired_at: z.number().nullable().catch(null),
    })
    .nullable()
    .catch(null),
});
export type PlaidKey = NonNullable<z.infer<typeof plaidKey>['key']>;

export const plaidWebhook = record({
  webhook_type: code,
  webhook_code: code,
  item_id: text,
  error: errorWithin,
  new_transactions: count,
  new_holdings: count,
  updated_holdings: count,
  new_investments_transactions: count,
  cancelled_investments_transactions: count,
});
export type PlaidWebhook = z.infer<typeof plaidWebhook>;

import { modes, type CustomerPresence, type RefreshRequest } from '@freshet/domain';
import { z } from 'zod';
import { duration, instant, ipAddress, optional, someProducts, text } from '../http/fields.js';

const MAX_USER_AGENT = 1_024;

const customerPresent = z
  .strictObject({ ip: ipAddress, userAgent: optional(text(MAX_USER_AGENT)) })
  .transform(({ ip, userAgent }): CustomerPresence => ({ ip, userAgent: userAgent ?? null }))
  .meta({ description: 'The customer is there and caused this very request. Never made up, never sent again.' });

const fields = z
  .strictObject({
    mode: optional(z.enum(modes)),
    products: optional(someProducts),
    maxAge: optional(duration),
    from: optional(instant),
    to: optional(instant),
    customerPresent: optional(customerPresent),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, {
    path: ['to'],
    error: 'must be later than from',
  });

export interface RefreshAsked {
  readonly request: RefreshRequest;
  readonly presence: CustomerPresence | null;
}

const toAsked = (given: z.output<typeof fields> | null | undefined): RefreshAsked => {
  const presence = given?.customerPresent ?? null;
  return {
    request: {
      mode: given?.mode ?? 'auto',
      products: given?.products ?? null,
      maxAgeMs: given?.maxAge ?? null,
      from: given?.from ?? null,
      to: given?.to ?? null,
      attended: presence !== null,
    },
    presence,
  };
};

/** An empty body is a valid request: everything that the connection has, in mode `auto`, with nobody present. */
export const refreshBody = fields.nullish().transform(toAsked);

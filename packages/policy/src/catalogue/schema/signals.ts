import { z } from 'zod';
import type { CustomerNeededEvent } from '@freshet/domain';
import { limitScopes, outcomeWords } from '../../policy.js';
import { figure } from './figure.js';
import { timeZone } from './values.js';

/** The name of a field, header or code, as the provider spells it. */
const spelled = z.string().trim().min(1);

/** Something that an answer says when a limit is reached. */
const limitedSign = z.strictObject({
  in: z.enum(['http-status', 'code', 'text', 'field', 'state']).describe('Where in the answer it stands.'),
  httpStatus: z
    .int()
    .min(100)
    .max(599)
    .optional()
    .describe('What it comes with; some providers limit inside a 200 or a 500.'),
  scope: z.enum(limitScopes).optional().describe('What is closed; left out where nobody says.'),
  spent: z
    .enum(['minute', 'day', 'month', 'plan'])
    .optional()
    .describe('The allowance that is used up; that of a plan does not come back by waiting.'),
  timeZone: timeZone
    .optional()
    .describe('At whose midnight a spent day or month comes back; left out: a whole one later.'),
});
export type LimitedSignSettings = z.output<typeof limitedSign>;

const customerNeededEvents = [
  'failed_action_required',
  'failed_customer_needed',
  'failed_login_required',
  'failed_token_expired',
  'failed_institution_repairing',
  'failed_otherwise',
] as const satisfies readonly CustomerNeededEvent[];

/** What a code means that a caller's own read is answered with. */
const readOutcome = z.strictObject({
  outcome: z.enum(outcomeWords),
  who: z.enum(['institution', 'provider']).optional().describe('Of unavailable: who is down.'),
  event: z.enum(customerNeededEvents).optional().describe('Of customer-needed: what is wrong.'),
});
export type ReadOutcomeSettings = z.output<typeof readOutcome>;

/** A field or header that tells when the next one is possible. */
const toldTime = z.strictObject({
  in: z.enum(['header', 'body']),
  as: z.enum(['seconds', 'unix-seconds', 'instant']).optional().describe('Seconds to go, or a time.'),
  of: z.enum(['forced', 'background']).describe('Which refresh the time is that of.'),
});

/** An answer that looks like success, and after which nothing new arrives. */
const silentNoOp = z.strictObject({
  shows: z.enum(['same-task-id', 'status-unchanged', 'cached-body', 'no-webhook']),
  compare: spelled.describe('The field or header to compare with what it was before.'),
});

/** How a provider is told that the customer is there. */
const presence = z.strictObject({ in: z.enum(['header', 'query', 'body']), name: spelled });

/**
 * What a provider's answers look like: for those who read them (a connector, a caller with a permit, a person). Of all
 * of them only two decide something: `limited` the end and the scope of a block that names no time, `outcomes` what a
 * caller's report means that names a code alone. No override changes any.
 */
export const signalsSchema = z
  .strictObject({
    limited: z.record(spelled, figure(limitedSign)),
    outcomes: z.record(spelled, figure(readOutcome)),
    toldNextAt: z.record(spelled, figure(toldTime)),
    silentNoOp: figure(silentNoOp),
    presence: figure(presence),
    /** The field that tells when a consent ends. */
    consentEndsAt: figure(spelled),
  })
  .partial();

/** What was looked for and not found may be named, so that a gap is not taken for an oversight. */
export const unknowns = [
  'background.every',
  'limits',
  'price',
  'consent.life',
  'signals.limited',
  'signals.toldNextAt',
  'signals.silentNoOp',
] as const;

import { z } from 'zod';
import { entrySchema, overrideSettingsSchema } from './entry.js';
import { amount, currency, providerName, share, timeZone } from './values.js';

const id = z.string().min(1);

/** What an override applies to: everything that it names has to fit. Naming nothing fits every connection. */
export const matchSchema = z
  .strictObject({ tenant: id, connector: id, provider: id, institution: id, connection: id })
  .partial();

const overrideSchema = z.strictObject({
  match: matchSchema.describe('Whom it is for: all that is named has to fit. {} is everybody.'),
  set: overrideSettingsSchema.describe('What is different for them; what is not named stays as it is.'),
});

const budgetSchema = z.strictObject({
  name: id,
  tenant: id.optional().describe('Without: each tenant has this budget for itself.'),
  provider: id.optional().describe('Without: all providers draw on it.'),
  period: z.enum(['day', 'week', 'month']),
  timeZone,
  amount,
  currency,
  enforcement: z
    .enum(['hard', 'soft'])
    .default('hard')
    .describe('hard: what does not fit is not forced. soft: it is, and the overrun is told.'),
  pacing: z
    .enum(['none', 'even'])
    .default('none')
    .describe('even: what is used stays within the share of the period that has passed, and the head start.'),
  headStart: share
    .optional()
    .describe('With even pacing: the share of the period by which spending may be ahead of time; 0.1 where left out.'),
  reserveForAttended: share
    .default(0)
    .describe('Share of the amount that only requests of a customer who is there may use.'),
  alertAt: z
    .array(z.number().gt(0))
    .refine((shares) => new Set(shares).size === shares.length, 'expected each threshold once')
    .readonly()
    .default([0.5, 0.8, 1])
    .describe('Shares of the amount that are told of, once a period, when what is used reaches them.'),
});

/** An operator's file: overrides, budgets, and providers that the catalogue does not have. */
export const policyFileSchema = z.strictObject({
  version: z.literal(1),
  overrides: z
    .array(overrideSchema)
    .optional()
    .describe(
      'The most specific one wins: connection, institution, tenant, connector, provider. Their order means nothing.',
    ),
  budgets: z.array(budgetSchema).optional().describe('What forced refreshes may cost.'),
  providers: z.record(providerName, entrySchema).optional().describe('Providers that the catalogue does not have.'),
});

export type PolicyFile = z.input<typeof policyFileSchema>;
export type ReadPolicyFile = z.output<typeof policyFileSchema>;
export type Match = z.output<typeof matchSchema>;

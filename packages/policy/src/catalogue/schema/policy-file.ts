import { z } from 'zod';
import { entrySchema, overrideSettingsSchema } from './entry.js';
import { amount, currency, providerName, timeZone } from './values.js';

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

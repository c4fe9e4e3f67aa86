import { z } from 'zod';
import { entrySchema, overrideSettingsSchema } from './entry.js';
import { amount, currency, providerName, timeZone } from './values.js';

const id = z.string().min(1);

/** What an override applies to: everything that it names has to fit. Naming nothing fits every connection. */
export const matchSchema = z
  .strictObject({ tenant: id, connector: id, provider: id, institution: id, connection: id })
  .partial();

const overrideSchema = z.strictObject({ match: matchSchema, set: overrideSettingsSchema });

const budgetSchema = z.strictObject({
  name: id,
  /** Without: each tenant has this budget for itself. */
  tenant: id.optional(),
  /** Without: all providers draw on it. */
  provider: id.optional(),
  period: z.enum(['day', 'week', 'month']),
  timeZone,
  amount,
  currency,
});

/** An operator's file: overrides, budgets, and providers that the catalogue does not have. */
export const policyFileSchema = z.strictObject({
  version: z.literal(1),
  overrides: z.array(overrideSchema).optional(),
  budgets: z.array(budgetSchema).optional(),
  providers: z.record(providerName, entrySchema).optional(),
});

export type PolicyFile = z.input<typeof policyFileSchema>;
export type ReadPolicyFile = z.output<typeof policyFileSchema>;
export type Match = z.output<typeof matchSchema>;

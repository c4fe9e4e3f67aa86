import { z } from 'zod';
import { valueAt } from '../catalogue-error.js';
import { figure, figures, setting, settings } from './figure.js';
import { limitPatchSchema, limitSchema } from './limit.js';
import { signalsSchema, unknowns } from './signals.js';
import {
  connectorName,
  limitName,
  optionalConsentFields,
  optionalPriceFields,
  rules,
  sections,
  singles,
} from './values.js';

const sourced = {
  background: z.strictObject(figures(sections.background)),
  forced: z.strictObject(figures(sections.forced)),
  consent: z.strictObject(figures(sections.consent)),
  worth: z.strictObject(figures(sections.worth)),
  execution: z.strictObject(figures(sections.execution)),
  breaker: z.strictObject(figures(sections.breaker)),
  coalesces: z.strictObject(figures(rules.coalesces)),
  range: z.strictObject(figures(rules.range)),
  price: z.strictObject(figures(rules.price)).partial(optionalPriceFields),
  ...figures(singles),
};

/** What holds for every provider that does not say otherwise: complete. */
export const defaultsSchema = z.strictObject({
  background: sourced.background,
  forced: sourced.forced,
  consent: sourced.consent.partial(optionalConsentFields),
  worth: sourced.worth,
  execution: sourced.execution,
  breaker: sourced.breaker,
  duplicates: sourced.duplicates,
  patience: sourced.patience,
  failuresToGiveUp: sourced.failuresToGiveUp,
});

/** What is different through one connector. */
const variantSchema = z
  .strictObject({
    background: sourced.background.partial(),
    forced: sourced.forced.partial(),
    consent: sourced.consent.partial(),
    worth: sourced.worth.partial(),
    execution: sourced.execution.partial(),
    breaker: sourced.breaker.partial(),
    coalesces: sourced.coalesces.nullable(),
    range: sourced.range.nullable(),
    price: sourced.price.nullable(),
    duplicates: sourced.duplicates,
    patience: sourced.patience,
    failuresToGiveUp: sourced.failuresToGiveUp,
    limits: z.record(limitName, figure(limitSchema).nullable()),
  })
  .partial();

const namedLimit = z.strictObject({ name: limitName, limit: figure(limitSchema) });

const entryFields = z.strictObject({
  title: z.string().min(1),
  /** The connectors that bring one to this provider. */
  reachedThrough: z.array(connectorName).min(1).readonly(),
  // What an entry cannot leave open; the rest falls back to the defaults.
  duplicates: sourced.duplicates,
  background: sourced.background.partial().required({ owner: true }),
  forced: sourced.forced.partial().required({ available: true, unattended: true }),
  consent: sourced.consent.partial().optional(),
  worth: sourced.worth.partial().optional(),
  execution: sourced.execution.partial().optional(),
  breaker: sourced.breaker.partial().optional(),
  coalesces: sourced.coalesces.optional(),
  range: sourced.range.optional(),
  price: sourced.price.optional(),
  patience: sourced.patience.optional(),
  failuresToGiveUp: sourced.failuresToGiveUp.optional(),
  limits: z.array(namedLimit).readonly().optional(),
  connectors: z.record(connectorName, variantSchema).optional(),
  signals: signalsSchema.optional(),
  /** Looked for and not found. */
  unknown: z.array(z.enum(unknowns)).min(1).readonly().optional(),
});

type EntryFields = z.output<typeof entryFields>;
type Report = (path: PropertyKey[], message: string) => void;

const reportRepeatedLimits = (entry: EntryFields, report: Report): void => {
  const seen = new Set<string>();
  entry.limits?.forEach(({ name }, index) => {
    if (seen.has(name)) report(['limits', index, 'name'], 'a limit of this name is already there');
    seen.add(name);
  });
};

const reportStrangeVariants = (entry: EntryFields, report: Report): void => {
  const names = new Set(entry.limits?.map(({ name }) => name));
  for (const [connector, variant] of Object.entries(entry.connectors ?? {})) {
    if (!entry.reachedThrough.includes(connector)) {
      report(['connectors', connector], 'expected a connector that reachedThrough names');
    }
    for (const [name, limit] of Object.entries(variant.limits ?? {})) {
      if (limit === null && !names.has(name)) {
        report(['connectors', connector, 'limits', name], 'there is no limit of this name to remove');
      }
    }
  }
};

/** What is known cannot stand among what is not. */
const reportKnownUnknowns = (entry: EntryFields, report: Report): void => {
  entry.unknown?.forEach((path, index) => {
    if (valueAt(entry, path.split('.')) !== undefined) report(['unknown', index], 'the entry has a figure for this');
  });
};

/** One provider of the catalogue. Facts that nobody knows are left out. */
export const entrySchema = entryFields.superRefine((entry, context) => {
  const report: Report = (path, message) => context.addIssue({ code: 'custom', path, message });
  reportRepeatedLimits(entry, report);
  reportStrangeVariants(entry, report);
  reportKnownUnknowns(entry, report);
});

/** What an override may set: any of it, with or without provenance. */
export const overrideSettingsSchema = z
  .strictObject({
    background: z.strictObject(settings(sections.background)).partial(),
    forced: z.strictObject(settings(sections.forced)).partial(),
    consent: z.strictObject(settings(sections.consent)).partial(),
    worth: z.strictObject(settings(sections.worth)).partial(),
    execution: z.strictObject(settings(sections.execution)).partial(),
    breaker: z.strictObject(settings(sections.breaker)).partial(),
    coalesces: z.strictObject(settings(rules.coalesces)).nullable(),
    range: z.strictObject(settings(rules.range)).nullable(),
    price: z.strictObject(settings(rules.price)).partial(optionalPriceFields).nullable(),
    ...settings(singles),
    limits: z.record(limitName, setting(z.union([limitSchema, limitPatchSchema])).nullable()),
  })
  .partial();

export type ProviderEntry = z.input<typeof entrySchema>;
export type CatalogueDefaults = z.input<typeof defaultsSchema>;
export type ReadEntry = z.output<typeof entrySchema>;
export type ReadDefaults = z.output<typeof defaultsSchema>;

import type { z } from 'zod';
import type { LimitSettings, limitPatchSchema } from './limit.js';
import type { LimitedSignSettings, ReadOutcomeSettings } from './signals.js';
import type { optionalPriceFields, rules, sections, singles } from './values.js';

type Shape = Readonly<Record<string, z.ZodType>>;
type Read<Fields extends Shape> = { readonly [Field in keyof Fields]: z.output<Fields[Field]> };
type Defined<Fields> = { readonly [Field in keyof Fields]?: Exclude<Fields[Field], undefined> };

type Price = Read<(typeof rules)['price']>;
type OptionalOfPrice = keyof typeof optionalPriceFields;
type Consent = Read<(typeof sections)['consent']>;

/** Rules replaced as one; null where the provider has no such rule, or where nobody knows. */
export interface RuleSettings {
  readonly coalesces: Read<(typeof rules)['coalesces']> | null;
  readonly range: Read<(typeof rules)['range']> | null;
  readonly price: (Omit<Price, OptionalOfPrice> & Defined<Pick<Price, OptionalOfPrice>>) | null;
}

export type LimitPatch = Omit<Defined<z.output<typeof limitPatchSchema>>, 'counts'> & {
  readonly counts?: Defined<NonNullable<z.output<typeof limitPatchSchema>['counts']>>;
};

/** All settings of one connection, without provenance: durations in milliseconds, money in micros. */
export interface Settings extends RuleSettings, Read<typeof singles> {
  readonly background: Read<(typeof sections)['background']>;
  readonly forced: Read<(typeof sections)['forced']>;
  /** Without `life` or `renewal` where nobody knows it. */
  readonly consent: Omit<Consent, 'life' | 'renewal'> & Defined<Pick<Consent, 'life' | 'renewal'>>;
  readonly worth: Read<(typeof sections)['worth']>;
  readonly execution: Read<(typeof sections)['execution']>;
  readonly breaker: Read<(typeof sections)['breaker']>;
  readonly limits: Readonly<Record<string, LimitSettings>>;
}

type SectionName = keyof typeof sections;

/** Some settings, laid over others. */
export type SettingsPatch = { readonly [Section in SectionName]?: Defined<Settings[Section]> } & Defined<RuleSettings> &
  Defined<Read<typeof singles>> & { readonly limits?: Readonly<Record<string, LimitSettings | LimitPatch | null>> };

/** What an override applies to. */
export interface OverrideMatch {
  readonly tenant?: string;
  readonly connector?: string;
  readonly provider?: string;
  readonly institution?: string;
  readonly connection?: string;
}

export interface Override {
  readonly match: OverrideMatch;
  readonly set: SettingsPatch;
}

/** A provider's own settings, and what differs through one connector. */
export interface ProviderSettings {
  /** By what the provider says; none in a book that was archived before they decided anything. */
  readonly limited?: Readonly<Record<string, LimitedSignSettings>>;
  /** By the code of an answer; none where nobody reads for itself, or in an older archive. */
  readonly outcomes?: Readonly<Record<string, ReadOutcomeSettings>>;
  readonly settings: SettingsPatch;
  readonly connectors: Readonly<Record<string, SettingsPatch>>;
}

export interface BudgetSettings {
  readonly name: string;
  readonly tenant?: string;
  readonly provider?: string;
  readonly period: 'day' | 'week' | 'month';
  readonly timeZone: string;
  readonly amount: number;
  readonly currency: string;
  readonly enforcement: 'hard' | 'soft';
  readonly pacing: 'none' | 'even';
  readonly headStart?: number;
  readonly reserveForAttended: number;
  readonly alertAt: readonly number[];
}

/** Everything that decides a policy, and nothing else: what is hashed and archived. */
export interface BookContent {
  /** Of this shape: an archive of another is refused rather than misread. */
  readonly format: 1;
  readonly defaults: Settings;
  readonly providers: Readonly<Record<string, ProviderSettings>>;
  readonly overrides: readonly Override[];
  readonly budgets: readonly BudgetSettings[];
}

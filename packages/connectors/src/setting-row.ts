import type { TransportSettings } from './http/client.js';

/** One setting of a connector: what the code reads, what the docs show, and what an error names. */
export interface SettingRow {
  /** In the environment; a credentials file has it by its field's name. */
  readonly variable: string;
  /** Without it the connector is off. */
  readonly required: boolean;
  /** Never shown; in a file that everybody may read it has to stand elsewhere. */
  readonly secret: boolean;
  /** `list`: several with commas between; `login`: a name and a password with a colon between. */
  readonly kind: 'text' | 'address' | 'list' | 'flag' | 'login';
  /** The only words that it takes. */
  readonly oneOf?: readonly string[];
  readonly meaning: string;
  /** What holds without it. */
  readonly otherwise?: string;
}

/** What a setting comes to once it is read. */
export type GivenValue =
  string | boolean | readonly string[] | { readonly username: string; readonly password: string };

/** What the engine adds by itself: nobody sets it for one connector. */
export interface AddedSettings {
  /** Where its webhooks come in. */
  readonly webhookUrl?: string | null | undefined;
  readonly transport?: TransportSettings | undefined;
}

type Row<IsOptional> = SettingRow & { readonly required: IsOptional extends true ? false : true };

/**
 * A row for each field of a connector's settings: one that is forgotten does not compile, nor does a connector that
 * takes no `transport`.
 */
export type RowsOf<Settings> = 'transport' extends keyof Settings
  ? {
      readonly [Field in Exclude<keyof Settings, keyof AddedSettings>]-?: Row<
        undefined extends Settings[Field] ? true : false
      >;
    }
  : never;

/** How calls go through a connector where nobody sets it otherwise. */
export interface CallDefaults {
  readonly timeoutMs: number;
  /** Where that time comes from. */
  readonly because: string;
}

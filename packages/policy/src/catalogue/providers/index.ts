import type { ProviderEntry } from '../schema/entry.js';
import { akoya } from './akoya.js';
import { bud } from './bud.js';
import { finicity } from './finicity.js';
import { mx } from './mx.js';
import { plaid } from './plaid.js';

/** Every provider that the catalogue knows, by the name that connections carry. */
export const providers = {
  AKOYA: akoya,
  BUD: bud,
  FINICITY: finicity,
  MX: mx,
  PLAID: plaid,
} as const satisfies Readonly<Record<string, ProviderEntry>>;

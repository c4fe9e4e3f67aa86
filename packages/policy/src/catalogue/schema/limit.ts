import { z } from 'zod';
import { limitScopes } from '../../policy.js';
import { origins, product, stretch, timeZone } from './values.js';

const scope = z.enum(limitScopes);
const applies = z.enum(['all', 'attended', 'unattended']);
const anyProduct = z.array(product).min(1).readonly().nullable();
const after = z.enum(['success', 'attempt', 'any-pull']);
const count = z.int().min(1);
const reserve = z.int().min(0);
const on = z.enum(['attempt', 'success']);
const whose = z.boolean().nullable();

const per = z.discriminatedUnion('shape', [
  z.strictObject({ shape: z.literal('rolling'), length: stretch }),
  z.strictObject({ shape: z.literal('fixed'), length: stretch }),
  z.strictObject({ shape: z.literal('calendar'), unit: z.enum(['day', 'month']), timeZone }),
]);

const everyLimit = { scope, applies: applies.default('all'), products: anyProduct.default(null) };

const cooldown = z.strictObject({ kind: z.literal('cooldown'), ...everyLimit, after, for: stretch });

const window = z
  .strictObject({
    kind: z.literal('window'),
    ...everyLimit,
    count,
    per,
    counts: z.strictObject({ origins, on: on.default('attempt'), attended: whose.default(null) }),
    reserveForAttended: reserve.default(0),
  })
  .refine((limit) => limit.reserveForAttended <= limit.count, {
    path: ['reserveForAttended'],
    message: 'expected at most the count',
  });

/** A whole limit. */
export const limitSchema = z.discriminatedUnion('kind', [cooldown, window]);
export type LimitSettings = z.output<typeof limitSchema>;
export type LimitKind = LimitSettings['kind'];

/** Some fields of a limit that the catalogue has. Without defaults: what is not named stays as it is. */
export const limitPatchSchema = z
  .strictObject({
    scope,
    applies,
    products: anyProduct,
    after,
    for: stretch,
    count,
    per,
    counts: z.strictObject({ origins, on, attended: whose }).partial(),
    reserveForAttended: reserve,
  })
  .partial();

type LimitPatchField = keyof z.output<typeof limitPatchSchema>;

/** Which fields a limit of each kind has. */
export const limitFields: Readonly<Record<LimitKind, readonly LimitPatchField[]>> = {
  cooldown: ['scope', 'applies', 'products', 'after', 'for'],
  window: ['scope', 'applies', 'products', 'count', 'per', 'counts', 'reserveForAttended'],
};

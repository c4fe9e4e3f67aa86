import { reasonBelongs, reasonsByStatus, statuses, type Instant } from '@freshet/domain';
import type { ImportRow } from '@freshet/flows';
import { z } from 'zod';
import { instant, opaqueId, optional, pastInstant, productList, someProducts, text } from '../http/fields.js';

const MAX_ROWS = 1_000;
const MAX_CREDENTIALS = 32;
/** Access tokens can be signed documents. */
const MAX_CREDENTIAL = 8_192;

const connectorName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be the name of a connector in small letters, such as meld or plaid')
  .meta({ examples: ['meld'] });

const providerName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'must be the name of a provider in capital letters, such as MX or PLAID')
  .meta({ examples: ['MX'] });

const credentials = z
  .record(z.string().min(1).max(64), z.string().max(MAX_CREDENTIAL).nullish())
  .refine((given) => Object.keys(given).length <= MAX_CREDENTIALS, `must have at most ${MAX_CREDENTIALS} fields`)
  .transform(
    (given) =>
      Object.fromEntries(
        Object.entries(given).filter(([, value]) => value !== null && value !== undefined),
      ) as Readonly<Record<string, string>>,
  )
  .meta({ description: 'Encrypted at rest; never answered.' });

const rowFields = (now: () => Instant) =>
  z.strictObject({
    externalId: optional(opaqueId),
    connector: connectorName,
    provider: providerName,
    customerId: opaqueId,
    institutionId: opaqueId,
    providerConnectionId: optional(opaqueId),
    loginFingerprint: optional(opaqueId),
    products: someProducts,
    optionalProducts: optional(productList),
    status: optional(z.enum(statuses)),
    statusReason: optional(text(64)),
    lastSuccessAt: optional(pastInstant(now)),
    historicalLoaded: optional(z.boolean()),
    consentExpiresAt: optional(instant),
    connectedAt: optional(pastInstant(now)),
    credentials: optional(credentials),
  });

type RowFields = z.output<ReturnType<typeof rowFields>>;

/** A reason says which status it stands with; without one it can only be one of ACTIVE's. */
const statusOf = ({ status, statusReason }: RowFields): RowFields['status'] =>
  status ?? (statusReason === undefined ? undefined : 'ACTIVE');

const reasonRule = (row: RowFields): string => {
  const status = statusOf(row) ?? 'ACTIVE';
  const reasons: readonly string[] = reasonsByStatus[status];
  return reasons.length === 0
    ? `does not belong to ${status}, which has no reasons: leave it out`
    : `does not belong to ${status}: it is one of ${reasons.join(', ')}, or left out`;
};

const row = (now: () => Instant) =>
  rowFields(now)
    .check((context) => {
      const given = context.value;
      if (reasonBelongs(statusOf(given) ?? 'ACTIVE', given.statusReason ?? null)) return;
      context.issues.push({ code: 'custom', path: ['statusReason'], message: reasonRule(given), input: given });
    })
    .transform((given): ImportRow => ({ ...given, status: statusOf(given) }));

/** The body of an import; what has happened must not lie in the future of `now`. */
export const importBody = (now: () => Instant) =>
  z.strictObject({ connections: z.array(row(now)).min(1).max(MAX_ROWS) });

export type ImportBody = z.output<ReturnType<typeof importBody>>;

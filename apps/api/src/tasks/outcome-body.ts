import type { Instant } from '@freshet/domain';
import type { ReportedOutcome } from '@freshet/flows';
import { z } from 'zod';
import { instant, optional, pastInstant } from '../http/fields.js';

const outcomes = ['done', 'partial', 'limited', 'unavailable', 'customer-needed', 'refused'] as const;

interface Reported {
  readonly outcome: (typeof outcomes)[number];
  readonly newData: boolean | undefined;
  readonly retryAt: Instant | undefined;
  readonly asOf: Instant | undefined;
  readonly code: string | undefined;
}

const REPORTED = 'as the caller reported';

const toOutcome = ({ outcome, ...given }: Reported): ReportedOutcome => {
  const [newData, retryAt, asOf] = [given.newData ?? null, given.retryAt ?? null, given.asOf ?? null];
  switch (outcome) {
    case 'done':
      return { kind: 'done', asOf, newData };
    case 'partial':
      return { kind: 'partial', asOf, newData, products: null };
    case 'limited':
      return { kind: 'limited', until: retryAt, scope: 'connection', said: given.code ?? null };
    case 'unavailable':
      return { kind: 'unavailable', who: 'provider', retryAt, message: REPORTED };
    case 'customer-needed':
      return { kind: 'customer-needed', event: 'failed_customer_needed', message: REPORTED };
    case 'refused':
      return { kind: 'refused', message: REPORTED };
  }
};

/** What the holder of a permit brought. */
export const outcomeBody = (now: () => Instant) =>
  z
    .strictObject({
      outcome: z.enum(outcomes),
      newData: optional(z.boolean()),
      retryAt: optional(instant),
      asOf: optional(pastInstant(now)),
      code: optional(
        z
          .string()
          .trim()
          .min(1)
          .max(200)
          .describe(
            'Limited: the code or wording of the provider. Where it names no time, the catalogue may know one.',
          ),
      ),
    })
    .transform(toOutcome);

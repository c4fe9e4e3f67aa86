import { closureScopes, type Instant } from '@freshet/domain';
import { outcomeWords, type Report } from '@freshet/policy';
import { z } from 'zod';
import { instant, optional, pastInstant, someProducts } from '../http/fields.js';

const NO_OUTCOME =
  'needed, unless the answer that the read got is told (httpStatus, or a code that the catalogue knows for the provider)';

/** FDX spells its codes as text, Akoya as whole numbers. */
const code = z
  .union([z.string().trim().min(1).max(200), z.int().nonnegative()])
  .transform(String)
  .meta({
    description:
      'The code in the body of the answer, as the provider spells it. The catalogue knows what some mean: 602 of FDX is a dead token.',
    examples: ['602'],
  });

/** What the holder of a permit brought. */
export const outcomeBody = (now: () => Instant) =>
  z
    .strictObject({
      outcome: optional(z.enum(outcomeWords)),
      newData: optional(z.boolean()),
      retryAt: optional(instant),
      asOf: optional(pastInstant(now)),
      code: optional(code),
      httpStatus: optional(
        z
          .int()
          .min(200)
          .max(599)
          .describe('The HTTP status of the answer: an outcome follows from it, and from `code`.'),
      ),
      products: optional(someProducts.describe('Partial: the products that came.')),
      scope: optional(
        z.enum(closureScopes).describe('Limited: what the provider closes; the connection where it is left out.'),
      ),
    })
    .superRefine(({ outcome, code: told, httpStatus }, context) => {
      if (outcome !== undefined || told !== undefined || httpStatus !== undefined) return;
      context.addIssue({ code: 'custom', path: ['outcome'], message: NO_OUTCOME });
    })
    .transform((given): Report => ({
      outcome: given.outcome ?? null,
      code: given.code ?? null,
      httpStatus: given.httpStatus ?? null,
      newData: given.newData ?? null,
      asOf: given.asOf ?? null,
      retryAt: given.retryAt ?? null,
      products: given.products ?? null,
      scope: given.scope ?? null,
    }));

export const unclearOutcome = [{ pointer: '/outcome', message: `outcome: ${NO_OUTCOME}.` }] as const;

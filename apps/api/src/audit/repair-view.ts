import { parseId, type FindingId, type Repair } from '@freshet/domain';
import { MOST_REPAIRED, type RepairedFinding } from '@freshet/flows';
import { z } from 'zod';
import { opaqueId, text } from '../http/fields.js';
import { listOf, listQuery } from '../http/page.js';
import { instantView, toInstant } from '../http/wire.js';

const values = z.record(z.string(), z.unknown());

export const repairView = z
  .object({
    id: z.string(),
    auditId: z.string(),
    findingId: z.string(),
    check: z.string(),
    what: z.string(),
    before: values.meta({ description: 'The values that it changed, by the id of their row.' }),
    after: values,
    by: z.string().meta({ description: 'The id of the key that asked for it.' }),
    at: instantView,
  })
  .meta({ id: 'Repair' });
export type RepairView = z.infer<typeof repairView>;
export const repairList = listOf(repairView);

export const repairedView = z.object({
  data: z.array(
    z.object({
      findingId: z.string(),
      result: z.enum(['repaired', 'already-right', 'not-repairable']),
      why: z.string().nullable(),
      repairs: z.array(repairView),
    }),
  ),
  more: z.boolean().meta({ description: `A check is repaired ${MOST_REPAIRED} findings at a time: there are others.` }),
});

const namesOne = 'must have either findings or check';

/** Findings by their ids, or all of a check. An id that none can have is one that none has. */
export const repairsBody = z
  .strictObject({
    findings: z.array(opaqueId).min(1).max(MOST_REPAIRED).nullish(),
    check: text(64).nullish(),
  })
  .refine(({ findings, check }) => (findings ?? null) === null || (check ?? null) === null, namesOne)
  .refine(({ findings, check }) => (findings ?? null) !== null || (check ?? null) !== null, namesOne);
export type RepairsBody = z.output<typeof repairsBody>;

export const repairsQuery = listQuery({});
export type RepairsQuery = z.output<typeof repairsQuery>;

/** Undefined: one of them is the id of nothing. */
export const findingIds = (given: readonly string[]): readonly FindingId[] | undefined => {
  const ids = given.flatMap((id) => parseId('finding', id) ?? []);
  return ids.length === given.length ? ids : undefined;
};

export const showRepair = (repair: Repair): RepairView => ({
  id: repair.id,
  auditId: repair.auditId,
  findingId: repair.findingId,
  check: repair.check,
  what: repair.what,
  before: repair.before,
  after: repair.after,
  by: repair.by,
  at: toInstant(repair.at),
});

export const showRepaired = ({ findingId, result, why, repairs }: RepairedFinding) => ({
  findingId,
  result,
  why,
  repairs: repairs.map(showRepair),
});

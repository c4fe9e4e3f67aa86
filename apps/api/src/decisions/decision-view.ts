import {
  gates,
  modes,
  products,
  reasonCodes,
  verdicts,
  type DecisionReason,
  type DecisionRecord,
} from '@freshet/domain';
import { renderReason } from '@freshet/policy';
import { z } from 'zod';
import { instantView, moneyView, toInstant, toInstantOrNull, toMoneyOrNull } from '../http/wire.js';
import { writtenData } from './reason-data.js';

const instantOrNull = instantView.nullable();

export const decisionView = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    verdict: z.enum(verdicts),
    attended: z.boolean(),
    mode: z.enum(modes),
    products: z.array(z.enum(products)),
    cost: moneyView.nullable(),
    taskId: z.string().nullable(),
    asOf: instantOrNull,
    nextForcedAt: instantOrNull,
    nextBackgroundAt: instantOrNull,
    reasons: z.array(
      z.object({
        code: z.enum(reasonCodes),
        gate: z.enum(gates),
        message: z.string(),
        data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])),
      }),
    ),
    limits: z.array(
      z.object({
        name: z.string(),
        scope: z.string(),
        limit: z.int(),
        remaining: z.int(),
        resetAt: instantOrNull,
      }),
    ),
    promotes: z
      .string()
      .nullable()
      .meta({ description: 'The active twin whose place it takes once the provider has accepted.' }),
    policyVersion: z.string(),
    decidedAt: instantView,
  })
  .meta({ id: 'Decision' });

export type DecisionAnswer = z.infer<typeof decisionView>;

type ReasonAnswer = DecisionAnswer['reasons'][number];

const reasonAnswer = (reason: DecisionReason): ReasonAnswer => ({
  code: reason.code,
  gate: reason.gate,
  message: renderReason(reason),
  data: writtenData(reason.data) as ReasonAnswer['data'],
});

/** Half of all reasons carry no numbers and are the same in every answer: they are rendered once. */
const withoutNumbers = new Map<string, ReasonAnswer>();

const toReason = (reason: DecisionReason): ReasonAnswer => {
  for (const _name in reason.data) return reasonAnswer(reason);
  const made = withoutNumbers.get(reason.code) ?? reasonAnswer(reason);
  withoutNumbers.set(reason.code, made);
  return made;
};

export const toDecision = (record: DecisionRecord): DecisionAnswer => {
  const { decision } = record;
  return {
    id: record.id,
    connectionId: record.connectionId,
    verdict: decision.verdict,
    attended: decision.attended,
    mode: decision.mode,
    products: [...decision.products],
    cost: toMoneyOrNull(decision.cost),
    taskId: record.taskId,
    asOf: toInstantOrNull(decision.asOf),
    nextForcedAt: toInstantOrNull(decision.nextForcedAt),
    nextBackgroundAt: toInstantOrNull(decision.nextBackgroundAt),
    reasons: decision.reasons.map(toReason),
    limits: decision.limits.map(({ name, scope, limit, remaining, resetAt }) => ({
      name,
      scope,
      limit,
      remaining,
      resetAt: toInstantOrNull(resetAt),
    })),
    promotes: decision.promotes,
    policyVersion: record.policyVersion,
    decidedAt: toInstant(record.decidedAt),
  };
};

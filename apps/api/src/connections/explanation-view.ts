import { verdicts } from '@freshet/domain';
import type { ExplainedConnection } from '@freshet/flows';
import type { ExplainedAnswer } from '@freshet/policy';
import { z } from 'zod';
import { instantView, moneyView, toInstant, toInstantOrNull, toMoneyOrNull } from '../http/wire.js';

const answerView = z.object({
  verdict: z.enum(verdicts),
  text: z.string(),
  cost: moneyView.nullable(),
  changesAt: instantView.nullable().meta({
    description: 'When the answer changes by itself; null where it does not, or nobody can tell when.',
  }),
});

export const explanationView = z
  .object({
    connectionId: z.string(),
    text: z.array(z.string()).meta({ description: 'All of it, to be read out from the first to the last.' }),
    now: z.object({ auto: answerView, unattended: answerView, attended: answerView }).meta({
      description: 'What would be answered now: by mode `auto`, and by mode `force` without and with the customer.',
    }),
    lately: z
      .array(
        z.object({
          decisionId: z.string(),
          verdict: z.enum(verdicts),
          taskId: z.string().nullable(),
          text: z.string(),
          decidedAt: instantView,
        }),
      )
      .meta({ description: 'The last requests, at most ten, the newest first.' }),
  })
  .meta({ id: 'Explanation' });

const toAnswer = ({ decision, text, changesAt }: ExplainedAnswer): z.infer<typeof answerView> => ({
  verdict: decision.verdict,
  text,
  cost: toMoneyOrNull(decision.cost),
  changesAt: toInstantOrNull(changesAt),
});

export const toExplanation = ({ connection, explanation }: ExplainedConnection): z.infer<typeof explanationView> => ({
  connectionId: connection.id,
  text: [...explanation.text],
  now: {
    auto: toAnswer(explanation.auto),
    unattended: toAnswer(explanation.unattended),
    attended: toAnswer(explanation.attended),
  },
  lately: explanation.made.map(({ record, text }) => ({
    decisionId: record.id,
    verdict: record.verdict,
    taskId: record.taskId,
    text,
    decidedAt: toInstant(record.decidedAt),
  })),
});

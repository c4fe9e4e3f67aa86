import {
  formatInstant,
  isCurrency,
  modes,
  parseInstant,
  products,
  pullOrigins,
  pullStates,
  refusals,
  verdicts,
} from '@freshet/domain';
import type { ConnectionId } from '@freshet/domain';
import type { HistoryLine } from '@freshet/flows';
import { z } from 'zod';

const instant = z.string().transform((text, context) => {
  const at = parseInstant(text);
  if (at !== undefined) return at;
  context.addIssue({ code: 'custom', message: 'expected an ISO-8601 instant with its offset' });
  return z.NEVER;
});

const text = z.string().min(1);
const connection = text.transform((id) => id as ConnectionId);
const product = z.enum(products);
const money = z.strictObject({ micros: z.int(), currency: z.string().refine(isCurrency, 'expected a currency') });

const head = z.strictObject({ line: z.literal('history'), version: z.literal(1), from: instant, until: instant });

const connectionLine = z.strictObject({
  line: z.literal('connection'),
  connection,
  connector: text,
  provider: text,
  customer: text,
  institution: text,
  group: text,
  products: z.array(product),
  connectedAt: instant,
  lastSuccessAt: instant.nullable(),
});

const decisionLine = z.strictObject({
  line: z.literal('decision'),
  at: instant,
  connection,
  mode: z.enum(modes),
  products: z.array(product).nullable(),
  maxAgeMs: z.number().nullable(),
  attended: z.boolean(),
  rates: z.unknown(),
  verdict: z.enum(verdicts),
  refusal: z.enum(refusals).nullable(),
  cost: money.nullable(),
});

const pullLine = z.strictObject({
  line: z.literal('pull'),
  at: instant,
  connection,
  origin: z.enum(pullOrigins),
  state: z.enum(pullStates),
  attended: z.boolean(),
  products: z.array(product),
  newData: z.boolean().nullable(),
  charged: money.nullable(),
});

/** One line of a history file. */
export const historyLineSchema = z.discriminatedUnion('line', [head, connectionLine, decisionLine, pullLine]);

const instants: ReadonlySet<string> = new Set(['at', 'from', 'until', 'connectedAt', 'lastSuccessAt']);

/** The line as a file holds it: instants in ISO-8601. */
export const printHistoryLine = (line: HistoryLine): string =>
  JSON.stringify(line, (name, value: unknown) =>
    instants.has(name) && typeof value === 'number' ? formatInstant(value) : value,
  );

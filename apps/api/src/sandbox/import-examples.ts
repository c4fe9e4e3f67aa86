import { readFile } from 'node:fs/promises';
import { DEFAULT_TENANT, formatInstant, MINUTE, parseInstant } from '@freshet/domain';
import type { Instant } from '@freshet/domain';
import { importConnections, type Engine } from '@freshet/flows';
import { importBody } from '../connections/import-body.js';

const EXAMPLES = new URL('../../../../examples/connections.json', import.meta.url);
const TIMES = ['lastSuccessAt', 'connectedAt', 'consentExpiresAt'] as const;
/** The youngest example, a connect that was just begun, is this old. */
const YOUNGEST_MS = 30 * MINUTE;

type Example = Record<string, unknown>;

const past = (example: Example): readonly Instant[] =>
  [example.lastSuccessAt, example.connectedAt].flatMap((text) => parseInstant(String(text)) ?? []);

/** The examples were made on a certain day: all their times move together, so that they are as old as they were then. */
const moved = (examples: readonly Example[], now: Instant): readonly Example[] => {
  const shift = now - YOUNGEST_MS - Math.max(...examples.flatMap(past));
  const move = (value: unknown): unknown => {
    const at = typeof value === 'string' ? parseInstant(value) : undefined;
    return at === undefined ? value : formatInstant(at + shift);
  };
  return examples.map((example) => ({
    ...example,
    ...Object.fromEntries(TIMES.filter((name) => name in example).map((name) => [name, move(example[name])])),
  }));
};

/** The first start in sandbox mode has something to look at: the examples, through the same door as everybody's import. */
export const importExamples = async (engine: Engine): Promise<number> => {
  const { connections } = JSON.parse(await readFile(EXAMPLES, 'utf8')) as { readonly connections: readonly Example[] };
  const body = importBody(engine.clock.now).parse({ connections: moved(connections, engine.clock.now()) });
  const result = await importConnections(engine, DEFAULT_TENANT, body.connections);
  if (result.kind === 'faulty')
    throw new Error(`the example connections do not import: ${JSON.stringify(result.faults[0])}`);
  return result.imported.length;
};

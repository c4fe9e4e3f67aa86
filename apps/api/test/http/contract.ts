import { z } from 'zod';
import type { Answer } from './rig.js';

interface Media {
  readonly schema?: Record<string, unknown>;
}

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Record<string, unknown> };
}

const patternOf = (path: string): RegExp => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);

const withDefinitions = (document: Document, schema: unknown): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify({ ...(schema as object), $defs: document.components.schemas }).replaceAll(
      '#/components/schemas/',
      '#/$defs/',
    ),
  ) as Record<string, unknown>;

/** What the OpenAPI document promises, held against every answer. */
export const createContract = (document: Document) => {
  const known = new Map<unknown, z.ZodType>();
  const schemaFor = (schema: unknown): z.ZodType => {
    const made =
      known.get(schema) ??
      z.fromJSONSchema(withDefinitions(document, schema) as Parameters<typeof z.fromJSONSchema>[0]);
    known.set(schema, made);
    return made;
  };
  // A path without parameters comes first: /v1/connections/import is no id.
  const patterns = Object.keys(document.paths)
    .sort((a, b) => a.split('{').length - b.split('{').length)
    .map((path) => ({ path, pattern: patternOf(path) }));

  const check = (method: string, url: string, answer: Answer): void => {
    const path = url.split('?', 1)[0] ?? url;
    const found = patterns.find(({ pattern }) => pattern.test(path))?.path ?? '';
    const operation = document.paths[found]?.[method.toLowerCase()];
    // An address that is not served has no promise but the problem.
    if (operation === undefined) return;
    const promised = operation.responses[String(answer.status)];
    if (promised === undefined)
      throw new Error(
        `${method} ${found} answered ${answer.status}, which the document does not have: ${answer.text.slice(0, 500)}`,
      );
    const type = (answer.headers.get('content-type') ?? '').split(';', 1)[0] ?? '';
    const schema = promised.content?.[type]?.schema;
    if (schema === undefined) return;
    const parsed = schemaFor(schema).safeParse(answer.body);
    if (!parsed.success)
      throw new Error(
        `${method} ${found} ${answer.status} is not as documented: ${z.prettifyError(parsed.error)}\n${answer.text.slice(0, 2_000)}`,
      );
  };

  return { document, check };
};

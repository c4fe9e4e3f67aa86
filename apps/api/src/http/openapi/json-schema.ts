import { z } from 'zod';

export type JsonSchema = { readonly [name: string]: unknown };

const COMPONENTS = '#/components/schemas/';

const withComponentRefs = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withComponentRefs);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === '$ref' && typeof inner === 'string' ? inner.replace('#/$defs/', COMPONENTS) : withComponentRefs(inner),
    ]),
  );
};

const withoutId = ({ id, ...rest }: JsonSchema): JsonSchema => (typeof id === 'string' ? rest : { id, ...rest });

/** JSON Schemas of zod schemas; those with an id are put among the components once, and referred to. */
export class SchemaBook {
  readonly components: Record<string, JsonSchema> = {};

  /** `input`: as a caller sends it. `output`: as it is answered. */
  schema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    // Inside an object, so that a schema with an id is referred to instead of standing there itself.
    const { $defs = {}, properties } = z.toJSONSchema(z.object({ it: schema }), {
      io,
      target: 'draft-2020-12',
      unrepresentable: 'any',
    });
    for (const [name, definition] of Object.entries($defs)) {
      this.components[name] = withComponentRefs(withoutId(definition as JsonSchema)) as JsonSchema;
    }
    return withComponentRefs(properties?.it ?? {}) as JsonSchema;
  }
}

/** A query parameter is either there or not: without the null that the same field of a body may be. */
export const withoutNull = (schema: JsonSchema): JsonSchema => {
  const options = schema.anyOf;
  if (!Array.isArray(options)) return schema;
  const rest = (options as readonly JsonSchema[]).filter(({ type }) => type !== 'null');
  const { anyOf: _anyOf, ...beside } = schema;
  return rest.length === 1 ? { ...rest[0], ...beside } : { ...schema, anyOf: rest };
};

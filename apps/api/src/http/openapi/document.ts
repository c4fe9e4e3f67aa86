import { z } from 'zod';
import type { RouteDescription } from '../describe.js';
import { problems, problemType, type Slug } from '../problem.js';
import { SchemaBook, withoutNull, type JsonSchema } from './json-schema.js';
import type { DeclaredRoute } from './routes.js';

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: JsonSchema;
  readonly servers: readonly JsonSchema[];
  readonly tags: readonly JsonSchema[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
  readonly components: JsonSchema;
}

const problemView = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    requestId: z.string(),
    errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
    retryAt: z.iso.datetime({ precision: 3 }).optional(),
    operation: z.enum(['repair', 'connect']).nullable().optional(),
    connectionId: z.string().optional(),
    decisionId: z.string().optional(),
    limit: z.string().optional(),
    budget: z.string().optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457. `type` answers with a page that explains it.' });

const groupedBy = <Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): ReadonlyMap<Key, readonly Item[]> => {
  const groups = new Map<Key, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
};

/** What any route of its kind may answer with. */
const usualProblems = (route: DeclaredRoute): readonly Slug[] => [
  ...(route.access === 'public' ? [] : (['unauthorized', 'too-many-attempts', 'forbidden'] as const)),
  ...(route.body || route.query ? (['invalid-request'] as const) : []),
  ...(route.body ? (['payload-too-large', 'unsupported-media-type'] as const) : []),
  ...(route.path.includes(':') ? (['not-found'] as const) : []),
  'internal',
  'unavailable',
];

const problemAnswers = (slugs: ReadonlySet<Slug>, ref: JsonSchema): JsonSchema => {
  const byStatus = groupedBy([...slugs], (slug) => problems[slug].status);
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => {
      const description = of.map((slug) => `${problems[slug].title} (\`${problemType(slug)}\`)`).join('; ');
      const waits = status === 429 || status === 503 ? { headers: { 'Retry-After': header('Whole seconds.') } } : {};
      return [status, { description, ...waits, content: { 'application/problem+json': { schema: ref } } }];
    }),
  );
};

const header = (description: string): JsonSchema => ({ description, schema: { type: 'string' } });

const answersOf = (book: SchemaBook, answers: RouteDescription['answers']): JsonSchema =>
  Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, type, headers }]) => [
      status,
      {
        description,
        ...(headers && {
          headers: Object.fromEntries(Object.entries(headers).map(([name, says]) => [name, header(says)])),
        }),
        ...(schema && { content: { [type ?? 'application/json']: { schema: book.schema(schema, 'output') } } }),
        ...(type !== undefined && !schema && { content: { [type]: { schema: { type: 'string' } } } }),
      },
    ]),
  );

const queryParameters = (book: SchemaBook, query: z.ZodObject): readonly JsonSchema[] => {
  const { properties = {}, required = [] } = book.schema(query, 'input') as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = withoutNull(schema);
    return {
      name,
      in: 'query',
      required: required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
};

const parametersOf = (book: SchemaBook, route: DeclaredRoute): readonly JsonSchema[] => [
  ...[...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  })),
  ...(route.query ? queryParameters(book, route.query) : []),
  ...Object.entries(route.description?.headers ?? {}).map(([name, description]) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  })),
];

const operationOf = (book: SchemaBook, route: DeclaredRoute): JsonSchema => {
  const {
    summary,
    description,
    answers,
    problems: own = [],
    bodyOptional = false,
    bodyType = 'application/json',
  } = route.description ?? {
    summary: route.name,
    answers: { [route.status]: { description: 'As asked for.' } },
  };
  const parameters = parametersOf(book, route);
  const problem = book.schema(problemView, 'output');
  return {
    operationId: `${route.tag}_${route.name}`,
    tags: [route.tag],
    summary,
    ...(description !== undefined && { description }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && {
      requestBody: {
        required: !bodyOptional,
        content: { [bodyType]: { schema: book.schema(route.body, 'input') } },
      },
    }),
    responses: { ...answersOf(book, answers), ...problemAnswers(new Set([...own, ...usualProblems(route)]), problem) },
    security: route.access === 'public' ? [] : [{ apiKey: [] }],
    ...(route.access !== 'public' && { 'x-scope': route.access }),
  };
};

const byPath = (routes: readonly DeclaredRoute[]) =>
  groupedBy(routes, ({ path }) => path.replaceAll(/:(\w+)/g, '{$1}'));

/** OpenAPI 3.1 of the routes that are served, from the schemas that validate them. */
export const documentOf = (routes: readonly DeclaredRoute[]): OpenApiDocument => {
  const book = new SchemaBook();
  const paths = Object.fromEntries(
    [...byPath(routes)].map(([path, on]) => [
      path,
      Object.fromEntries(on.map((route) => [route.method.toLowerCase(), operationOf(book, route)])),
    ]),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'Freshet',
      version: '1',
      description: 'Decides when linked bank data is refreshed, and what that costs.',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: book.components,
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of the tenant.' } },
    },
  };
};

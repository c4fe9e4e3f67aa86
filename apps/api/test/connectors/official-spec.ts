import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';

import { describe } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';

/**
 * A provider's own API description, as a judge of what a connector sends and as a source of what it has to understand. The
 * documents are not ours to ship: they are read where they lie beside the repository, and a suite that does not find
 * its document says that it did not run.
 *
 *     describeBySpec('bud', (spec) => {
 *       test('…', () => expect(recorder.sent.flatMap(spec.faultsOf)).toEqual([]));
 *       for (const reply of spec.repliesOf('post', '/v1/oauth/token')) …
 *     });
 */
export interface OfficialSpec {
  /** As `post /items/{id}`. */
  readonly operations: readonly string[];
  /** What is wrong with a request by the document: path, method, security, parameters, body. Empty: nothing. */
  readonly faultsOf: (sent: Sent) => readonly string[];
  /**
   * Every documented reply of an operation; `4XX` and `default` stand for 400. Each example is one reply; where there is
   * none, the examples of the schema's fields make one; else there is no body.
   */
  readonly repliesOf: (method: string, template: string) => readonly DocumentedReply[];
}

export interface Sent {
  readonly method: string;
  /** With its query, below the address that the document gives. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface DocumentedReply {
  /** The code and the example's name, such as `400 Parameter missing`. */
  readonly name: string;
  readonly status: number;
  readonly body: unknown;
}

type Json = Readonly<Record<string, unknown>>;
interface Referred {
  readonly $ref?: string;
}
interface Parameter extends Referred {
  readonly in: 'header' | 'query' | 'path' | 'cookie';
  readonly name: string;
  readonly required?: boolean;
  readonly schema?: Json;
}
interface Media {
  readonly schema?: Json;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, Referred & { readonly value?: unknown }>>;
}
interface Content extends Referred {
  readonly required?: boolean;
  readonly content?: Readonly<Record<string, Media>>;
}
interface Schema extends Referred {
  readonly example?: unknown;
  readonly properties?: Readonly<Record<string, Json>>;
  readonly items?: Json;
  readonly allOf?: readonly Json[];
}
interface Operation {
  readonly parameters?: readonly (Parameter | Referred)[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
  readonly security?: readonly Readonly<Record<string, unknown>>[];
}
interface Scheme {
  readonly type: string;
  readonly in?: string;
  readonly name?: string;
  readonly scheme?: string;
}
interface Document {
  readonly security?: Operation['security'];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>> & { readonly parameters?: Parameter[] }>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>;
    readonly securitySchemes?: Readonly<Record<string, Scheme>>;
  };
}

/** Schemas may hold themselves. */
const DEEPEST = 8;
const METHODS = ['get', 'put', 'post', 'patch', 'delete'];
const fileOf = (name: string): string => resolve(import.meta.dirname, `../../../../../shared/specs/${name}.yaml`);

const readerOf = (document: Document) => {
  const resolved = <Thing extends Referred>(thing: Thing): Thing => {
    if (thing.$ref === undefined) return thing;
    const steps = thing.$ref.replace('#/', '').split('/');
    return resolved(steps.reduce<unknown>((at, step) => (at as Json)[step], document) as Thing);
  };
  const definitions = JSON.parse(
    JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', '#/definitions/'),
  ) as Json;
  const validatorOf = (schema: Json): z.ZodType => {
    const own = JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/definitions/')) as Json;
    return z.fromJSONSchema({ ...own, definitions }, { defaultTarget: 'openapi-3.0' });
  };
  /** What the examples of a schema and its fields come to; undefined where it has none. */
  const sampleOf = (schema: Json, depth = 0): unknown => {
    const { example, properties, items, allOf } = resolved(schema as Schema);
    if (example !== undefined || depth > DEEPEST) return example;
    if (items !== undefined) return [sampleOf(items, depth + 1)].filter((item) => item !== undefined);
    const parts = [...(allOf ?? []).map((part) => sampleOf(part, depth + 1)), fieldsOf(properties ?? {}, depth)];
    const fields = Object.assign({}, ...parts) as Json;
    return Object.keys(fields).length === 0 ? undefined : fields;
  };
  const fieldsOf = (properties: Readonly<Record<string, Json>>, depth: number): Json =>
    Object.fromEntries(
      Object.entries(properties)
        .map(([name, field]) => [name, sampleOf(field, depth + 1)] as const)
        .filter(([, value]) => value !== undefined),
    );
  return { resolved, validatorOf, sampleOf };
};
type Reader = ReturnType<typeof readerOf>;

const securityFaults = (document: Document, operation: Operation, { headers }: Sent): readonly string[] => {
  const ways = operation.security ?? document.security ?? [];
  const missingOf = (way: Readonly<Record<string, unknown>>): readonly string[] =>
    Object.keys(way).filter((name) => {
      const scheme = document.components.securitySchemes?.[name];
      if (scheme?.type === 'apiKey') return headers[(scheme.name ?? '').toLowerCase()] === undefined;
      return !String(headers.authorization ?? '')
        .toLowerCase()
        .startsWith(`${scheme?.scheme ?? 'bearer'} `);
    });
  const missing = ways.map(missingOf);
  return missing.length === 0 || missing.some((names) => names.length === 0)
    ? []
    : [`security: ${missing[0]?.join(', ')}`];
};

const parameterFaults = (parameters: readonly Parameter[], { headers, path }: Sent): readonly string[] => {
  const query = new URL(path, 'http://local').searchParams;
  const isGiven = ({ in: place, name }: Parameter): boolean => {
    if (place === 'header') return headers[name.toLowerCase()] !== undefined;
    return place === 'query' ? query.has(name) : true;
  };
  const known = (place: string): readonly string[] =>
    parameters.filter((parameter) => parameter.in === place).map(({ name }) => name.toLowerCase());
  return [
    ...parameters.filter((each) => each.required && !isGiven(each)).map(({ in: place, name }) => `no ${place} ${name}`),
    ...Object.keys(headers)
      .filter((name) => name.startsWith('x-') && !known('header').includes(name))
      .map((name) => `unknown header ${name}`),
    ...[...query.keys()]
      .filter((name) => !known('query').includes(name.toLowerCase()))
      .map((name) => `unknown query ${name}`),
  ];
};

const bodyFaults = (reader: Reader, operation: Operation, { headers, body }: Sent): readonly string[] => {
  const wanted = operation.requestBody === undefined ? undefined : reader.resolved(operation.requestBody);
  if (body === '') return wanted?.required === true ? ['no body'] : [];
  if (wanted === undefined) return ['a body where none is documented'];
  const type = String(headers['content-type'] ?? '').split(';')[0] ?? '';
  const media = wanted.content?.[type];
  if (media?.schema === undefined) return [`content type ${type} is not documented`];
  const value: unknown = type === 'application/json' ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
  const checked = reader.validatorOf(media.schema).safeParse(value);
  const faults = checked.success
    ? []
    : checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  const { properties } = reader.resolved(media.schema as Referred & { properties?: Json });
  const unknown = properties === undefined ? [] : Object.keys(value as Json).filter((name) => !(name in properties));
  return [...faults, ...unknown.map((name) => `unknown field ${name}`)];
};

/** MX has a type of its own for its JSON. */
const jsonOf = (content: Content['content']): Media =>
  Object.entries(content ?? {}).find(([type]) => /[/+]json$/.test(type))?.[1] ?? {};

const specOf = (document: Document): OfficialSpec => {
  const reader = readerOf(document);
  const operationAt = (method: string, path: string) => {
    const plain = path.split('?')[0] ?? '';
    const matches = Object.keys(document.paths).filter((template) =>
      new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(plain),
    );
    return matches.map((template) => document.paths[template]?.[method.toLowerCase()]).find(Boolean);
  };
  return {
    operations: Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => METHODS.includes(method))
        .map((method) => `${method} ${path}`),
    ),
    faultsOf: (sent) => {
      const operation = operationAt(sent.method, sent.path);
      const where = `${sent.method} ${sent.path.split('?')[0]}`;
      if (operation === undefined) return [`${where}: not documented`];
      const parameters = (operation.parameters ?? []).map((each) => reader.resolved(each) as Parameter);
      const faults = [
        ...securityFaults(document, operation, sent),
        ...parameterFaults(parameters, sent),
        ...bodyFaults(reader, operation, sent),
      ];
      return faults.map((fault) => `${where}: ${fault}`);
    },
    repliesOf: (method, template) => {
      const operation = document.paths[template]?.[method];
      if (operation === undefined) throw new Error(`the document has no ${method} ${template}`);
      return Object.entries(operation.responses).flatMap(([code, response]) => {
        const status = code === 'default' ? 400 : Number(code.replaceAll('X', '0'));
        const media = jsonOf(reader.resolved(response).content);
        const { schema } = media;
        const named = Object.entries(media.examples ?? {}).map(
          ([name, example]) => [name, reader.resolved(example).value] as const,
        );
        const lone = media.example ?? (schema === undefined ? undefined : reader.sampleOf(schema));
        const bodies = named.length > 0 ? named : [['example', lone] as const];
        return bodies.map(([name, body]) => ({ name: `${code} ${name}`, status, body }));
      });
    },
  };
};

/** A suite by an official document; where that is not there, it is skipped, and says so. */
export const describeBySpec = (name: string, suite: (spec: OfficialSpec) => void): void => {
  const file = fileOf(name);
  const title = `${name}, as its official API description has it`;
  if (existsSync(file)) return describe(title, () => suite(specOf(parse(readFileSync(file, 'utf8')) as Document)));
  process.stdout.write(`Not run: ${title} (shared/specs/${name}.yaml is not beside the repository)\n`);
  describe.skip(title, () => suite({ operations: [], faultsOf: () => [], repliesOf: () => [] }));
};

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A real HTTP server that keeps what it was sent and answers as told. */
export interface Recorder {
  readonly url: string;
  readonly sent: Sent[];
  answer: (sent: Sent) => Reply;
  close(): Promise<void>;
}

export const startRecorder = async (): Promise<Recorder> => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const sent = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') };
      recorder.sent.push(sent);
      const { status, headers: more, body } = recorder.answer(sent);
      response.writeHead(status, { 'content-type': 'application/json', ...more });
      response.end(body === undefined ? '' : JSON.stringify(body));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const recorder: Recorder = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent: [],
    answer: () => ({ status: 404 }),
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
  return recorder;
};

import { escapeHtml, htmlPage, withCode } from '../html.js';
import type { OpenApiDocument } from './document.js';
import type { JsonSchema } from './json-schema.js';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly responses: Readonly<
    Record<
      string,
      { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>> }
    >
  >;
  readonly 'x-scope'?: string;
}

const schemaText = (schema: JsonSchema | undefined): string =>
  schema === undefined ? '' : `<pre>${linked(escapeHtml(JSON.stringify(schema, null, 2)))}</pre>`;

/** References lead to the schema that they name, further down the page. */
const linked = (html: string): string =>
  html.replaceAll(/#\/components\/schemas\/(\w+)/g, '<a href="#schema-$1">#/components/schemas/$1</a>');

const row = (...cells: readonly string[]): string => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;

const parameterRows = (parameters: readonly Parameter[]): string =>
  parameters
    .map(({ name, in: place, required, description = '', schema }) =>
      row(
        `<code>${escapeHtml(name)}</code>`,
        `${place}${required ? ', required' : ''}`,
        `${withCode(description)} <span class="dim">${escapeHtml(typeOf(schema))}</span>`,
      ),
    )
    .join('');

const typeOf = ({ type, enum: values, format }: JsonSchema): string =>
  Array.isArray(values) ? values.join(' | ') : [type, format].filter((part) => typeof part === 'string').join(', ');

const responseText = ([status, { description, content = {} }]: [string, Operation['responses'][string]]): string => {
  const isProblem = Object.keys(content).includes('application/problem+json');
  const body = isProblem ? '' : schemaText(Object.values(content)[0]?.schema);
  return `<p><strong>${status}</strong> ${withCode(description)}</p>${body}`;
};

const operationText = (method: string, path: string, operation: Operation): string => {
  const { summary, description = '', parameters = [], requestBody, responses } = operation;
  const scope = operation['x-scope'];
  const access = scope === undefined ? 'No key is needed.' : `Needs a key with the scope \`${scope}\`.`;
  return `<details><summary><span class="method">${method.toUpperCase()}</span> <code>${escapeHtml(path)}</code>
<span class="dim">${escapeHtml(summary)}</span></summary><p>${withCode(description)} ${withCode(access)}</p>
${parameters.length > 0 ? `<table>${parameterRows(parameters)}</table>` : ''}
${requestBody ? `<h4>Body</h4>${schemaText(Object.values(requestBody.content)[0]?.schema)}` : ''}
<h4>Answers</h4>${Object.entries(responses).map(responseText).join('')}</details>`;
};

/** The whole document on one page, without a script and without anything from elsewhere. */
export const docsPage = (document: OpenApiDocument): string => {
  const operations = Object.entries(document.paths).flatMap(([path, on]) =>
    Object.entries(on).map(([method, operation]) => ({ method, path, operation: operation as unknown as Operation })),
  );
  const sections = document.tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(String(name)));
    const texts = own.map(({ method, path, operation }) => operationText(method, path, operation));
    return `<h2>${escapeHtml(String(name))}</h2>${texts.join('')}`;
  });
  const schemas = Object.entries((document.components.schemas ?? {}) as Readonly<Record<string, JsonSchema>>).map(
    ([name, schema]) =>
      `<details id="schema-${escapeHtml(name)}"><summary><code>${escapeHtml(name)}</code></summary>${schemaText(schema)}</details>`,
  );
  return htmlPage(
    'Freshet API',
    `<h1>Freshet API</h1><p>${escapeHtml(String(document.info.description))} The document itself: <a href="/openapi.json"><code>/openapi.json</code></a>
(OpenAPI 3.1). Failures: <a href="/problems"><code>/problems</code></a>.</p>${sections.join('')}<h2>Schemas</h2>${schemas.join('')}`,
  );
};

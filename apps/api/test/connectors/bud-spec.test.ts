import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createBudConnector, type BudRefreshVersion } from '@freshet/connectors';
import type { PullId } from '@freshet/domain';
import type { Connector, RefreshContext } from '@freshet/ports';
import { parse } from 'yaml';

/** Bud's own API description is not ours to ship: it is read where it lies beside the repository. */
const SPEC_FILE = resolve(import.meta.dirname, '../../../../../shared/specs/bud.yaml');
/** Documented, but outside of the part of the description that is kept there. */
const PATHS_BEYOND_IT = ['/v2/open-banking/authorisation-gateway-url'];

interface Parameter {
  readonly in?: string;
  readonly name?: string;
  readonly required?: boolean;
  readonly $ref?: string;
}
interface Content {
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
  readonly schema?: { readonly example?: unknown };
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Content>> }>>;
}
interface Spec {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly parameters: Readonly<Record<string, Parameter>> };
}
interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}
interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const isThere = existsSync(SPEC_FILE);
if (!isThere)
  process.stdout.write(`Not run: the connector against Bud's API description (${SPEC_FILE} is not there)\n`);
const spec: Spec = isThere
  ? (parse(readFileSync(SPEC_FILE, 'utf8')) as Spec)
  : { paths: {}, components: { parameters: {} } };

const parametersOf = (operation: Operation): readonly Parameter[] =>
  (operation.parameters ?? []).map(({ $ref, ...own }) =>
    $ref ? (spec.components.parameters[$ref.split('/').at(-1) ?? ''] ?? {}) : own,
  );

const documented = ({ method, path }: Sent): Operation | undefined => {
  const [plain = ''] = path.split('?');
  const match = Object.entries(spec.paths).find(([template]) =>
    new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(plain),
  );
  return match?.[1][method.toLowerCase()];
};

/** Every documented reply of an operation, with its code; 5XX stands for 500. */
const repliesOf = (path: string, method: string): readonly (readonly [string, Reply])[] =>
  Object.entries(spec.paths[path]?.[method]?.responses ?? {}).flatMap(([code, { content }]) => {
    const status = Number(code.replaceAll('X', '0'));
    const { example, examples, schema } = content?.['application/json'] ?? {};
    const named = Object.entries(examples ?? {}).map(([name, { value }]) => [name, value] as const);
    const lone = example ?? schema?.example;
    const bodies = named.length > 0 ? named : [['example', lone] as const];
    return bodies.map(([name, body]) => [`${code} ${name}`, { status, body }] as const);
  });

let server: Server;
let url: string;
const sent: Sent[] = [];
let answer: (path: string) => Reply;
const TOKEN: Reply = { status: 200, body: { data: { access_token: 't', expires_in: 3600, refresh_token: 'r' } } };

beforeAll(async () => {
  server = createServer((request, response) => {
    const { method = '', url: path = '', headers } = request;
    sent.push({ method, path, headers });
    const reply = answer(path);
    request.resume();
    response
      .writeHead(reply.status, { 'content-type': 'application/json' })
      .end(reply.body === undefined ? '' : JSON.stringify(reply.body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => void sent.splice(0));

const bud = (refreshVersion: BudRefreshVersion): Connector =>
  createBudConnector({
    clientId: 'c',
    clientSecret: 's',
    baseUrl: url,
    refreshVersion,
    redirectUrl: 'https://app.example',
  });
const context = (): RefreshContext => ({
  now: () => 0,
  signal: AbortSignal.timeout(5_000),
  sending: async () => undefined,
});
/** Bound to the list's first consent and to a bank that every task example knows by one name or as its only one. */
const connection = {
  externalId: '1ceb1d81-a80e-4825-a7c0-4d69424c9874',
  provider: 'BUD',
  customerId: '8e826e72-5cab-4426-897f-5317992a95f0',
  institutionId: 'Natwest_Sandbox',
  providerConnectionId: null,
  credentials: { customerSecret: 'sealed' },
};
const products = ['BALANCES', 'TRANSACTIONS'] as const;
const refreshCall = {
  ...connection,
  pullId: 'pull_1' as PullId,
  products,
  allProducts: false,
  from: 0,
  to: 1,
  presence: { ip: '203.0.113.7', userAgent: null },
};
const progressCall = { ...connection, products, providerTaskId: 'task-1', sentAt: 0, asOfBefore: null };

const operations = (version: BudRefreshVersion) => {
  const connector = bud(version);
  return {
    refresh: () => connector.refresh(refreshCall, context()),
    progress: () => connector.progress(progressCall, context()),
    status: () => connector.status(connection, context()),
    repair: () => connector.repair(connection, context()),
    delete: () => connector.delete(connection, context()),
  };
};

(isThere ? describe : describe.skip)('Bud as Bud describes itself', () => {
  test.each(['v2', 'v1'] as const)(
    '%s: all that is sent is in it, with every header that it requires',
    async (version) => {
      answer = (path) => (path === '/v1/oauth/token' ? TOKEN : { status: 202, body: {} });
      for (const operation of Object.values(operations(version))) await operation();
      expect(sent.length).toBeGreaterThan(6);
      for (const call of sent.filter(({ path }) => !PATHS_BEYOND_IT.includes(path))) {
        const operation = documented(call);
        expect([call.method, call.path, operation === undefined]).toEqual([call.method, call.path, false]);
        const known = parametersOf(operation as Operation).filter((parameter) => parameter.in === 'header');
        const missing = known.filter(({ name = '', required }) => required && !call.headers[name.toLowerCase()]);
        expect([call.path, missing]).toEqual([call.path, []]);
        const allowed = known.map(({ name = '' }) => name.toLowerCase());
        const ours = Object.keys(call.headers).filter((name) => name.startsWith('x-'));
        expect([call.path, ours.filter((name) => !allowed.includes(name))]).toEqual([call.path, []]);
      }
    },
  );

  const refused: Readonly<Record<string, string>> = {
    '400 Parameter missing': 'refused',
    '400 Provider in Maintenance': 'unavailable',
    '405 example': 'refused',
    '5XX example': 'unknown',
  };
  test.each([
    ['v2', '/open-banking/v2/refresh'],
    ['v1', '/v1/open-banking/refresh'],
  ] as const)('%s: every documented reply to a refresh has its answer', async (version, path) => {
    const replies = repliesOf(path, 'post');
    expect(replies.length).toBeGreaterThanOrEqual(4);
    for (const [name, reply] of replies) {
      answer = (asked) => (asked === '/v1/oauth/token' ? TOKEN : reply);
      expect([name, (await operations(version).refresh()).kind]).toEqual([name, refused[name] ?? 'accepted']);
    }
  });

  const ends: Readonly<Record<string, string>> = {
    '200 completed': 'done',
    '200 pending': 'pending',
    '200 partially_complete': 'pending',
    '200 failed_provider_failure': 'unavailable',
    '200 failed_connection_not_found': 'customer-needed',
    '200 failed_reconnect_required': 'customer-needed',
    '200 failed_provider_in_maintenance': 'unavailable',
  };
  test.each([
    ['v2', '/open-banking/v2/refresh/{task_id}'],
    ['v1', '/v1/open-banking/refresh/{task_id}'],
  ] as const)('%s: every documented task has its outcome', async (version, path) => {
    const replies = repliesOf(path, 'get');
    expect(replies.length).toBeGreaterThanOrEqual(8);
    for (const [name, reply] of replies) {
      answer = (asked) => (asked === '/v1/oauth/token' ? TOKEN : reply);
      expect([name, (await operations(version).progress()).kind]).toEqual([name, ends[name] ?? 'unknown']);
    }
  });

  test('every documented reply of the token service gives a token or says why there is none', async () => {
    const kinds: Readonly<Record<string, string>> = {
      200: 'accepted',
      400: 'refused',
      401: 'refused',
      403: 'refused',
      500: 'unavailable',
    };
    for (const [name, reply] of repliesOf('/v1/oauth/token', 'post')) {
      answer = (asked) => (asked === '/v1/oauth/token' ? reply : { status: 202, body: { data: { task_id: 't' } } });
      expect([name, (await operations('v2').refresh()).kind]).toEqual([name, kinds[String(reply.status)]]);
    }
  });

  test('every documented list of consents tells ours, and every documented revocation is taken', async () => {
    for (const [name, reply] of repliesOf('/v1/open-banking/account-access-consents', 'get')) {
      answer = (asked) => (asked === '/v1/oauth/token' ? TOKEN : reply);
      const told = await operations('v2').status();
      expect([name, told]).toEqual([name, reply.status === 200 ? { status: 'ACTIVE', reason: null, at: null } : null]);
    }
    for (const [name, reply] of repliesOf('/v1/open-banking/account-access-consent/revoke', 'post')) {
      answer = (asked) => (asked === '/v1/oauth/token' ? TOKEN : reply);
      const kinds: Readonly<Record<string, string>> = { 202: 'accepted', 500: 'unknown' };
      expect([name, (await operations('v2').delete()).kind]).toEqual([name, kinds[String(reply.status)] ?? 'refused']);
    }
  });
});

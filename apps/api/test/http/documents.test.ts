import { slugs, problems } from '../../src/http/problem.js';
import { startRig, type Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

interface Operation {
  readonly summary: string;
  readonly security: readonly unknown[];
  readonly responses: Readonly<Record<string, unknown>>;
}

/** The routes that are really served, from the router's own listing. */
const served = (): readonly string[] => {
  const lines = rig.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false }).split('\n');
  const parts: string[] = [];
  return lines.flatMap((line) => {
    const found = /^([│ ]*)[├└]── (\S*)(?: \((.+)\))?$/u.exec(line);
    if (!found) return [];
    const depth = (found[1] ?? '').length / 4;
    parts.splice(depth, parts.length, found[2] ?? '');
    const methods = (found[3] ?? '').split(', ').filter((method) => method !== '' && method !== 'HEAD');
    return methods.map((method) => `${method} ${parts.join('')}`);
  });
};

describe('OpenAPI', () => {
  it('has exactly the routes that are served', () => {
    const documented = Object.entries(rig.contract.document.paths).flatMap(([path, on]) =>
      Object.keys(on).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(documented.sort()).toEqual([...new Set(served())].sort());
    expect(documented).toContain('POST /v1/connections/:id/refresh');
  });

  it('describes every operation, its answers and its failures', () => {
    for (const [path, on] of Object.entries(rig.contract.document.paths)) {
      for (const operation of Object.values(on) as unknown as Operation[]) {
        expect(operation.summary).toMatch(/^[A-Z]/);
        expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['500', '503']));
        expect(operation.security).toHaveLength(path.startsWith('/v1/') ? 1 : 0);
      }
    }
  });

  it('is made from the schemas that validate', () => {
    const { paths } = rig.contract.document as unknown as {
      paths: Record<string, Record<string, Record<string, unknown>>>;
    };
    const refresh = paths['/v1/connections/{id}/refresh']?.post;
    expect(JSON.stringify(refresh?.requestBody)).toContain('"enum":["auto","force"]');
    expect(refresh?.requestBody).toMatchObject({ required: false });
    const imports = JSON.stringify(paths['/v1/connections/import']?.post?.requestBody);
    expect(imports).toContain('"maxItems":1000');
    expect(imports).toContain('"additionalProperties":false');
    expect(paths['/v1/tasks']?.get?.parameters).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: 'executor',
          in: 'query',
          schema: { type: 'string', enum: ['engine', 'caller'] },
        }),
      ]),
    );
  });

  it('every reference leads somewhere', () => {
    const text = JSON.stringify(rig.contract.document);
    const { schemas } = rig.contract.document.components;
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
      expect(schemas).toHaveProperty(name ?? '');
    expect(text).not.toContain('#/$defs/');
  });

  it('can be read at /docs, without anything from elsewhere', async () => {
    const { status, headers, text } = await rig.get('/docs', { key: null });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/html');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(text).toContain('/v1/connections/{id}/refresh');
    expect(text).not.toMatch(/<script|https?:\/\//);
  });
});

describe('problems', () => {
  it('have a page each, which explains them', async () => {
    for (const slug of slugs) {
      const page = await rig.get(`/problems/${slug}`, { key: null, headers: { accept: 'text/html' } });
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toContain('text/html');
      expect(page.text).toContain(problems[slug].title);
    }
  });

  it('and JSON for who asks for it', async () => {
    const { body } = await rig.get('/problems/rate-limited', { key: null, headers: { accept: 'application/json' } });
    expect(body).toMatchObject({ type: '/problems/rate-limited', status: 429 });
    const list = await rig.get('/problems', { key: null, headers: { accept: 'application/json' } });
    expect(list.body.data).toHaveLength(slugs.length);
    expect((await rig.get('/problems', { key: null })).text).toContain('<table>');
  });

  it('an unknown one is not found', async () => {
    expect((await rig.get('/problems/toString', { key: null })).status).toBe(404);
  });
});

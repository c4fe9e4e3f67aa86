import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import { buildPolicyBook } from '@freshet/policy';
import { parse } from 'yaml';

const folder = new URL('../../../policies/', import.meta.url);
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

interface Validator {
  (data: unknown): boolean;
  readonly errors?: readonly { readonly instancePath: string }[] | null;
}
interface Ajv {
  compile(schema: object): Validator;
}

/** The JSON Schema validator that Fastify brings: no other is needed to show what an editor would say. */
const fastify = createRequire(createRequire(import.meta.url).resolve('fastify'));
const { Ajv } = createRequire(fastify.resolve('@fastify/ajv-compiler'))('ajv') as {
  readonly Ajv: new (options: object) => Ajv;
};

const editor = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(
  JSON.parse(readFileSync(new URL('policy-file.schema.json', folder), 'utf8')) as object,
);

const examples = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const page = readFileSync(new URL('../../../docs/policy-files.md', import.meta.url), 'utf8');
/** Every policy file that the page shows, under its heading. */
const shown = page
  .split(/^## /m)
  .flatMap((section) =>
    [...section.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
      ([, text]) => [section.split('\n')[0] ?? '', text ?? ''] as const,
    ),
  );
const shownUnder = (heading: string): unknown => parse(shown.find(([title]) => title.startsWith(heading))?.[1] ?? '');

const bookFrom = (fileName: string) => {
  const policyFile: unknown = parse(readFileSync(new URL(fileName, folder), 'utf8'));
  return buildPolicyBook({ policyFile, fileName, hash });
};

const asked = { tenantId: 'ten_a', connector: 'meld', provider: 'MX', institutionId: 'i', connectionId: 'c' };

it.each(examples)('policies/%s is valid and changes something', (name) => {
  expect(bookFrom(name).version).not.toBe(buildPolicyBook({ hash }).version);
});

it('example.yaml sets what its comments say', () => {
  const book = bookFrom('example.yaml');
  expect(book.policyFor(asked).price).toMatchObject({ perRequestMicros: 85_000, historicalMicros: 400_000 });
  const plaid = book.policyFor({ ...asked, provider: 'PLAID', connector: 'plaid' });
  expect(plaid.limits).toContainEqual(
    expect.objectContaining({ name: 'plaid-transactions-client', count: 100, reserveForAttended: 20 }),
  );
  const bud = { ...asked, provider: 'BUD', connector: 'bud' };
  expect(book.policyFor(bud).background).toMatchObject({ owner: 'provider', everyMs: 12 * HOUR, staleAfterMs: DAY });
  expect(book.policyFor(bud).limits.map(({ name }) => name)).toEqual(['psd2-unattended']);
  expect(book.policyFor({ ...bud, tenantId: 'ten_us' })).toMatchObject({
    limits: [],
    consent: { lapse: 'consent_ended' },
  });
  const slow = book.policyFor({ ...asked, institutionId: 'slow-credit-union' });
  expect(slow.limits.map(({ name }) => name)).toEqual(['mx-cooldown', 'slow-credit-union-daily']);
  const watched = book.policyFor({ ...asked, connectionId: 'conn_0199a3f2-7c00-7a31-8e54-0d6f2f9b1c11' });
  expect(watched).toMatchObject({ patienceMs: MINUTE, worth: { valueMultiple: 10 } });
  expect(book.policyFor(bud).budgets.map(({ name }) => name)).toEqual(['all-forced-daily', 'bud-monthly']);
  expect(book.budgetsFor('ten_a')).toMatchObject([
    { name: 'all-forced-daily', enforcement: 'hard', headStart: null },
    { name: 'bud-monthly', reserveForAttended: 0.33 },
    { name: 'plaid-weekly', enforcement: 'soft', alertAt: [0.8, 1, 1.25] },
  ]);
  expect(book.policyFor({ ...asked, provider: 'AKAHU', connector: 'akahu' })).toMatchObject({
    known: true,
    forced: { available: true, unattended: false },
    limits: [{ name: 'akahu-cooldown', forMs: HOUR }],
  });
});

it('strict-budget.yaml forces nothing without a customer', () => {
  const book = bookFrom('strict-budget.yaml');
  for (const provider of book.providers) {
    expect(book.policyFor({ ...asked, provider })).toMatchObject({
      forced: { unattended: false },
      patienceMs: 2 * HOUR,
    });
  }
  expect(book.policyFor({ ...asked, provider: 'FINICITY' }).budgets.map(({ name }) => name)).toContain('finicity-week');
});

describe('for editors', () => {
  it.each(examples)('policies/%s names its schema and fits it', (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./policy-file.schema.json');
    editor(parse(text));
    expect(editor.errors ?? []).toEqual([]);
  });

  const override = (match: object, set: object) => ({ version: 1, overrides: [{ match, set }] });
  const priced = (price: object) =>
    override({}, { price: { currency: 'USD', perRequest: '0.10', billedOn: 'success', ...price } });
  const limited = (limit: object) => override({}, { limits: { own: limit } });
  const budgeted = (more: object) => ({
    version: 1,
    budgets: [{ name: 'a', period: 'day', timeZone: 'UTC', amount: '1', currency: 'USD', ...more }],
  });
  const window = {
    kind: 'window',
    scope: 'group',
    count: 3,
    per: { shape: 'rolling', length: 'PT1H' },
    counts: { origins: ['forced'] },
  };

  it.each<[string, unknown]>([
    ['nothing but a version', { version: 1 }],
    ['a plain value', override({}, { patience: 'PT1H' })],
    ['a sourced one', override({}, { patience: { value: 'PT1H', source: 'a call', checkedOn: '2026-01-01' } })],
    ['a price', priced({})],
    ['a whole limit', limited(window)],
    ['some fields of one', limited({ count: 3 })],
    ['a budget', budgeted({})],
    ['a soft one', budgeted({ enforcement: 'soft', alertAt: [1, 1.5] })],
    ['a paced one', budgeted({ pacing: 'even', headStart: 0, reserveForAttended: 0.5 })],
    ['one taken out', override({}, { limits: { own: null } })],
    [
      'what a consent lasts',
      override({ institution: 'i' }, { consent: { life: 'P180D', renewal: 'reauthentication' } }),
    ],
  ])('takes %s', (_what, file) => {
    expect(editor(file)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['another version', { version: 2 }],
    ['no version', {}],
    ['an unknown field', { version: 1, override: [] }],
    ['an unknown match', override({ bank: 'x' }, {})],
    ['an unknown setting', override({}, { background: { often: 'P1D' } })],
    ['a wrong word', override({}, { background: { owner: 'us' } })],
    ['a number for a duration', override({}, { patience: 15 })],
    ['words for a duration', override({}, { patience: '3h' })],
    ['a month for a duration', override({}, { patience: 'P1M' })],
    ['a figure without a source', override({}, { patience: { value: 'PT1H', checkedOn: '2026-01-01' } })],
    ['money as a number', priced({ perRequest: 0.1 })],
    ['money with a comma', priced({ perRequest: '0,10' })],
    ['a currency in small letters', priced({ currency: 'usd' })],
    ['half a price', override({}, { price: { perRequest: '0.10', billedOn: 'success' } })],
    ['a limit of no kind', limited({ ...window, kind: 'bucket' })],
    ['a window of no places', limited({ ...window, count: 0 })],
    ['a scope that is none', limited({ ...window, scope: 'consent' })],
    ['a limit in capitals', override({}, { limits: { Own: null } })],
    ['a renewal that is none', override({}, { consent: { renewal: 'prayer' } })],
    [
      'a budget without an amount',
      { version: 1, budgets: [{ name: 'a', period: 'day', timeZone: 'UTC', currency: 'USD' }] },
    ],
    ['a budget of a third kind', budgeted({ enforcement: 'firm' })],
    ['a head start of more than all', budgeted({ pacing: 'even', headStart: 2 })],
    ['a share below nothing', budgeted({ reserveForAttended: -0.1 })],
    ['an alert that is no number', budgeted({ alertAt: ['80 %'] })],
    ['a provider that says nothing', { version: 1, providers: { TEST: { title: 'Test' } } }],
    ['a provider in small letters', { version: 1, providers: { test: {} } }],
  ])('marks %s, and the start refuses it too', (_what, file) => {
    expect(editor(file)).toBe(false);
    expect(() => buildPolicyBook({ policyFile: file, hash })).toThrow();
  });
});

describe('docs/policy-files.md', () => {
  it.each(shown)('%s: what it shows is a policy file', (_heading, text) => {
    const policyFile: unknown = parse(text);
    editor(policyFile);
    expect(editor.errors ?? []).toEqual([]);
    expect(buildPolicyBook({ policyFile, hash }).version).not.toBe(buildPolicyBook({ hash }).version);
  });

  it('says truly which override wins', () => {
    const book = buildPolicyBook({ policyFile: shownUnder('Which override wins'), hash });
    const minutes = (given: object) => book.policyFor({ ...asked, tenantId: 'ten_b', ...given }).patienceMs / MINUTE;
    expect(minutes({ tenantId: 'ten_a', institutionId: 'slow-bank' })).toBe(4);
    expect(minutes({ tenantId: 'ten_a' })).toBe(3);
    expect(minutes({})).toBe(2);
    expect(minutes({ provider: 'PLAID' })).toBe(1);
  });

  it.each<[string, object, object]>([
    ['By provider', { provider: 'PLUGGY', connector: 'pluggy' }, { price: { perRequestMicros: 310_000 } }],
    ['By tenant', { provider: 'BELVO', tenantId: 'ten_mx' }, { limits: [], background: { everyMs: DAY } }],
    [
      'By institution',
      { provider: 'YAPILY', institutionId: 'bank-of-the-eea' },
      { consent: { lifeMs: 180 * DAY }, limits: [{ count: 3 }] },
    ],
    ['By connection', { connectionId: 'conn_0199a3f2-7c00-7a31-8e54-0d6f2f9b1c11' }, { patienceMs: MINUTE }],
    [
      'A provider of your own',
      { provider: 'FINTOC', connector: 'fintoc' },
      { known: true, limits: [{ forMs: 5 * MINUTE }] },
    ],
  ])('%s: does what it says', (heading, given, expected) => {
    expect(buildPolicyBook({ policyFile: shownUnder(heading), hash }).policyFor({ ...asked, ...given })).toMatchObject(
      expected,
    );
  });

  it('Budgets: hard, paced and kept; watched; and with defaults', () => {
    const budgets = buildPolicyBook({ policyFile: shownUnder('Budgets'), hash }).budgetsFor('ten_a');
    expect(budgets).toMatchObject([
      { name: 'all-monthly', enforcement: 'hard', headStart: 0.15, reserveForAttended: 0.2, alertAt: [0.5, 0.8, 0.95] },
      { name: 'mx-daily', enforcement: 'hard', headStart: null, reserveForAttended: 0, alertAt: [0.5, 0.8, 1] },
      { name: 'plaid-watched', enforcement: 'soft' },
    ]);
  });

  it('By connector: only through that one', () => {
    const book = buildPolicyBook({ policyFile: shownUnder('By connector'), hash });
    const names = (connector: string) =>
      book.policyFor({ ...asked, provider: 'PLAID', connector }).limits.map(({ name }) => name);
    expect(names('meld')).toContain('meld-hourly');
    expect(names('plaid')).not.toContain('meld-hourly');
  });
});

it('the example shows an override by each of the five', () => {
  const { overrides } = parse(readFileSync(new URL('example.yaml', folder), 'utf8')) as {
    readonly overrides: readonly { readonly match: object }[];
  };
  const named = new Set(overrides.flatMap(({ match }) => Object.keys(match)));
  expect([...named].sort()).toEqual(['connection', 'connector', 'institution', 'provider', 'tenant']);
});

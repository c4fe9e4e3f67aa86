import { readContent } from './book-content.js';
import { CatalogueError } from './catalogue-error.js';
import type { CatalogueFault } from './catalogue-error.js';
import { defaults } from './defaults.js';
import { buildPolicyBook } from './policy-book.js';
import { providers } from './providers/index.js';
import { entrySchema } from './schema/entry.js';
import type { ProviderEntry } from './schema/entry.js';

const faultsIn = (run: () => unknown): readonly CatalogueFault[] => {
  try {
    run();
  } catch (error) {
    if (error instanceof CatalogueError) return error.faults;
    throw error;
  }
  return [];
};

const figure = (value: unknown) => ({ value, source: 'a page', checkedOn: '2026-11-21' });

/** The least that an entry has to say. */
const entry = (given: object = {}): ProviderEntry =>
  ({
    title: 'Test',
    reachedThrough: ['test'],
    duplicates: figure('twins'),
    background: { owner: figure('provider') },
    forced: { available: figure(true), unattended: figure(true) },
    ...given,
  }) as ProviderEntry;

const cooldown = { kind: 'cooldown', scope: 'group', after: 'success', for: 'PT3H' };
const window = {
  kind: 'window',
  scope: 'group',
  count: 3,
  per: { shape: 'calendar', unit: 'day', timeZone: 'UTC' },
  counts: { origins: ['forced'] },
};

describe('the entries of the catalogue', () => {
  it.each(Object.entries(providers))('%s is valid', (_name, written) => {
    expect(entrySchema.safeParse(written).error).toBeUndefined();
  });

  it('accepts the least that an entry has to say', () => {
    expect(faultsIn(() => readContent({ defaults, providers: { TEST: entry() } }, null, 'f'))).toEqual([]);
  });
});

describe('a wrong entry is refused with its name, path and value', () => {
  const limits = (...given: readonly [string, unknown][]) => ({
    limits: given.map(([name, limit]) => ({ name, limit: figure(limit) })),
  });
  const patience = (given: object) => ({ patience: { ...figure('PT1H'), ...given } });

  it.each<[string, object, string, unknown]>([
    [
      'a figure without a source',
      { patience: { value: 'PT1H', checkedOn: '2026-11-21' } },
      'patience.source',
      undefined,
    ],
    ['an empty source', patience({ source: ' ' }), 'patience.source', ' '],
    [
      'a day that the calendar does not have',
      patience({ checkedOn: '2026-02-30' }),
      'patience.checkedOn',
      '2026-02-30',
    ],
    ['an example that is none', patience({ example: false }), 'patience.example', false],
    ['a plain value', { patience: 'PT1H' }, 'patience', 'PT1H'],
    ['an unknown field', { patiense: figure('PT1H') }, 'patiense', figure('PT1H')],
    [
      'an unknown field of a section',
      { forced: { ...entry().forced, always: figure(true) } },
      'forced.always',
      figure(true),
    ],
    ['an unknown field of a figure', patience({ sauce: 'x' }), 'patience.sauce', 'x'],
    ['a wrong word', { duplicates: figure('merged') }, 'duplicates.value', 'merged'],
    ['a negative duration', { patience: figure('-PT1H') }, 'patience.value', '-PT1H'],
    ['a duration of unknown length', { patience: figure('P1M') }, 'patience.value', 'P1M'],
    [
      'a cadence of nothing',
      { background: { owner: figure('engine'), every: figure('PT0S') } },
      'background.every.value',
      'PT0S',
    ],
    ['a missing decision', { forced: { available: figure(true) } }, 'forced.unattended', undefined],
    ['a fraction', { failuresToGiveUp: figure(2.5) }, 'failuresToGiveUp.value', 2.5],
    ['a limit that is named twice', limits(['a', cooldown], ['b', cooldown], ['a', window]), 'limits[2].name', 'a'],
    ['a limit of no kind', limits(['a', { ...cooldown, kind: 'bucket' }]), 'limits[0].limit.value.kind', 'bucket'],
    ['a cooldown of no time', limits(['a', { ...cooldown, for: 'PT0S' }]), 'limits[0].limit.value.for', 'PT0S'],
    [
      'a wrong time zone',
      limits(['a', { ...window, per: { shape: 'calendar', unit: 'day', timeZone: 'Mars/Olympus' } }]),
      'limits[0].limit.value.per.timeZone',
      'Mars/Olympus',
    ],
    [
      'a share that is more than the whole',
      limits(['a', { ...window, reserveForAttended: 4 }]),
      'limits[0].limit.value.reserveForAttended',
      4,
    ],
    [
      'a connector that does not lead there',
      { connectors: { meld: { forced: { available: figure(false) } } } },
      'connectors.meld',
      { forced: { available: figure(false) } },
    ],
    [
      'a limit removed that is not there',
      { connectors: { test: { limits: { gone: null } } } },
      'connectors.test.limits.gone',
      null,
    ],
    [
      'a negative price',
      { price: { currency: figure('USD'), perRequest: figure('-1'), billedOn: figure('success') } },
      'price.perRequest.value',
      '-1',
    ],
    ['a consent that is warned of before it began', { consent: { life: figure('P7D') } }, 'consent.life', 'P7D'],
    ['a wrong renewal', { consent: { renewal: figure('prayer') } }, 'consent.renewal.value', 'prayer'],
    [
      'a signal without a source',
      { signals: { silentNoOp: { value: { shows: 'no-webhook', compare: 'x' }, checkedOn: '2026-11-21' } } },
      'signals.silentNoOp.source',
      undefined,
    ],
    [
      'a limited signal of a place that is none',
      { signals: { limited: { E1: figure({ in: 'smoke' }) } } },
      'signals.limited.E1.value.in',
      'smoke',
    ],
    ['a gap that nobody lists', { unknown: ['mood'] }, 'unknown[0]', 'mood'],
    [
      'stale before due',
      { background: { owner: figure('engine'), every: figure('P3D') } },
      'background.staleAfter',
      'P2D',
    ],
  ])('%s', (_what, given, path, value) => {
    const faults = faultsIn(() => readContent({ defaults, providers: { TEST: entry(given) } }, null, 'f'));
    expect(faults).toEqual([{ file: 'catalogue entry TEST', path, value, message: expect.any(String) }]);
  });

  it('lists the faults of every entry, and of the defaults', () => {
    const wrongDefaults = { ...defaults, patience: { ...defaults.patience, value: 'soon' } };
    const wrong = { TEST: entry({ title: '' }), OTHER: entry({ duplicates: undefined }) };
    const faults = faultsIn(() => readContent({ defaults: wrongDefaults, providers: wrong }, null, 'f'));
    expect(faults.map(({ file, path }) => `${file}: ${path}`)).toEqual([
      'catalogue defaults: patience.value',
      'catalogue entry TEST: title',
      'catalogue entry OTHER: duplicates',
    ]);
  });
});

describe('a wrong policy file is refused with its name, path and value', () => {
  const budget = { name: 'a', period: 'day', timeZone: 'UTC', amount: '1.00', currency: 'USD' };
  const override = (match: object, set: object) => ({ version: 1, overrides: [{ match, set }] });
  const limits = (given: object) => override({}, { limits: given });

  it.each<[string, unknown, string, unknown]>([
    ['not an object', 'version: 1', '(whole)', 'version: 1'],
    ['another version', { version: 2 }, 'version', 2],
    ['an unknown field', { version: 1, override: [] }, 'override', []],
    ['an unknown match', override({ bank: 'x' }, {}), 'overrides[0].match.bank', 'x'],
    ['an unknown setting', override({}, { background: { often: 'P1D' } }), 'overrides[0].set.background.often', 'P1D'],
    ['a plain value of the wrong type', override({}, { patience: 15 }), 'overrides[0].set.patience', 15],
    ['a wrong plain value', override({}, { patience: 'soon' }), 'overrides[0].set.patience', 'soon'],
    ['a wrong word', override({}, { background: { owner: 'us' } }), 'overrides[0].set.background.owner', 'us'],
    ['a wrong sourced value', override({}, { patience: figure('soon') }), 'overrides[0].set.patience.value', 'soon'],
    [
      'a sourced value without a source',
      override({}, { patience: { value: 'PT1H', checkedOn: '2026-11-21' } }),
      'overrides[0].set.patience.source',
      undefined,
    ],
    [
      'money as a number',
      override({}, { price: { currency: 'USD', perRequest: 0.1, billedOn: 'success' } }),
      'overrides[0].set.price.perRequest',
      0.1,
    ],
    [
      'half a price',
      override({}, { price: { perRequest: '0.10', billedOn: 'success' } }),
      'overrides[0].set.price.currency',
      undefined,
    ],
    ['an unknown provider', override({ provider: 'MXX' }, {}), 'overrides[0].match.provider', 'MXX'],
    ['an unknown connector', override({ connector: 'mled' }, {}), 'overrides[0].match.connector', 'mled'],
    [
      'a limit that is nowhere',
      limits({ 'mx-cooldwon': { for: 'PT4H' } }),
      'overrides[0].set.limits.mx-cooldwon',
      { for: 'PT4H' },
    ],
    ['a limit removed that is nowhere', limits({ gone: null }), 'overrides[0].set.limits.gone', null],
    [
      'a field of another kind',
      limits({ 'mx-cooldown': { count: 3 } }),
      'overrides[0].set.limits.mx-cooldown.count',
      3,
    ],
    [
      'a wrong field of a change',
      limits({ 'mx-cooldown': { for: 'PT' } }),
      'overrides[0].set.limits.mx-cooldown.for',
      'PT',
    ],
    [
      'a wrong field of a whole limit',
      limits({ own: { ...cooldown, for: 'PT' } }),
      'overrides[0].set.limits.own.for',
      'PT',
    ],
    ['a name for two kinds', limits({ 'mx-cooldown': window }), 'overrides[0].set.limits.mx-cooldown.kind', 'window'],
    ['a limit name in capitals', limits({ Own: cooldown }), 'overrides[0].set.limits.Own', cooldown],
    [
      'a contradiction',
      override({ provider: 'MX' }, { execution: { pollMax: 'PT1S' } }),
      'overrides[0].set.execution.pollMax',
      'PT1S',
    ],
    [
      'stale before due',
      override({}, { background: { every: 'P3D' } }),
      'overrides[0].set.background.staleAfter',
      'P2D',
    ],
    [
      'stale before the provider that it names is due',
      override({ provider: 'BELVO' }, { background: { staleAfter: 'P3D' } }),
      'overrides[0].set.background.staleAfter',
      'P3D',
    ],
    [
      'warned of before it began',
      override({ provider: 'BUD' }, { consent: { life: 'P7D' } }),
      'overrides[0].set.consent.life',
      'P7D',
    ],
    [
      'a provider too long to be imported',
      { version: 1, providers: { [`A${'B'.repeat(64)}`]: entry() } },
      `providers.A${'B'.repeat(64)}`,
      entry(),
    ],
    ['a signal that an override cannot change', override({}, { signals: {} }), 'overrides[0].set.signals', {}],
    ['a budget named twice', { version: 1, budgets: [budget, budget] }, 'budgets[1].name', 'a'],
    [
      'a budget in a wrong zone',
      { version: 1, budgets: [{ ...budget, timeZone: 'UTC+25' }] },
      'budgets[0].timeZone',
      'UTC+25',
    ],
    ['a budget of no amount', { version: 1, budgets: [{ ...budget, amount: '1,00' }] }, 'budgets[0].amount', '1,00'],
    [
      'a budget of an unknown provider',
      { version: 1, budgets: [{ ...budget, provider: 'X' }] },
      'budgets[0].provider',
      'X',
    ],
    [
      'a budget that covers nothing',
      { version: 1, budgets: [{ ...budget, provider: 'BUD' }] },
      'budgets[0].currency',
      'USD',
    ],
    [
      'a budget of a third kind',
      { version: 1, budgets: [{ ...budget, enforcement: 'firm' }] },
      'budgets[0].enforcement',
      'firm',
    ],
    [
      'a head start of more than the period',
      { version: 1, budgets: [{ ...budget, pacing: 'even', headStart: 1.01 }] },
      'budgets[0].headStart',
      1.01,
    ],
    ['a head start of nothing', { version: 1, budgets: [{ ...budget, headStart: 0.2 }] }, 'budgets[0].headStart', 0.2],
    [
      'more than all kept for attended requests',
      { version: 1, budgets: [{ ...budget, reserveForAttended: 1.5 }] },
      'budgets[0].reserveForAttended',
      1.5,
    ],
    [
      'a soft budget that is paced',
      { version: 1, budgets: [{ ...budget, enforcement: 'soft', pacing: 'even' }] },
      'budgets[0].pacing',
      'even',
    ],
    [
      'a soft budget that keeps something back',
      { version: 1, budgets: [{ ...budget, enforcement: 'soft', reserveForAttended: 0.1 }] },
      'budgets[0].reserveForAttended',
      0.1,
    ],
    ['an alert at nothing', { version: 1, budgets: [{ ...budget, alertAt: [0] }] }, 'budgets[0].alertAt[0]', 0],
    [
      'the same alert twice',
      { version: 1, budgets: [{ ...budget, alertAt: [0.5, 0.5] }] },
      'budgets[0].alertAt',
      [0.5, 0.5],
    ],
    ['a provider that is there already', { version: 1, providers: { MX: entry() } }, 'providers.MX', entry()],
    ['a provider in small letters', { version: 1, providers: { test: entry() } }, 'providers.test', entry()],
    ['a wrong provider', { version: 1, providers: { TEST: entry({ title: 3 }) } }, 'providers.TEST.title', 3],
    [
      'a provider that contradicts itself',
      { version: 1, providers: { TEST: entry({ execution: { pollMax: figure('PT1S') } }) } },
      'providers.TEST.execution.pollMax',
      figure('PT1S'),
    ],
  ])('%s', (_what, policyFile, path, value) => {
    const faults = faultsIn(() => buildPolicyBook({ policyFile, fileName: 'my.yaml', hash: String }));
    expect(faults).toEqual([{ file: 'my.yaml', path, value, message: expect.any(String) }]);
  });

  it('refuses two overrides for exactly the same, since neither could win', () => {
    const overrides = [
      { match: { tenant: 'a', provider: 'MX' }, set: { patience: 'PT1M' } },
      { match: { provider: 'MX', tenant: 'a' }, set: { patience: 'PT2M' } },
    ];
    const faults = faultsIn(() => buildPolicyBook({ policyFile: { version: 1, overrides }, hash: String }));
    expect(faults.map(({ path }) => path)).toEqual(['overrides[1].match']);
  });

  it('says it in one line each', () => {
    const policyFile = { version: 1, overrides: [{ match: {}, set: { patience: 15, patiense: 'PT1H' } }] };
    expect(() => buildPolicyBook({ policyFile, fileName: 'my.yaml', hash: String })).toThrow(
      new Error(
        'my.yaml: overrides[0].set.patience: expected an ISO-8601 duration of zero or more, such as PT3H, as a quoted text, got 15\n' +
          'my.yaml: overrides[0].set.patiense: is not a known field, got "PT1H"',
      ),
    );
  });

  it('takes a provider of its own, with overrides and budgets for it', () => {
    const price = { currency: figure('EUR'), perRequest: figure('0.20'), billedOn: figure('success') };
    const policyFile = {
      version: 1,
      providers: { TEST: entry({ price }) },
      overrides: [{ match: { provider: 'TEST', connector: 'test' }, set: { patience: 'PT1M' } }],
      budgets: [{ ...budget, provider: 'TEST', currency: 'EUR' }],
    };
    const book = buildPolicyBook({ policyFile, hash: String });
    const asked = { tenantId: 't', connector: 'test', provider: 'TEST', institutionId: 'i', connectionId: 'c' };
    expect(book.providers).toContain('TEST');
    expect(book.policyFor(asked)).toMatchObject({
      known: true,
      patienceMs: 60_000,
      price: { currency: 'EUR' },
      budgets: [{ name: 'a' }],
    });
  });
});

import { createHash } from 'node:crypto';
import { selector } from '../../test/catalogue.js';
import { buildPolicyBook, rebuildPolicyBook } from './policy-book.js';
import type { PolicySelector } from '../policy.js';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

const bookOf = (policyFile?: unknown) => buildPolicyBook({ policyFile, hash });

describe('budgets', () => {
  const book = bookOf({
    version: 1,
    budgets: [
      { name: 'mine', tenant: 'ten_a', period: 'week', timeZone: 'UTC', amount: '7', currency: 'USD' },
      { name: 'all', period: 'month', timeZone: 'Europe/London', amount: '100.00', currency: 'USD' },
      { name: 'bud', provider: 'BUD', period: 'day', timeZone: 'UTC', amount: '0', currency: 'GBP' },
    ],
  });
  const names = (given: Partial<PolicySelector>) => book.policyFor(selector(given)).budgets.map(({ name }) => name);

  it.each<[Partial<PolicySelector>, readonly string[]]>([
    [{}, ['all', 'mine']],
    [{ tenantId: 'ten_b' }, ['all']],
    [{ provider: 'BUD' }, ['all', 'bud', 'mine']],
    [{ provider: 'BUD', tenantId: 'ten_b' }, ['all', 'bud']],
  ])('%j draws on %j', (given, expected) => {
    expect(names(given)).toEqual(expected);
  });

  it('lists all that hold a tenant', () => {
    expect(book.budgetsFor('ten_b').map(({ name }) => name)).toEqual(['all', 'bud']);
    expect(book.budgetsFor('ten_b')[0]).toEqual({
      name: 'all',
      provider: null,
      currency: 'USD',
      amountMicros: 100_000_000,
      period: 'month',
      timeZone: 'Europe/London',
      enforcement: 'hard',
      headStart: null,
      reserveForAttended: 0,
      alertAt: [0.5, 0.8, 1],
    });
  });

  const budget = { name: 'b', period: 'day', timeZone: 'UTC', amount: '1', currency: 'USD' };
  const resolved = (more: object) => bookOf({ version: 1, budgets: [{ ...budget, ...more }] }).budgetsFor('ten_a')[0];

  it.each([
    [{ enforcement: 'soft' }, { enforcement: 'soft', headStart: null }],
    [{ pacing: 'even' }, { headStart: 0.1 }],
    [{ pacing: 'even', headStart: 0 }, { headStart: 0 }],
    [{ reserveForAttended: 0.25 }, { reserveForAttended: 0.25 }],
    [{ alertAt: [] }, { alertAt: [] }],
    [{ alertAt: [0.9, 1.5] }, { alertAt: [0.9, 1.5] }],
  ])('%j is read as %j', (written, expected) => {
    expect(resolved(written)).toMatchObject(expected);
  });

  it('is the same version with its defaults written out', () => {
    const spelled = { enforcement: 'hard', pacing: 'none', reserveForAttended: 0, alertAt: [0.5, 0.8, 1] };
    const version = (more: object) => bookOf({ version: 1, budgets: [{ ...budget, ...more }] }).version;
    expect(version(spelled)).toBe(version({}));
    expect(version({ enforcement: 'soft' })).not.toBe(version({}));
  });
});

describe('the version', () => {
  const file = (set: object, more: object = {}) => ({
    version: 1,
    overrides: [{ match: { provider: 'MX' }, set }],
    ...more,
  });
  const versionOf = (policyFile?: unknown) => bookOf(policyFile).version;

  it('stays where the content does', () => {
    expect(versionOf()).toBe(versionOf(null));
    expect(versionOf({ version: 1 })).toBe(versionOf());
    expect(versionOf({ version: 1, overrides: [], budgets: [], providers: {} })).toBe(versionOf());
    expect(versionOf(file({ patience: 'PT60M' }))).toBe(versionOf(file({ patience: 'PT1H' })));
    const sourced = { value: 'PT1H', source: 'a call', checkedOn: '2026-01-01' };
    expect(versionOf(file({ patience: sourced }))).toBe(versionOf(file({ patience: 'PT1H' })));
    const [a, b] = [
      { match: { tenant: 'a' }, set: { patience: 'PT1H' } },
      { match: { tenant: 'b' }, set: {} },
    ];
    expect(versionOf({ version: 1, overrides: [a, b] })).toBe(versionOf({ version: 1, overrides: [b, a] }));
    expect(buildPolicyBook({ policyFile: file({}), fileName: 'x', hash }).version).toBe(versionOf(file({})));
  });

  it('changes with each kind of content', () => {
    const budget = { name: 'a', period: 'day', timeZone: 'UTC', amount: '1', currency: 'USD' };
    const versions = [
      versionOf(),
      versionOf(file({ patience: 'PT1H' })),
      versionOf(file({ patience: 'PT2H' })),
      versionOf({ version: 1, overrides: [{ match: { tenant: 'MX' }, set: { patience: 'PT1H' } }] }),
      versionOf({ version: 1, budgets: [budget] }),
      versionOf({ version: 1, budgets: [{ ...budget, amount: '2' }] }),
      versionOf({ version: 1, overrides: [{ match: {}, set: { limits: { 'mx-cooldown': null } } }] }),
    ];
    expect(new Set(versions).size).toBe(versions.length);
  });
});

describe('an archived book', () => {
  const policyFile = {
    version: 1,
    overrides: [
      {
        match: { tenant: 'ten_a' },
        set: { limits: { zebra: { kind: 'cooldown', scope: 'group', after: 'any-pull', for: 'PT1S' } } },
      },
      { match: { connection: 'conn_a' }, set: { price: null, worth: { valueMultiple: 3.5 } } },
    ],
    budgets: [{ name: 'all', period: 'month', timeZone: 'UTC', amount: '1', currency: 'USD' }],
  };
  const book = bookOf(policyFile);

  it('gives the same version, archive and policies', () => {
    const again = rebuildPolicyBook(book.archive);
    expect([again.version, again.archive, again.providers]).toEqual([book.version, book.archive, book.providers]);
    for (const provider of [...book.providers, 'NOPE']) {
      for (const connector of ['meld', 'akoya', 'plaid']) {
        for (const given of [{}, { connectionId: 'conn_b' }, { tenantId: 'ten_b' }]) {
          const asked = selector({ provider, connector, ...given });
          expect(again.policyFor(asked)).toEqual(book.policyFor(asked));
        }
      }
    }
  });

  it.each(['', 'null', '{}', '{"version":"x","content":{"format":2}}'])(
    'is refused where it is none: %s',
    (archive) => {
      expect(() => rebuildPolicyBook(archive)).toThrow(
        'policy archive: (whole): expected an archived policy book of format 1',
      );
    },
  );
});

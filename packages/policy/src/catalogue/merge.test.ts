import { DAY, HOUR, MINUTE } from '@freshet/domain';
import { bookOf, selector } from '../../test/catalogue.js';
import type { PolicySelector } from '../policy.js';

const limitNames = (policyFile: unknown, given?: Partial<PolicySelector>): readonly string[] =>
  bookOf(policyFile)
    .policyFor(selector(given))
    .limits.map(({ name }) => name);

describe('which override wins', () => {
  const set = (patience: string) => ({ patience });
  const minutes = (value: number) => value * MINUTE;
  const by = {
    everybody: { match: {}, set: set('PT1M') },
    provider: { match: { provider: 'MX' }, set: set('PT2M') },
    connector: { match: { connector: 'meld' }, set: set('PT3M') },
    both: { match: { provider: 'MX', connector: 'meld' }, set: set('PT4M') },
    tenant: { match: { tenant: 'ten_a' }, set: set('PT5M') },
    institution: { match: { institution: 'inst_a' }, set: set('PT6M') },
    connection: { match: { connection: 'conn_a' }, set: set('PT7M') },
    another: { match: { connection: 'conn_b' }, set: set('PT8M') },
    tenantsProvider: { match: { tenant: 'ten_a', provider: 'PLAID' }, set: set('PT9M') },
  };
  type Name = keyof typeof by;

  it.each<[readonly Name[], number]>([
    [[], 15],
    [['everybody'], 1],
    [['everybody', 'provider'], 2],
    [['provider', 'connector'], 3],
    [['connector', 'both', 'provider'], 4],
    [['both', 'tenant'], 5],
    [['institution', 'tenant', 'both'], 6],
    [['connection', 'institution', 'tenant', 'both'], 7],
    [['another', 'provider'], 2],
    [['tenantsProvider', 'provider'], 2],
  ])('%j gives %i minutes, whatever their order', (names, expected) => {
    const overrides = names.map((name) => by[name]);
    for (const listed of [overrides, overrides.toReversed()]) {
      const policy = bookOf({ version: 1, overrides: listed }).policyFor(selector());
      expect(policy.patienceMs).toBe(minutes(expected));
    }
  });

  it('lays overrides over each other field by field', () => {
    const policy = bookOf({
      version: 1,
      overrides: [
        { match: { provider: 'MX' }, set: { background: { every: 'PT12H', staleAfter: 'P1D' }, patience: 'PT1M' } },
        { match: { tenant: 'ten_a' }, set: { background: { staleAfter: 'P3D' } } },
      ],
    }).policyFor(selector());
    expect(policy.background).toEqual({
      owner: 'provider',
      everyMs: 12 * HOUR,
      staleAfterMs: 3 * DAY,
      suppressedByForcedMs: 20 * HOUR,
    });
    expect(policy.patienceMs).toBe(MINUTE);
  });

  it('lets nothing be stale before it is due, where an override for everybody meets a slow provider', () => {
    const stale = (provider: string, staleAfter: string) =>
      bookOf({
        version: 1,
        overrides: [{ match: { tenant: 'ten_a' }, set: { background: { staleAfter } } }],
      }).policyFor(selector({ provider })).background.staleAfterMs;
    expect(stale('BELVO', 'P3D')).toBe(7 * DAY);
    expect(stale('BELVO', 'P8D')).toBe(8 * DAY);
    expect(stale('MX', 'P3D')).toBe(3 * DAY);
  });

  it('outranks what differs through a connector', () => {
    const overrides = [{ match: { provider: 'AKOYA' }, set: { forced: { executor: 'caller' } } }];
    const policy = bookOf({ version: 1, overrides }).policyFor(selector({ provider: 'AKOYA', connector: 'meld' }));
    expect(policy.forced.executor).toBe('caller');
    expect(policy.background.owner).toBe('provider');
  });

  it('replaces a price as a whole, so that no example is left in a contract', () => {
    const price = { currency: 'USD', perRequest: '0.30', billedOn: 'attempt' };
    const policy = bookOf({ version: 1, overrides: [{ match: { provider: 'FINICITY' }, set: { price } }] }).policyFor(
      selector({ provider: 'FINICITY' }),
    );
    expect(policy.price).toEqual({
      currency: 'USD',
      perRequestMicros: 300_000,
      productSets: [],
      historicalMicros: 0,
      historicalAt: 'connect',
      alsoBilled: [],
      billedOn: 'attempt',
    });
  });

  it('can say that there is no price, no reach and no coalescing', () => {
    const set = { price: null, range: null, coalesces: null };
    const policy = bookOf({ version: 1, overrides: [{ match: { provider: 'BUD' }, set }] }).policyFor(
      selector({ provider: 'BUD' }),
    );
    expect(policy).toMatchObject({ price: null, range: null, coalesces: null });
  });

  it('tells connections apart only where an override does', () => {
    const book = bookOf({ version: 1, overrides: [by.connection, by.tenant] });
    const [a, b, c] = ['conn_a', 'conn_b', 'conn_c'].map((connectionId) => book.policyFor(selector({ connectionId })));
    expect(a?.patienceMs).toBe(minutes(7));
    expect(b?.patienceMs).toBe(minutes(5));
    expect(c).toBe(b);
    expect(book.policyFor(selector({ connectionId: 'conn_b', tenantId: 'ten_b' })).patienceMs).toBe(minutes(15));
  });
});

describe('limits in overrides', () => {
  const own = {
    kind: 'window',
    scope: 'institution',
    count: 10,
    per: { shape: 'calendar', unit: 'day', timeZone: 'Europe/Madrid' },
    counts: { origins: ['forced', 'background'] },
  };

  it('changes the fields that are named and leaves the rest', () => {
    const overrides = [{ match: {}, set: { limits: { 'psd2-unattended': { count: 3, counts: { attended: null } } } } }];
    const [limit] = bookOf({ version: 1, overrides }).policyFor(selector({ provider: 'BUD' })).limits;
    expect(limit).toMatchObject({
      count: 3,
      per: { shape: 'rolling', ms: DAY },
      counts: { origins: ['forced', 'background'], on: 'attempt', attended: null },
    });
  });

  it('puts in a whole one, with its defaults', () => {
    const policy = bookOf({ version: 1, overrides: [{ match: {}, set: { limits: { own } } }] }).policyFor(selector());
    expect(policy.limits.map(({ name }) => name)).toEqual(['mx-cooldown', 'own']);
    expect(policy.limits[1]).toEqual({
      ...own,
      name: 'own',
      applies: 'all',
      products: null,
      counts: { origins: ['forced', 'background'], on: 'attempt', attended: null },
      reserveForAttended: 0,
    });
  });

  it('takes one out with null, and a later whole one puts it back', () => {
    const out = { match: { provider: 'MX' }, set: { limits: { 'mx-cooldown': null } } };
    const changed = { match: { tenant: 'ten_a' }, set: { limits: { 'mx-cooldown': { for: 'PT4H' } } } };
    const back = {
      match: { connection: 'conn_a' },
      set: { limits: { 'mx-cooldown': { kind: 'cooldown', scope: 'group', after: 'attempt', for: 'PT5H' } } },
    };
    expect(limitNames({ version: 1, overrides: [out] })).toEqual([]);
    expect(limitNames({ version: 1, overrides: [out, changed] })).toEqual([]);
    expect(limitNames({ version: 1, overrides: [out, changed, back] })).toEqual(['mx-cooldown']);
    expect(limitNames({ version: 1, overrides: [out] }, { provider: 'BUD' })).toEqual(['psd2-unattended']);
  });
});

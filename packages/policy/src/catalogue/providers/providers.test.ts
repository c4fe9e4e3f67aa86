import { DAY, HOUR, MINUTE } from '@freshet/domain';
import { bookOf, selector } from '../../../test/catalogue.js';
import { providers } from './index.js';

describe('the catalogue as it is', () => {
  const book = bookOf();

  it('knows the providers that people ask for, by names that say which', () => {
    const asked =
      'AKOYA BASIQ BELVO BRIDGE BUD ENABLEBANKING FINAPI FINICITY GOCARDLESS MESH MX PLAID PLUGGY POWENS SALTEDGE SIMPLEFIN STRIPE TELLER TINK TOKENIO TRUELAYER YAPILY YODLEE';
    expect(book.providers).toEqual(asked.split(' '));
  });

  it('calls a connector of a provider of its own by its name', () => {
    for (const [name, { reachedThrough }] of Object.entries(providers)) {
      for (const connector of reachedThrough) expect(['meld', name.toLowerCase()]).toContain(connector);
    }
  });

  it.each([
    ['meld', null],
    ['mx', { maxBackMs: 730 * DAY, overlapMs: 90 * DAY }],
  ])(
    'MX through %s: three hours after a success, and no background for twenty after a forced one',
    (connector, range) => {
      expect(book.policyFor(selector({ connector }))).toMatchObject({
        known: true,
        duplicates: 'grouped',
        background: { owner: 'provider', everyMs: DAY, suppressedByForcedMs: 20 * HOUR },
        forced: { available: true, unattended: true, executor: 'engine' },
        limits: [
          {
            kind: 'cooldown',
            name: 'mx-cooldown',
            scope: 'group',
            applies: 'all',
            products: null,
            after: 'success',
            forMs: 3 * HOUR,
          },
        ],
        coalesces: null,
        range,
        execution: { untoldBlockMs: 3 * HOUR },
      });
    },
  );

  it('Finicity is never forced by a machine, and asks less for balances alone', () => {
    const policy = book.policyFor(selector({ provider: 'FINICITY' }));
    expect(policy.forced).toEqual({ available: true, unattended: false, executor: 'engine' });
    expect(policy.duplicates).toBe('grouped');
    const [balances] = policy.price?.productSets ?? [];
    expect(balances?.products).toEqual(['BALANCES']);
    expect(balances?.micros).toBeLessThan(policy.price?.perRequestMicros ?? 0);
  });

  it.each([
    ['MX', 'meld', 'connect', true],
    ['MX', 'mx', 'connect', false],
    ['FINICITY', 'meld', 'connect', true],
    ['FINICITY', 'finicity', 'refresh', true],
  ])('the history of %s through %s comes at the %s; paid for: %j', (provider, connector, at, isPaid) => {
    const { price } = book.policyFor(selector({ provider, connector }));
    expect(price?.historicalAt).toBe(at);
    expect((price?.historicalMicros ?? 0) > 0).toBe(isPaid);
    expect(price?.perRequestMicros).toBe(book.policyFor(selector({ provider })).price?.perRequestMicros);
  });

  it('Plaid counts per endpoint and minute, per Item and per client', () => {
    const policy = book.policyFor(selector({ provider: 'PLAID', connector: 'plaid' }));
    expect(policy.duplicates).toBe('twins');
    expect(policy.price?.billedOn).toBe('success');
    expect(policy.limits).toContainEqual({
      kind: 'window',
      name: 'plaid-transactions-item',
      scope: 'connection',
      applies: 'all',
      products: ['TRANSACTIONS'],
      count: 2,
      per: { shape: 'fixed', ms: MINUTE },
      counts: { origins: ['forced'], on: 'attempt', attended: null },
      reserveForAttended: 0,
    });
    expect(
      policy.limits.filter(({ scope }) => scope === 'account').map((limit) => limit.kind === 'window' && limit.count),
    ).toEqual([1200, 100, 100]);
    expect(policy.limits.find(({ name }) => name === 'plaid-investments-item')).toMatchObject({
      products: ['INVESTMENT_HOLDINGS', 'INVESTMENT_TRANSACTIONS'],
      count: 1,
    });
  });

  it('Plaid through Meld has no limits of the client, because the client is Meld', () => {
    const limits = book.policyFor(selector({ provider: 'PLAID' })).limits;
    expect(limits.map(({ scope }) => scope)).toEqual(['connection', 'connection', 'connection']);
  });

  it('Akoya is a permit and ours to schedule when reached directly, and like any other through Meld', () => {
    const direct = book.policyFor(selector({ provider: 'AKOYA', connector: 'akoya' }));
    expect(direct.background.owner).toBe('engine');
    expect(direct.forced).toEqual({ available: true, unattended: true, executor: 'caller' });
    const throughMeld = book.policyFor(selector({ provider: 'AKOYA' }));
    expect(throughMeld.background.owner).toBe('provider');
    expect(throughMeld.forced).toEqual({ available: true, unattended: true, executor: 'engine' });
  });

  it('Bud hands back the last hour, reaches 90 days back and allows four unattended accesses a day', () => {
    expect(book.policyFor(selector({ provider: 'BUD', connector: 'bud' }))).toMatchObject({
      coalesces: {
        withinMs: HOUR,
        scope: 'customer-institution',
        origins: ['forced', 'background', 'connect', 'repair'],
      },
      range: { maxBackMs: 90 * DAY, overlapMs: 7 * DAY },
      limits: [
        {
          name: 'psd2-unattended',
          applies: 'unattended',
          count: 4,
          per: { shape: 'rolling', ms: DAY },
          counts: { origins: ['forced', 'background'], on: 'attempt', attended: false },
        },
      ],
      consent: { lapse: 'reconfirmation_lapsed' },
    });
  });

  it('runs tasks by the defaults where an entry says nothing', () => {
    expect(book.policyFor(selector({ provider: 'AKOYA' })).execution).toEqual({
      maxAttempts: 4,
      backoffMs: 2_000,
      maxBackoffMs: MINUTE,
      pollFirstMs: 2_000,
      pollMaxMs: 30_000,
      giveUpMs: 30 * MINUTE,
      maxBlockMs: DAY,
      untoldBlockMs: 15 * MINUTE,
    });
  });

  it('never forces at a provider that it does not know, whatever an override for everybody says', () => {
    const open = bookOf({
      version: 1,
      overrides: [{ match: {}, set: { forced: { available: true, unattended: true } } }],
    });
    for (const provider of ['NOPE', 'mx', 'constructor', '__proto__', '']) {
      const policy = open.policyFor(selector({ provider }));
      expect(policy).toMatchObject({ provider, known: false, forced: { available: false, unattended: false } });
      expect(policy.background.owner).toBe('provider');
    }
  });
});

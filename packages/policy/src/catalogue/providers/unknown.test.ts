import { readContent } from '../book-content.js';
import { valueAt } from '../catalogue-error.js';
import { defaults } from '../defaults.js';
import { buildPolicyBook } from '../policy-book.js';
import { unknowns } from '../schema/signals.js';
import type { ProviderEntry } from '../schema/entry.js';
import { providers } from './index.js';

const entries: readonly (readonly [string, ProviderEntry])[] = Object.entries(providers);
const book = buildPolicyBook({ hash: String });

const policyOf = (provider: string) =>
  book.policyFor({ tenantId: 't', connector: 'none', provider, institutionId: 'i', connectionId: 'c' });

/** What can only be known of a refresh that can be asked for. */
const isNotOfForcing = (path: string): boolean => path !== 'signals.silentNoOp';

describe('what nobody knows', () => {
  it.each(entries)('%s either has a figure or names it among the unknown', (_name, entry) => {
    const about: readonly string[] = entry.forced.available.value ? unknowns : unknowns.filter(isNotOfForcing);
    const silent = about.filter(
      (path) =>
        valueAt(entry, path.split('.')) === undefined &&
        !(entry.unknown as readonly string[] | undefined)?.includes(path),
    );
    expect(silent).toEqual([]);
  });

  it.each([
    ['a life of consents', 'POWENS', (name: string) => policyOf(name).consent.lifeMs, null],
    ['a life of consents', 'MX', (name: string) => policyOf(name).consent.lifeMs, null],
    ['what renews a consent', 'TINK', (name: string) => policyOf(name).consent.renewal, null],
    ['limits', 'MESH', (name: string) => policyOf(name).limits, []],
    ['limits', 'STRIPE', (name: string) => policyOf(name).limits, []],
    ['limits', 'TELLER', (name: string) => policyOf(name).limits, []],
    ['a price', 'TELLER', (name: string) => policyOf(name).price, null],
  ])('%s of %s stays unknown in its policy', (_what, name, read, expected) => {
    expect(read(name)).toEqual(expected);
  });

  it('cannot stand beside a figure', () => {
    const entry: ProviderEntry = { ...providers.MX, unknown: ['limits'] };
    expect(() => readContent({ defaults, providers: { MX: entry } }, null, 'f')).toThrow(
      'catalogue entry MX: unknown[0]: the entry has a figure for this, got "limits"',
    );
  });
});

describe('figures', () => {
  it.each(entries)('%s: no price is invented without saying so', (_name, entry) => {
    const amount = entry.price?.perRequest;
    const isRead = amount === undefined || amount.value === '0' || amount.example === true;
    expect(isRead).toBe(true);
  });

  it.each(entries.filter(([, { forced }]) => forced.unattended.value))(
    '%s may be forced unattended, and says where that was read',
    (_name, { forced }) => {
      expect(forced.unattended.source).toMatch(/^https:/);
    },
  );

  it('decide nothing where they are gaps, or signals of anything but a limit or a read', () => {
    const { signals, unknown: _unknown, ...rest } = providers.PLAID as ProviderEntry;
    const decides: ProviderEntry = { ...rest, signals: { limited: signals?.limited, outcomes: signals?.outcomes } };
    const read = (entry: ProviderEntry) => readContent({ defaults, providers: { PLAID: entry } }, null, 'f');
    expect(read(decides)).toEqual(read(providers.PLAID));
    expect(read(rest)).not.toEqual(read(providers.PLAID));
  });
});

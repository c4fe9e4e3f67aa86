import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { DAY, HOUR, MINUTE } from '@freshet/domain';
import { buildPolicyBook } from '@freshet/policy';
import { parse } from 'yaml';

const folder = new URL('../../../policies/', import.meta.url);
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

const bookFrom = (fileName: string) => {
  const policyFile: unknown = parse(readFileSync(new URL(fileName, folder), 'utf8'));
  return buildPolicyBook({ policyFile, fileName, hash });
};

const asked = { tenantId: 'ten_a', connector: 'meld', provider: 'MX', institutionId: 'i', connectionId: 'c' };

it.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))(
  'policies/%s is valid and changes something',
  (name) => {
    expect(bookFrom(name).version).not.toBe(buildPolicyBook({ hash }).version);
  },
);

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

import { readFileSync } from 'node:fs';
import { printProviders } from './print-providers.js';
import { providers } from './providers/index.js';

const page = printProviders();

it('docs/providers.md is what the catalogue prints', () => {
  expect(readFileSync(new URL('../../../../docs/providers.md', import.meta.url), 'utf8')).toBe(page);
});

it.each(Object.keys(providers))('%s has a section', (name) => {
  expect(page).toContain(`\n## ${name}\n`);
});

it.each(Object.keys(providers))('%s has a row in the overview, which leads to its section', (name) => {
  expect(page).toContain(`\n| [${name}](#${name.toLowerCase()}) | `);
});

it.each([
  '| [MX](#mx) | provider | every 24 h | yes | yes | pause of 3 h after a success per group of duplicates | 0.10 USD on attempt (example) | unknown |',
  '| [TELLER](#teller) | provider | every 24 h | no | no | unknown | unknown | unknown |',
  '| [POWENS](#powens) | provider | unknown | yes | no | unknown | 0.10 EUR on attempt (example) | unknown |',
  '| AKOYA through `meld` | provider | every 24 h | yes | yes | unknown | 0.04 USD on attempt (example) | unknown |',
])('sums up: %s', (row) => {
  expect(page).toContain(`\n${row}\n`);
});

it('has no second row where a connector changes nothing that it shows', () => {
  expect(page).not.toContain('| YODLEE through');
});

it('says a limit in words', () => {
  expect(page).toContain(
    '| 4 in any 24 h per connection, of BALANCES (counts forced, background, connect, repair, products, failures are free) |',
  );
  expect(page).toContain(
    '| 420 in each calendar month (America/Sao_Paulo) per customer and institution, of BALANCES (counts ',
  );
  expect(page).toContain('| 2 in each minute per connection, of TRANSACTIONS (counts forced) |');
});

it('says what was looked for and not found', () => {
  expect(page).toContain(
    'Looked for and not found: `background.every`, `limits`, `consent.life`, `signals.silentNoOp`.',
  );
});

it('marks a price that is only an example', () => {
  expect(page).toContain('| `price.perRequest` | 0.10 (example) | not public');
});

it('shows what a connector changes and what does not hold through it', () => {
  expect(page).toContain('Through `meld` instead:');
  expect(page).toContain('| `limits.plaid-balance-client` | does not hold |');
});

it('leaves no cell for a figure without a source', () => {
  const figures = page.split('\n').filter((line) => line.startsWith('| `') && !line.includes('| does not hold |'));
  expect(figures.length).toBeGreaterThan(300);
  for (const line of figures) {
    const [, , value, source, checkedOn] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    expect(value).not.toBe('');
    expect(source).not.toBe('');
    expect(checkedOn).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  }
});

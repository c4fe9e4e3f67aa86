import { readFileSync } from 'node:fs';
import { printProviders } from './print-providers.js';
import { providers } from './providers/index.js';

const page = printProviders();

it('docs/providers.md is what the catalogue prints', () => {
  expect(readFileSync(new URL('../../../../docs/providers.md', import.meta.url), 'utf8')).toBe(page);
});

it.each(Object.keys(providers))('%s has a section', (name) => {
  expect(page).toContain(`\n## ${name}: `);
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
  expect(figures.length).toBeGreaterThan(60);
  for (const line of figures) {
    const [, , value, source, checkedOn] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    expect(value).not.toBe('');
    expect(source).not.toBe('');
    expect(checkedOn).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  }
});

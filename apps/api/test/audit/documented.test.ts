import { expect, test } from '@jest/globals';
import { auditChecks } from '@freshet/flows';
import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('../../../../docs/running.md', import.meta.url), 'utf8');

/** The first two columns of the table under a heading. */
const tableUnder = (heading: string, next: string): readonly (readonly string[])[] =>
  page
    .slice(page.indexOf(`## ${heading}`), page.indexOf(`## ${next}`))
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, 3)
        .map((cell) => cell.trim()),
    );

test('every check is documented, with its question and in its order', () => {
  expect(tableUnder('What the audit asks', 'Safe repairs')).toEqual(
    auditChecks.map(({ name, question }) => [`\`${name}\``, question]),
  );
});

test('every check has a row that says what repairs it, or that nothing does', () => {
  const rows = tableUnder('Safe repairs', "A provider's invoice");
  expect(rows.map(([name]) => name)).toEqual(auditChecks.map(({ name }) => `\`${name}\``));
});

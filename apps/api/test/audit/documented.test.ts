import { expect, test } from '@jest/globals';
import { auditChecks } from '@freshet/flows';
import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('../../../../docs/running.md', import.meta.url), 'utf8');

/** The first two columns of the table under "What the audit asks". */
const documented = page
  .slice(page.indexOf('## What the audit asks'), page.indexOf('## When something is wrong'))
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, 3)
      .map((cell) => cell.trim()),
  );

test('every check is documented, with its question and in its order', () => {
  expect(documented).toEqual(auditChecks.map(({ name, question }) => [`\`${name}\``, question]));
});

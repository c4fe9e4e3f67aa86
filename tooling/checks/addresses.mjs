// No file of the repository may hold the address of a package registry or a path of one person's machine: a clone must
// install from whatever registry its owner uses, wherever it lies.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';
import { root } from '../run/root.mjs';

const text =
  /\.(ts|mts|mjs|cjs|js|json|jsonc|md|ya?ml|sql|html|css|sh|txt|toml)$|(^|\/)(\.[\w-]+|Dockerfile|LICENSE|run)$/;

// Written so that this file does not find itself.
const patterns = [
  {
    what: 'the address of a package registry',
    expression: new RegExp('//registry\\.[\\w-]+\\.[\\w.-]+|npm' + 'js\\.(org|com)', 'i'),
  },
  { what: 'a registry setting', expression: /^\s*(@[\w-]+:)?registry\s*=/im },
  { what: 'a path of one machine', expression: /(?<![\w.~@-])\/(work|root|home|Users)\/[\w.-]/ },
];

const lineOf = (content, index) => content.slice(0, index).split('\n').length;

const problemsOfText = (file, content) =>
  patterns.flatMap(({ what, expression }) => {
    const match = expression.exec(content);
    return match === null ? [] : [`${file}:${lineOf(content, match.index)} holds ${what}: ${match[0].trim()}`];
  });

function problemsOfLock(file, content) {
  const addressed = Object.entries(JSON.parse(content).packages ?? {}).filter(([, entry]) =>
    /^\w+:\/\//.test(entry.resolved ?? ''),
  );
  return addressed.map(([name]) => `${file}: ${name} has an address in "resolved"`);
}

/** Every line that ties the repository to one registry or one machine. */
export function addressProblems(base) {
  return filesBelow(base, (file) => text.test(file)).flatMap((file) => {
    const content = readFileSync(join(base, file), 'utf8');
    const lock = file.endsWith('package-lock.json') ? problemsOfLock(file, content) : [];
    return [...lock, ...problemsOfText(file, content)];
  });
}

if (import.meta.main) {
  report(
    'addresses',
    addressProblems(root),
    'Take the address or path out. For the lock file: delete it and run `npm install` (.npmrc keeps addresses away).',
  );
}

import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

// Everything here is made by a program or by npm, and ignored by git as well.
const made = new Set(['node_modules', 'dist', 'coverage', 'data', '.git', '.turbo', '.jest-results']);

/** Every file below a directory, as paths relative to it with forward slashes. */
export function filesBelow(directory, keep = () => true) {
  const found = [];
  const walk = (current) => {
    for (const entry of readdirSync(current, { withFileTypes: true })) {
      if (made.has(entry.name)) continue;
      const path = join(current, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) found.push(relative(directory, path).split(sep).join('/'));
    }
  };
  walk(directory);
  return found.filter(keep).toSorted();
}

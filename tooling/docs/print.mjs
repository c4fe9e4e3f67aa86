// Prints the pages that are made from code: `node tooling/docs/print.mjs`, and with --check only compares them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { report } from '../checks/report.mjs';
import { root } from '../run/root.mjs';
import { documents } from './documents.mjs';

async function printed(base, { module, print, source }) {
  if (source) return `\`\`\`ts\n${readFileSync(join(base, source), 'utf8').trimEnd()}\n\`\`\`\n`;
  const file = join(base, module);
  if (!existsSync(file)) throw new Error(`${module} is missing: run \`npm run build\` first`);
  const exports = await import(pathToFileURL(file).href);
  if (typeof exports[print] !== 'function') throw new Error(`${module} does not export ${print}()`);
  const text = await exports[print]();
  if (typeof text !== 'string' || text.trim() === '') throw new Error(`${print}() of ${module} printed nothing`);
  return `${text.trimEnd()}\n`;
}

/** The whole page with its part replaced; a part is told by its two marks. */
function withPart(page, part, text, file) {
  const [from, to] = [`<!-- ${part}: printed by npm run docs -->`, `<!-- end of ${part} -->`];
  const [start, end] = [page.indexOf(from), page.indexOf(to)];
  if (start < 0 || end < start) throw new Error(`${file} has no marks of the part ${part}`);
  return `${page.slice(0, start + from.length)}\n\n${text.trimEnd()}\n\n${page.slice(end)}`;
}

const wanted = (path, page, text) =>
  page.part ? withPart(readFileSync(path, 'utf8'), page.part, text, page.file) : text;

const printedBy = ({ print, source }) => (source ? source : `what ${print}() prints`);

/** Pages that cannot be printed, or (when only comparing) that differ from what the code says today. */
export async function printedDocumentProblems(base, pages, { write }) {
  const problems = [];
  for (const page of pages) {
    const path = join(base, page.file);
    try {
      const text = wanted(path, page, await printed(base, page));
      if (write) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
      } else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
        problems.push(`${page.file} differs from ${printedBy(page)}`);
      }
    } catch (error) {
      problems.push(`${page.file}: ${error.message}`);
    }
  }
  return problems;
}

if (import.meta.main) {
  const write = !process.argv.includes('--check');
  const problems = await printedDocumentProblems(root, documents, { write });
  report(
    'printed docs',
    problems,
    write ? 'Mend the export named above.' : 'Run `npm run docs` and commit the result.',
  );
}

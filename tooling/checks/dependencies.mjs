// Keeps the column "npm, node" of the design's table, which turbo boundaries does not see: from what package.json
// declares and from what the sources import.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { allowedImports } from './allowed-imports.mjs';
import { filesBelow } from './files.mjs';
import { report } from './report.mjs';
import { root } from '../run/root.mjs';

const scope = '@freshet/';
// Contract suites are tests that other packages run: they may use Jest.
const isShipped = (file) =>
  /\.(ts|mts|mjs|js)$/.test(file) && !/\.test\.\w+$/.test(file) && !/^src\/contract\//.test(file);

/** '@scope/name/sub' and 'name/sub' to the package; node: modules stay whole. */
const packageOf = (specifier) =>
  specifier.startsWith('node:')
    ? specifier
    : specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');

const isAllowed = (name, row) =>
  name.startsWith(scope)
    ? row.workspace.includes(name.slice(scope.length))
    : row.external.some((allowed) => (typeof allowed === 'string' ? allowed === name : allowed.test(name)));

const isTypeOnly = (statement) =>
  statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword || statement.isTypeOnly === true;

/** What one file imports from outside its package: statically, dynamically, re-exported; types are marked, they vanish. */
export function externalImports(text) {
  const { statements } = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest);
  const withCode = new Set(
    statements
      .filter((statement) => statement.moduleSpecifier !== undefined && !isTypeOnly(statement))
      .map((statement) => statement.moduleSpecifier.text),
  );
  const withTypes = new Set(statements.filter(isTypeOnly).map((statement) => statement.moduleSpecifier?.text));
  const specifiers = new Set(ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName));
  return [...specifiers]
    .filter((specifier) => !specifier.startsWith('.'))
    .map((specifier) => ({ specifier, typeOnly: withTypes.has(specifier) && !withCode.has(specifier) }));
}

function problemsOfManifest(place, manifest, row) {
  return Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies })
    .filter((name) => !isAllowed(name, row))
    .map((name) => `${place}/package.json declares ${name}, which this folder may not use`);
}

function problemsOfImport(place, file, { specifier, typeOnly }, { manifest, row }) {
  const name = packageOf(specifier);
  if (row !== undefined) {
    if (!isAllowed(name, row)) return [`${place}/${file} imports ${specifier}, which this folder may not use`];
    const only = row.onlyIn?.[name];
    if (only !== undefined && !typeOnly && !only.test(file))
      return [`${place}/${file} imports ${specifier}; only files like ${only.source} may`];
  }
  const declared = name.startsWith('node:') || name === manifest.name || manifest.dependencies?.[name] !== undefined;
  return declared ? [] : [`${place}/${file} imports ${specifier}, which ${place}/package.json does not declare`];
}

function problemsOfPackage(base, place, row) {
  const directory = join(base, place);
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const files = existsSync(join(directory, 'src')) ? filesBelow(join(directory, 'src')) : [];
  const imports = files
    .map((file) => `src/${file}`)
    .filter(isShipped)
    .flatMap((file) =>
      externalImports(readFileSync(join(directory, file), 'utf8')).flatMap((found) =>
        problemsOfImport(place, file, found, { manifest, row }),
      ),
    );
  return [...(row === undefined ? [] : problemsOfManifest(place, manifest, row)), ...imports];
}

/** Everything in packages/ and apps/ that breaks the table. */
export function dependencyProblems(base) {
  const foldersOf = (parent) =>
    existsSync(join(base, parent))
      ? readdirSync(join(base, parent)).filter((name) => existsSync(join(base, parent, name, 'package.json')))
      : [];
  const packages = foldersOf('packages').flatMap((name) => {
    const row = allowedImports[name];
    if (row === undefined) return [`packages/${name} has no row in tooling/checks/allowed-imports.mjs`];
    return problemsOfPackage(base, `packages/${name}`, row);
  });
  // Apps may use everything, but must declare it.
  return [...packages, ...foldersOf('apps').flatMap((name) => problemsOfPackage(base, `apps/${name}`, undefined))];
}

if (import.meta.main) {
  report(
    'dependencies',
    dependencyProblems(root),
    'Move the code to a folder that may use it, or take the import behind a port. The table is in CONTRIBUTING.md.',
  );
}

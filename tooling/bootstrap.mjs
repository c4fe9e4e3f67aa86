// Runs before start, test and check, on whatever Node the system has. It uses nothing but Node itself, because on a
// fresh clone nothing else is there yet.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = [20, 19];

/** Null when this Node can run npm for us; otherwise what to tell the reader. */
export function refusalOf(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return null;
  return (
    `Freshet needs Node ${OLDEST_NODE.join('.')} or newer to install itself; this is ${version}.\n` +
    'Install a current Node (for example from your package manager, nvm or nodejs.org) and run the command again.\n' +
    'Freshet then brings the Node 24 that it runs on by itself.'
  );
}

const readJson = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null);

/**
 * Whether node_modules holds what the lock file asks for. Compares contents, not times: git gives every file of a clone
 * the same time, and an unpacked archive any time at all. npm writes node_modules/.package-lock.json last, so an
 * interrupted install counts as none.
 */
export function isInstalled(root) {
  const wanted = readJson(join(root, 'package-lock.json'));
  const present = readJson(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === null)
    throw new Error(`package-lock.json is missing in ${root}; restore it with: git checkout package-lock.json`);
  if (present === null) return false;
  return Object.entries(wanted.packages).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const found = present.packages[path];
    // An optional package may be absent: it is the binary of another platform.
    if (found === undefined) return entry.optional === true || entry.devOptional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/** npm must not run on the Node inside node_modules: `npm ci` deletes that directory first. */
function pathWithoutLocalBins(path) {
  const local = join('node_modules', '.bin');
  return path
    .split(delimiter)
    .filter((entry) => !entry.split(sep).join('/').endsWith(local.split(sep).join('/')))
    .join(delimiter);
}

function install(root) {
  console.log('Installing packages (npm ci); this takes about a minute and happens once ...');
  const result = spawnSync('npm', ['ci', '--include=dev', '--include=optional', '--loglevel=error'], {
    cwd: root,
    env: { ...process.env, PATH: pathWithoutLocalBins(process.env.PATH ?? '') },
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (result.status === 0) return;
  console.error(result.stdout ?? '', result.stderr ?? '', result.error?.message ?? '');
  console.error('npm ci failed (its words are above). Mend that, then run the command again.');
  process.exit(1);
}

function requireOwnNode(root) {
  const bin = join(root, 'node_modules', 'node', 'bin');
  if (existsSync(join(bin, 'node')) || existsSync(join(bin, 'node.exe'))) return;
  console.error('The npm package "node" did not bring its Node 24: npm was told to run no install scripts.');
  console.error('Run: npm rebuild node --ignore-scripts=false');
  process.exit(1);
}

function bootstrap() {
  const refusal = refusalOf(process.version);
  if (refusal !== null) {
    console.error(refusal);
    process.exit(1);
  }
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  if (!isInstalled(root)) install(root);
  requireOwnNode(root);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) bootstrap();

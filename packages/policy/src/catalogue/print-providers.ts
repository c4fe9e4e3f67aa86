import { parseDuration } from '@freshet/domain';
import { defaults } from './defaults.js';
import { countsWords, durationWords, limitWords } from './limit-words.js';
import type { WrittenLimit } from './limit-words.js';
import { printOverview } from './print-overview.js';
import { providers } from './providers/index.js';
import type { ProviderEntry } from './schema/entry.js';
import type { Figure } from './schema/figure.js';

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

const isFigure = (value: Node): value is Node & Figure<unknown> =>
  Object.hasOwn(value, 'value') && Object.hasOwn(value, 'source');

/** A bar or a line break would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const isLimit = (value: Node): value is Node & WrittenLimit => value.kind === 'cooldown' || value.kind === 'window';

const describeLimit = (limit: WrittenLimit): string =>
  `${limitWords(limit)}${limit.products ? `, of ${limit.products.join(' or ')}` : ''}${countsWords(limit)}`;

/** A duration in words, and as an override has to write it. */
const describeText = (text: string): string =>
  parseDuration(text) === undefined ? text : `${durationWords(text)} (\`${text}\`)`;

const describe = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(describe).join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (!isNode(value)) return describeText(String(value));
  if (isLimit(value)) return describeLimit(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name}: ${isNode(inner) ? `{ ${describe(inner)} }` : describe(inner)}`)
    .join('; ');
};

const row = (path: string, figure: Figure<unknown>): string => {
  const value = `${describe(figure.value)}${figure.example ? ' (example)' : ''}`;
  return `| ${[`\`${path}\``, value, figure.source, figure.checkedOn, figure.note ?? ''].map(cell).join(' | ')} |`;
};

const removedRow = (path: string): string => `| \`${path}\` | does not hold | | | |`;

/** Every figure below a part of the catalogue, each as a row. */
const rows = (part: Node, above: string): readonly string[] =>
  Object.entries(part).flatMap(([name, value]) => {
    const path = above === '' ? name : `${above}.${name}`;
    if (value === null) return [removedRow(path)];
    if (!isNode(value)) return [];
    return isFigure(value) ? [row(path, value)] : rows(value, path);
  });

const table = (lines: readonly string[]): readonly string[] => [
  '| figure | value | source | checked on | note |',
  '| --- | --- | --- | --- | --- |',
  ...lines,
  '',
];

const coded = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

const printEntry = (
  name: string,
  { title, reachedThrough, limits, connectors, signals, unknown, ...settings }: ProviderEntry,
): readonly string[] => [
  `## ${name}`,
  '',
  `${title}. Reached through ${coded(reachedThrough)}.${unknown ? ` Looked for and not found: ${coded(unknown)}.` : ''}`,
  '',
  ...table([
    ...rows(settings, ''),
    ...(limits ?? []).map((limit) => row(`limits.${limit.name}`, limit.limit)),
    ...rows({ signals: signals ?? {} }, ''),
  ]),
  ...Object.entries(connectors ?? {}).flatMap(([connector, variant]) => [
    `Through \`${connector}\` instead:`,
    '',
    ...table(rows(variant, '')),
  ]),
];

/** `docs/providers.md`: every figure of the catalogue, where it was read and when. */
export const printProviders = (): string =>
  [
    '# Providers: what the catalogue holds, and where it was read',
    '',
    'Printed from `packages/policy/src/catalogue` by `npm run docs`. Change the data there, not this page.',
    '',
    'Each figure but the `signals` can be overridden by a [policy file](policy-files.md). *(example)* marks one whose true',
    'value is only in contracts: it shows the shape, and nothing more. What a provider does not say is not in its table;',
    'there the [defaults](#defaults) hold.',
    '',
    '- **Background by**: whether the provider pulls by itself (`provider`) or only when asked, so that the schedule is the',
    "  engine's (`engine`). **Cadence** is the longest pause that can be counted on.",
    '- **Forced**: whether a pull can be asked for now. *By the caller*: the provider keeps no data, so whoever asked gets a',
    '  permit and reads. **Unattended**: whether that may happen without a customer who is there.',
    '- **Limits** are kept before a call is made. *Unknown*: looked for and not found; the provider may still have some, and',
    '  its answer then closes what it names.',
    '- **Signals** are what its answers look like: `limited` (a limit is reached), `toldNextAt` (when the next one is',
    '  possible), `silentNoOp` (it looks like success and nothing is new; compare the field), `presence` (how it is told that',
    '  the customer is there), `consentEndsAt`. They are for whoever reads those answers, and decide nothing.',
    '',
    ...printOverview(providers),
    ...Object.entries(providers).flatMap(([name, entry]) => printEntry(name, entry)),
    '## Defaults',
    '',
    'What holds where an entry says nothing, and, of a provider that is not in the catalogue at all, for everything.',
    'Such a provider is never forced, whatever an override says.',
    '',
    ...table(rows(defaults, '')),
  ].join('\n');

import { defaults } from './defaults.js';
import { providers } from './providers/index.js';
import type { ProviderEntry } from './schema/entry.js';
import type { Figure } from './schema/figure.js';

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

const isFigure = (value: Node): value is Node & Figure<unknown> =>
  Object.hasOwn(value, 'value') && Object.hasOwn(value, 'source');

/** A bar or a line break would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const describe = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(describe).join(', ');
  if (!isNode(value)) return String(value);
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
  '| setting | value | source | checked on | note |',
  '| --- | --- | --- | --- | --- |',
  ...lines,
  '',
];

const printEntry = (
  name: string,
  { title, reachedThrough, limits, connectors, ...settings }: ProviderEntry,
): readonly string[] => [
  `## ${name}: ${title}`,
  '',
  `Reached through ${reachedThrough.map((connector) => `\`${connector}\``).join(', ')}.`,
  '',
  ...table([...rows(settings, ''), ...(limits ?? []).map((limit) => row(`limits.${limit.name}`, limit.limit))]),
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
    'Each figure can be overridden by a policy file (`policies/example.yaml`). *(example)* marks one whose true value is',
    'only in contracts: it shows the shape, and nothing more. What a provider does not say is not in its table; there the',
    'defaults at the end hold.',
    '',
    ...Object.entries(providers).flatMap(([name, entry]) => printEntry(name, entry)),
    '## Defaults',
    '',
    'What holds where an entry says nothing, and, of a provider that is not in the catalogue at all, for everything.',
    'Such a provider is never forced, whatever an override says.',
    '',
    ...table(rows(defaults, '')),
  ].join('\n');

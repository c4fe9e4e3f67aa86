import { byCodeUnit, canonicalJson } from './canonical-json.js';
import { CatalogueError, entryFile, valueAt } from './catalogue-error.js';
import type { CatalogueFault } from './catalogue-error.js';
import { checkContent } from './check-content.js';
import { defaultsSchema, entrySchema } from './schema/entry.js';
import type { CatalogueDefaults, ProviderEntry, ReadDefaults, ReadEntry } from './schema/entry.js';
import { faultsOf } from './schema/faults.js';
import { policyFileSchema } from './schema/policy-file.js';
import type { ReadPolicyFile } from './schema/policy-file.js';
import type { BookContent } from './schema/settings.js';

/** The catalogue as it is written, before anybody has checked it. */
export interface CatalogueSource {
  readonly defaults: CatalogueDefaults;
  readonly providers: Readonly<Record<string, ProviderEntry>>;
}

/** What is read in one go; `faults` gathers what is wrong in any of it. */
interface Reading {
  readonly source: CatalogueSource;
  readonly policyFile: unknown;
  readonly fileName: string;
  readonly faults: CatalogueFault[];
}

const readDefaults = ({ source, faults }: Reading): ReadDefaults | undefined => {
  const read = defaultsSchema.safeParse(source.defaults);
  if (read.success) return read.data;
  faults.push(...faultsOf(read.error, 'catalogue defaults', source.defaults));
  return undefined;
};

const readEntries = ({ source, faults }: Reading): Readonly<Record<string, ReadEntry>> => {
  const entries: Record<string, ReadEntry> = {};
  for (const [name, entry] of Object.entries(source.providers)) {
    const read = entrySchema.safeParse(entry);
    if (read.success) entries[name] = read.data;
    else faults.push(...faultsOf(read.error, entryFile(name), entry));
  }
  return entries;
};

const EMPTY_FILE: ReadPolicyFile = { version: 1 };

/** An empty YAML file reads as null: it sets nothing. */
const readPolicyFile = ({ policyFile, fileName, faults }: Reading): ReadPolicyFile => {
  if (policyFile === undefined || policyFile === null) return EMPTY_FILE;
  const read = policyFileSchema.safeParse(policyFile);
  if (read.success) return read.data;
  faults.push(...faultsOf(read.error, fileName, policyFile));
  return EMPTY_FILE;
};

const refuseNamesakes = (file: ReadPolicyFile, { source, policyFile, fileName, faults }: Reading): void => {
  for (const name of Object.keys(file.providers ?? {})) {
    if (!Object.hasOwn(source.providers, name)) continue;
    const message = 'the catalogue has this provider: change it by an override';
    faults.push({
      file: fileName,
      path: `providers.${name}`,
      message,
      value: valueAt(policyFile, ['providers', name]),
    });
  }
};

const stopAtFaults = ({ faults }: Reading): void => {
  if (faults.length > 0) throw new CatalogueError(faults);
};

/** Without what decides nothing: title, ways there, gaps and most signs do not make another version. */
const providerSettings = ({
  title: _title,
  reachedThrough: _through,
  signals,
  unknown: _unknown,
  limits,
  connectors,
  ...settings
}: ReadEntry) => ({
  settings: { ...settings, limits: Object.fromEntries((limits ?? []).map(({ name, limit }) => [name, limit])) },
  connectors: connectors ?? {},
  limited: signals?.limited ?? {},
  outcomes: signals?.outcomes,
});

/** Through JSON: fields that were read as undefined are gone, which is what the types of the content say. */
const asContent = (content: object): BookContent => JSON.parse(canonicalJson(content)) as BookContent;

/** The order in which a file lists overrides and budgets means nothing: so it must not make another version. */
const inOneOrder = (content: BookContent): BookContent => ({
  ...content,
  overrides: content.overrides.toSorted((a, b) => byCodeUnit(canonicalJson(a.match), canonicalJson(b.match))),
  budgets: content.budgets.toSorted((a, b) => byCodeUnit(a.name, b.name)),
});

/** Checks the catalogue and the policy file and puts them together. Throws a CatalogueError that lists every fault. */
export const readContent = (source: CatalogueSource, policyFile: unknown, fileName: string): BookContent => {
  const reading: Reading = { source, policyFile, fileName, faults: [] };
  const defaults = readDefaults(reading);
  const file = readPolicyFile(reading);
  refuseNamesakes(file, reading);
  const entries = { ...readEntries(reading), ...file.providers };
  stopAtFaults(reading);

  const content = asContent({
    format: 1,
    defaults: { coalesces: null, range: null, price: null, limits: {}, ...defaults },
    providers: Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, providerSettings(entry)])),
    overrides: file.overrides ?? [],
    budgets: file.budgets ?? [],
  });
  const connectors = new Set(Object.values(entries).flatMap(({ reachedThrough }) => reachedThrough));
  const added = new Set(Object.keys(file.providers ?? {}));
  reading.faults.push(...checkContent(content, { connectors, fileName, policyFile, added }));
  stopAtFaults(reading);
  return inOneOrder(content);
};

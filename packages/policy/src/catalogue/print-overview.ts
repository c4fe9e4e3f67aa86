import { parseAmount } from '@freshet/domain';
import { durationWords, limitWords, stretchWords } from './limit-words.js';
import type { WrittenLimit } from './limit-words.js';
import type { ProviderEntry } from './schema/entry.js';
import type { Figure } from './schema/figure.js';

type Variant = NonNullable<ProviderEntry['connectors']>[string];
type Limits = readonly WrittenLimit[];

/** An entry as it is through one connector. */
interface Seen {
  readonly entry: ProviderEntry;
  readonly limits: Limits;
}

const directly = (entry: ProviderEntry): Seen => ({
  entry,
  limits: (entry.limits ?? []).map(({ limit }) => limit.value),
});

const through = (entry: ProviderEntry, variant: Variant): Seen => {
  const limits = new Map<string, Figure<WrittenLimit> | null>([
    ...(entry.limits ?? []).map(({ name, limit }) => [name, limit] as const),
    ...Object.entries(variant.limits ?? {}),
  ]);
  const { price, background, forced, consent } = variant;
  const merged: ProviderEntry = {
    ...entry,
    ...(price ? { price } : {}),
    background: { ...entry.background, ...background } as ProviderEntry['background'],
    forced: { ...entry.forced, ...forced } as ProviderEntry['forced'],
    consent: { ...entry.consent, ...consent },
  };
  return { entry: merged, limits: [...limits.values()].flatMap((limit) => limit?.value ?? []) };
};

const marked = (words: string, figure: Figure<unknown>): string => (figure.example ? `${words} (example)` : words);

const cadence = ({ background }: ProviderEntry): string =>
  background.every === undefined ? 'unknown' : `every ${stretchWords(background.every.value)}`;

const forcing = ({ forced }: ProviderEntry): string => {
  if (!forced.available.value) return 'no';
  return forced.executor?.value === 'caller' ? 'yes, by the caller' : 'yes';
};

/** Limits that differ by nothing but the product are one line that names them all. */
const limitLines = (entry: ProviderEntry, limits: Limits): string => {
  const products = new Map<string, readonly string[]>();
  for (const limit of limits) {
    const words = limitWords(limit);
    products.set(words, [...(products.get(words) ?? []), ...(limit.products ? [limit.products.join(' or ')] : [])]);
  }
  const lines = [...products].map(([words, of]) =>
    of.length === 0 ? words : `${words}, ${of.length > 1 ? 'each ' : ''}of ${of.join(', ')}`,
  );
  if (lines.length > 0) return lines.join('; ');
  return entry.unknown?.includes('limits') ? 'unknown' : 'none known';
};

const price = ({ price: list }: ProviderEntry): string => {
  if (list === undefined) return 'unknown';
  if (parseAmount(list.perRequest.value) === 0) return 'none of its own';
  return marked(`${list.perRequest.value} ${list.currency.value} on ${list.billedOn.value}`, list.perRequest);
};

const consentLife = ({ consent }: ProviderEntry): string =>
  consent?.life === undefined ? 'unknown' : durationWords(consent.life.value);

const cells = ({ entry, limits }: Seen): readonly string[] => [
  entry.background.owner.value,
  cadence(entry),
  forcing(entry),
  entry.forced.unattended.value ? 'yes' : 'no',
  limitLines(entry, limits),
  price(entry),
  consentLife(entry),
];

const line = (first: string, rest: readonly string[]): string => `| ${[first, ...rest].join(' | ')} |`;

const same = (a: readonly string[], b: readonly string[]): boolean => a.every((cell, index) => cell === b[index]);

/** A row for the provider, and one for each connector through which something of the row is different. */
const overviewRows = (name: string, entry: ProviderEntry): readonly string[] => {
  const own = cells(directly(entry));
  const others = Object.entries(entry.connectors ?? {}).map(
    ([connector, variant]) => [connector, cells(through(entry, variant))] as const,
  );
  return [
    line(`[${name}](#${name.toLowerCase()})`, own),
    ...others
      .filter(([, row]) => !same(own, row))
      .map(([connector, row]) => line(`${name} through \`${connector}\``, row)),
  ];
};

/** One row a provider: what somebody wants to know who has to choose one. */
export const printOverview = (providers: Readonly<Record<string, ProviderEntry>>): readonly string[] => [
  '| provider | background by | cadence | forced | unattended | limits | price of a forced refresh | consent lasts |',
  '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ...Object.entries(providers).flatMap(([name, entry]) => overviewRows(name, entry)),
  '',
];

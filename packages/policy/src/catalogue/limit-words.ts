import { DAY, HOUR, MINUTE, parseDuration } from '@freshet/domain';
import { spokenDuration } from '../reasons/spoken.js';
import type { ProviderEntry } from './schema/entry.js';

/** A limit as an entry writes it. */
export type WrittenLimit = NonNullable<ProviderEntry['limits']>[number]['limit']['value'];

type Per = Extract<WrittenLimit, { kind: 'window' }>['per'];
type After = Extract<WrittenLimit, { kind: 'cooldown' }>['after'];

/** An ISO-8601 duration as people say it. */
export const durationWords = (iso: string): string => spokenDuration(parseDuration(iso) ?? Number.NaN);

const units: ReadonlyMap<number | undefined, string> = new Map([
  [MINUTE, 'minute'],
  [HOUR, 'hour'],
  [DAY, '24 h'],
]);

/** After `every`, `any` or `each`. */
export const stretchWords = (iso: string): string => units.get(parseDuration(iso)) ?? durationWords(iso);

const perWords = (per: Per): string => {
  if (per.shape === 'calendar') return `in each calendar ${per.unit} (${per.timeZone})`;
  return `in ${per.shape === 'rolling' ? 'any' : 'each'} ${stretchWords(per.length)}`;
};

const afterWords: Readonly<Record<After, string>> = {
  success: 'after a success',
  attempt: 'after a call of ours',
  'any-pull': 'after any pull of anybody',
};

const scopeWords: Readonly<Record<WrittenLimit['scope'], string>> = {
  connection: 'per connection',
  group: 'per group of duplicates',
  'customer-institution': 'per customer and institution',
  customer: 'per customer',
  institution: 'per institution',
  account: 'per client of the provider',
};

const appliesWords = { all: '', attended: ', for attended ones', unattended: ', for unattended ones' } as const;

/** What the limit allows, whatever the product: `4 in any 24 h per connection`. */
export const limitWords = (limit: WrittenLimit): string => {
  const much =
    limit.kind === 'cooldown'
      ? `pause of ${durationWords(limit.for)} ${afterWords[limit.after]}`
      : `${limit.count} ${perWords(limit.per)}`;
  return `${much} ${scopeWords[limit.scope]}${appliesWords[limit.applies ?? 'all']}`;
};

/** What of a window's counting is not plain from its words. */
export const countsWords = (limit: WrittenLimit): string => {
  if (limit.kind === 'cooldown') return '';
  const successes = limit.counts.on === 'success' ? ', failures are free' : '';
  return ` (counts ${limit.counts.origins.join(', ')}${successes})`;
};

import type { Budget, PolicyBook, PolicySelector } from '../policy.js';
import { readContent } from './book-content.js';
import { byCodeUnit, canonicalJson } from './canonical-json.js';
import { CatalogueError } from './catalogue-error.js';
import { defaults } from './defaults.js';
import { settingsFor } from './merge.js';
import { cached } from './policy-cache.js';
import { providers } from './providers/index.js';
import { resolveBudget, resolveOutcomes, resolvePolicy, resolveSigns } from './resolve.js';
import type { BookContent } from './schema/settings.js';

export interface PolicyBookInput {
  /** The parsed policy file; absent or null: the catalogue as it is. */
  readonly policyFile?: unknown;
  /** What faults of that file are reported under. */
  readonly fileName?: string;
  /** A content hash: equal texts give equal versions, different ones do not. */
  readonly hash: (text: string) => string;
}

interface Archive {
  readonly version: string;
  readonly content: BookContent;
}

const budgetsOf = (content: BookContent, tenantId: string): readonly Budget[] =>
  content.budgets.filter(({ tenant }) => (tenant ?? tenantId) === tenantId).map(resolveBudget);

const openBook = (archive: string, { version, content }: Archive): PolicyBook => {
  const resolve = (selector: PolicySelector) => {
    const { provider, tenantId } = selector;
    const known = Object.hasOwn(content.providers, provider);
    const budgets = budgetsOf(content, tenantId).filter((budget) => (budget.provider ?? provider) === provider);
    const { limited, outcomes } = (known ? content.providers[provider] : undefined) ?? {};
    const head = { version, provider, known, budgets, limitedSigns: resolveSigns(limited) };
    return resolvePolicy({ ...head, readOutcomes: resolveOutcomes(outcomes) }, settingsFor(content, selector));
  };
  return {
    version,
    archive,
    providers: Object.keys(content.providers).toSorted(byCodeUnit),
    policyFor: cached(content, resolve),
    budgetsFor: (tenantId) => budgetsOf(content, tenantId),
  };
};

const isArchive = (value: unknown): value is Archive =>
  typeof value === 'object' &&
  value !== null &&
  'version' in value &&
  typeof value.version === 'string' &&
  'content' in value &&
  typeof value.content === 'object' &&
  value.content !== null &&
  'format' in value.content &&
  value.content.format === 1;

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** A book that was archived before there were breakers: its decisions are decided again, and nothing opens for them. */
const NEVER_OPENS = { failures: 1, of: 0, within: 1, pause: 1, maxPause: 1, probe: 1 } as const;

const complete = ({ version, content }: Archive): Archive => ({
  version,
  content: { ...content, defaults: { ...content.defaults, breaker: content.defaults.breaker ?? NEVER_OPENS } },
});

/** The same book from its archive, so that an old decision can be decided again by the rules that it knew. */
export const rebuildPolicyBook = (archive: string): PolicyBook => {
  const read = parseJson(archive);
  if (isArchive(read)) return openBook(archive, complete(read));
  const message = 'expected an archived policy book of format 1';
  throw new CatalogueError([{ file: 'policy archive', path: '(whole)', message, value: archive }]);
};

/**
 * Checks the catalogue and the policy file, and makes the book of their policies. Its version is a hash of everything
 * that decides one, so a comment, another order or another spelling of the same duration is not another version.
 * Throws a CatalogueError that lists every fault with its file, path and value.
 */
export const buildPolicyBook = ({ policyFile, fileName = 'policy file', hash }: PolicyBookInput): PolicyBook => {
  const content = readContent({ defaults, providers }, policyFile, fileName);
  const version = hash(canonicalJson(content));
  // By way of the archive, so that a rebuilt book cannot differ from the one that was archived.
  return rebuildPolicyBook(canonicalJson({ version, content }));
};

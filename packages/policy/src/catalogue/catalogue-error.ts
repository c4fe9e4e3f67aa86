/** One thing that is wrong in the catalogue or in a policy file. */
export interface CatalogueFault {
  /** The policy file, or the entry of the catalogue. */
  readonly file: string;
  /** Where in it: `overrides[0].set.limits.mx-cooldown.for`. */
  readonly path: string;
  readonly message: string;
  readonly value: unknown;
}

/** A value as a person would find it again in the file; absent ones print as such. */
const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

/** A wrong catalogue or policy file stops the start. Lists every fault, not the first. */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError';
  readonly faults: readonly CatalogueFault[];

  constructor(faults: readonly CatalogueFault[]) {
    super(
      faults.map(({ file, path, message, value }) => `${file}: ${path}: ${message}, got ${show(value)}`).join('\n'),
    );
    this.faults = faults;
  }
}

/** The name under which faults of a provider's own entry are reported. */
export const entryFile = (provider: string): string => `catalogue entry ${provider}`;

export type Path = readonly PropertyKey[];

export const formatPath = (path: Path): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  ) || '(whole)';

/** What stands at a path; undefined where nothing does. */
export const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    root,
  );

/** Rounding at most: what exp and log come to may differ in its last digits from one runtime to the next. */
const ROUNDING = 1e-9;

const sameNumber = (a: number, b: number): boolean => {
  if (a === b) return true;
  if (Number.isInteger(a) && Number.isInteger(b)) return false;
  return Math.abs(a - b) <= ROUNDING * Math.max(Math.abs(a), Math.abs(b));
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const definedIn = (value: Readonly<Record<string, unknown>>): number => {
  let count = 0;
  for (const key in value) if (value[key] !== undefined) count += 1;
  return count;
};

const sameItems = (kept: readonly unknown[], made: readonly unknown[]): boolean =>
  kept.length === made.length && made.every((item, index) => sameValues(kept[index], item));

const sameFields = (kept: Readonly<Record<string, unknown>>, made: Readonly<Record<string, unknown>>): boolean => {
  if (definedIn(made) !== definedIn(kept)) return false;
  for (const key in made) {
    if (made[key] !== undefined && !(Object.hasOwn(kept, key) && sameValues(kept[key], made[key]))) return false;
  }
  return true;
};

/**
 * Whether a value that a store kept as JSON says what this one does, in whatever order their fields are. JSON leaves absent
 * fields away, and what is no number is null there.
 */
export const sameValues = (kept: unknown, made: unknown): boolean => {
  if (typeof made === 'number') {
    return typeof kept === 'number' ? sameNumber(kept, made) : kept === null && !Number.isFinite(made);
  }
  if (!isObject(kept) || !isObject(made)) return kept === (made ?? null);
  if (Array.isArray(kept) || Array.isArray(made))
    return Array.isArray(kept) && Array.isArray(made) && sameItems(kept, made);
  return sameFields(kept, made);
};

/** Rounding at most: what exp and log come to may differ in its last digits from one runtime to the next. */
const ROUNDING = 1e-9;

const sameNumber = (a: number, b: number): boolean => {
  if (a === b) return true;
  if (Number.isInteger(a) && Number.isInteger(b)) return false;
  return Math.abs(a - b) <= ROUNDING * Math.max(Math.abs(a), Math.abs(b));
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Whether two values that came out of JSON say the same, in whatever order their fields are. */
export const sameValues = (a: unknown, b: unknown): boolean => {
  if (typeof a === 'number' && typeof b === 'number') return sameNumber(a, b);
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return a === b;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameValues(a[key], b[key]))
  );
};

/** As a store keeps it: absent fields are gone, and what is no number is null. */
export const asKept = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null)) as unknown;

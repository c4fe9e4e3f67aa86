/** By code unit: the same everywhere, whatever the locale. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const inOrder = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => byCodeUnit(a, b))
      .map(([key, inner]) => [key, inOrder(inner)]),
  );
};

/** JSON with the keys of every object in order: equal contents make equal texts. */
export const canonicalJson = (value: unknown): string => JSON.stringify(inOrder(value));

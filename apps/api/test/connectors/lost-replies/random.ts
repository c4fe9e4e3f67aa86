/** The same seed gives the same numbers (mulberry32). */
export interface Random {
  /** A whole number below that. */
  readonly below: (limit: number) => number;
  readonly chance: (of: number) => boolean;
  readonly oneOf: <Item>(items: readonly Item[]) => Item;
}

export const randomFrom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    chance: (of) => next() < of,
    oneOf: (items) => items[below(items.length)] as (typeof items)[number],
  };
};

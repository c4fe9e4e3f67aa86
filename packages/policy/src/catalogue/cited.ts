import type { Figure } from './schema/figure.js';

/** The day on which the figures below were last held against their sources. */
export const CHECKED_ON = '2026-11-21';

/** Figures read from one place. */
export const cited =
  (source: string) =>
  <const Value>(value: Value, note?: string): Figure<Value> => ({
    value,
    source,
    checkedOn: CHECKED_ON,
    ...(note === undefined ? {} : { note }),
  });

/** A figure that no source gives and the engine needs: ours, with the reason. */
export const ourChoice = <const Value>(value: Value, reason: string): Figure<Value> =>
  cited(`our choice: ${reason}`)(value);

/** A price or a quota that is only in contracts: it shows the shape, and an override has to tell the true one. */
export const example = <const Value>(value: Value, note?: string): Figure<Value> => ({
  ...cited('not public: an example, to be overridden by your contract')(value, note),
  example: true,
});

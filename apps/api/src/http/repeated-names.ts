/** Names in a parsed value, counted over all of its objects, without recursion: bodies may be nested as deep as they like. */
const countNames = (value: unknown): number => {
  let count = 0;
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    const inside: readonly unknown[] = Array.isArray(next) ? next : Object.values(next);
    if (!Array.isArray(next)) count += inside.length;
    for (const item of inside) if (typeof item === 'object' && item !== null) waiting.push(item);
  }
  return count;
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Colons outside of strings: in valid JSON there is one for each name that was written. */
const countColons = (text: string): number => {
  let count = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === BACKSLASH) index += 1;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === COLON) count += 1;
  }
  return count;
};

/**
 * Whether some object of a JSON text has one name twice. The parser keeps the last of them in silence, so that what was
 * checked by a proxy and what is done here could differ.
 */
export const hasRepeatedName = (text: string, value: unknown): boolean => countColons(text) !== countNames(value);

/** An element of a page, as it was opened. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The elements around it, the outermost first. */
  readonly path: readonly string[];
}

const VOID = new Set(['meta', 'br', 'hr', 'link', 'img', 'input']);
const TAG = /<!--[\s\S]*?-->|<!doctype [^>]*>|<(\/?)([a-zA-Z][\w:-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*(\/?)>/gi;
const ATTRIBUTE = /([\w:-]+)(?:="([^"]*)")?/g;

/**
 * Reads markup strictly, where a browser would forgive: every element that is opened is closed, in the reverse order, every
 * attribute is quoted, and outside of tags there is no `<`. Throws where that does not hold.
 */
export const readMarkup = (text: string): readonly Element[] => {
  const elements: Element[] = [];
  const open: string[] = [];
  let end = 0;
  for (const match of text.matchAll(TAG)) {
    const between = text.slice(end, match.index);
    if (between.includes('<') && open.at(-1) !== 'style')
      throw new Error(`a stray < in ${JSON.stringify(between.slice(0, 80))}`);
    end = match.index + match[0].length;
    const [, closing, spelled = '', attributes = '', selfClosing] = match;
    const name = spelled.toLowerCase();
    if (spelled === '') continue;
    if (closing === '/') {
      const opened = open.pop();
      if (opened !== name) throw new Error(`</${name}> closes <${opened ?? 'nothing'}>`);
      continue;
    }
    const pairs = [...attributes.matchAll(ATTRIBUTE)].map(([, key = '', value = '']) => [key, value] as const);
    elements.push({ name, attributes: Object.fromEntries(pairs), path: [...open] });
    if (!VOID.has(name) && selfClosing !== '/') open.push(name);
  }
  if (text.slice(end).includes('<')) throw new Error('a stray < at the end');
  if (open.length > 0) throw new Error(`never closed: ${open.join(', ')}`);
  return elements;
};

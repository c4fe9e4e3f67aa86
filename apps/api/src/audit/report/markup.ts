import { escapeHtml } from '../../http/html.js';

/** HTML that may be put into HTML as it is. Anything else is escaped. */
export class Markup {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

export type Inlay = Markup | readonly Markup[] | string | number | null;

const render = (inlay: Inlay): string => {
  if (inlay === null) return '';
  if (inlay instanceof Markup) return inlay.text;
  return typeof inlay === 'object' ? inlay.map(render).join('') : escapeHtml(String(inlay));
};

/** The only way to make markup out of values: every value is escaped unless it is markup itself. */
export const html = (parts: TemplateStringsArray, ...inlays: readonly Inlay[]): Markup =>
  new Markup(parts.reduce((text, part, index) => text + render(inlays[index - 1] ?? null) + part));

export const nothing = new Markup('');

import { html, Markup, nothing } from '../markup.js';
import type { Chart, Draw, Fill } from './chart.js';

/**
 * A drawing as it stands in the page: it scales, is said in words, and its names are its own. What the library adds for
 * hovering and for its own scripts is left out.
 */
const framed = (svg: string, size: 'wide' | 'narrow', { width, height }: Chart['wide'], name: string): string => {
  const inner = svg
    .replace(/^<svg[^>]*>/, '')
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class="[^"]*"|ecmeta_\w+="[^"]*")/g, '')
    .replace(/\bzr\d+-/g, `${name}-${size}-`);
  return `<svg class="${size}" viewBox="0 0 ${width} ${height}" role="presentation" focusable="false">${inner}`;
};

const swatch = ({ color, hatched = false }: Fill): Markup =>
  html`<i class="${hatched ? 'swatch hatched' : 'swatch'}" style="background-color: ${color}"></i>`;

/** Pictures of charts, by chart; what could not be drawn is left to the tables. */
export type Pictures = ReadonlyMap<Chart, readonly [wide: string | null, narrow: string | null]>;

export const drawn = async (charts: readonly Chart[], draw: Draw): Promise<Pictures> => {
  const made = await draw(charts.flatMap(({ wide, narrow }) => [wide, narrow]));
  return new Map(charts.map((chart, index) => [chart, [made[index * 2] ?? null, made[index * 2 + 1] ?? null]]));
};

/** A chart with its title, its legend and what it shows in words. */
export const figure = (chart: Chart, name: string, pictures: Pictures): Markup => {
  const [wide, narrow] = pictures.get(chart) ?? [null, null];
  if (wide === null || narrow === null) return nothing;
  const svg = new Markup(framed(wide, 'wide', chart.wide, name) + framed(narrow, 'narrow', chart.narrow, name));
  return html`<figure>
    <figcaption id="${name}-title">${chart.title}</figcaption>
    <div role="img" aria-labelledby="${name}-title" aria-description="${chart.description}">${svg}</div>
    <ul class="legend">
      ${chart.legend.map((entry) => html`<li>${swatch(entry.fill)} ${entry.name}</li>`)}
    </ul>
  </figure> `;
};

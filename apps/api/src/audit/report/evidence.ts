import { parseAmount } from '@freshet/domain';
import { html, nothing, type Markup } from './markup.js';
import { plainAmount } from './numbers.js';

/** `giveUpAt` as a person writes it: `Give up at`. */
export const words = (name: string): string => {
  const spaced = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('-', ' ')
    .toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
};

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isMoney = (value: unknown): value is { readonly amount: string; readonly currency: string } =>
  isFields(value) && typeof value.amount === 'string' && typeof value.currency === 'string';

/** Ids are meant to be searched for, so they look like code. */
const isId = (text: string): boolean => /^[a-z]{2,5}_[0-9a-f-]{8,}/.test(text);

const isInstant = (text: string): boolean => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text);

/** Money, as the API writes it. */
const isAmount = (text: string): boolean => /^-?\d+\.\d{6}$/.test(text);

/** `2026-05-20 02:00:00.000 UTC`: nobody reads a T and a Z. */
export const readable = (instant: string): string => instant.replace('T', ' ').replace('Z', ' UTC');

const INSTANTS = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** What was found, as a sentence without its stop. */
export const sentence = (summary: string): string => {
  const text = summary.replace(INSTANTS, readable);
  return text.charAt(0).toUpperCase() + text.slice(1);
};

const text = (value: string): Markup => {
  if (isInstant(value)) return html`${readable(value)}`;
  if (isAmount(value)) return html`${plainAmount({ micros: parseAmount(value) ?? 0 })}`;
  return isId(value) ? html`<code>${value}</code>` : html`${value}`;
};

const shortly = (value: unknown): Markup => {
  if (value === null || value === undefined) return html`<span class="soft">none</span>`;
  if (typeof value === 'boolean') return html`${value ? 'yes' : 'no'}`;
  if (typeof value === 'number') return html`${value}`;
  if (typeof value === 'string') return text(value);
  if (isMoney(value)) return html`${text(value.amount)} ${value.currency}`;
  if (Array.isArray(value) && value.length === 0) return html`<span class="soft">none</span>`;
  if (Array.isArray(value) && value.every((part) => typeof part === 'string')) {
    return html`${value.map((part, index) => html`${index === 0 ? '' : ', '}${shortly(part)}`)}`;
  }
  return html`<code>${JSON.stringify(value)}</code>`;
};

const isTable = (value: unknown): value is readonly Fields[] =>
  Array.isArray(value) && value.length > 0 && value.every(isFields);

const table = (name: string, rows: readonly Fields[]): Markup => {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return html`<table>
    <caption>
      ${words(name)}
    </caption>
    <thead>
      <tr>
        ${columns.map((column) => html`<th scope="col">${words(column)}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${columns.map((column) => html`<td>${shortly(row[column])}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
};

/** Whatever a check laid down: facts as a list, rows as a table. */
export const renderEvidence = (evidence: Fields): Markup => {
  const entries = Object.entries(evidence);
  const facts = entries.filter(([, value]) => !isTable(value));
  const tables = entries.filter((entry): entry is [string, readonly Fields[]] => isTable(entry[1]));
  if (entries.length === 0) return nothing;
  return html`<div class="evidence">
    <dl>
      ${facts.map(
        ([name, value]) =>
          html`<dt>${words(name)}</dt>
            <dd>${shortly(value)}</dd>`,
      )}
    </dl>
    ${tables.map(([name, rows]) => table(name, rows))}
  </div>`;
};

import { html, nothing, type Inlay, type Markup } from './markup.js';
import { number } from './numbers.js';

/** A column of a table: what it is called, and what stands in it. */
export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => Inlay;
  /** A number or an amount: set to the right. */
  readonly isNumber?: boolean;
}

export const count = (value: number): Markup =>
  value === 0 ? html`<span class="zero">0</span>` : html`${number(value)}`;

/** A table that scrolls sideways where the window is narrow. */
export const dataTable = <Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Markup =>
  rows.length === 0
    ? nothing
    : html`<div class="scroll">
        <table class="data">
          <caption>
            ${caption}
          </caption>
          <thead>
            <tr>
              ${columns.map(({ name, isNumber }) => html`<th scope="col" class="${isNumber ? 'n' : ''}">${name}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              (row) =>
                html`<tr>
                  ${columns.map(({ cell, isNumber }, index) =>
                    index === 0
                      ? html`<th scope="row">${cell(row)}</th>`
                      : html`<td class="${isNumber ? 'n' : ''}">${cell(row)}</td>`,
                  )}
                </tr> `,
            )}
          </tbody>
        </table>
      </div> `;

/** One question of the report, answered by a picture and a table. Checks have sections of their own names. */
export const section = (id: string, title: string, intro: string, ...body: readonly Markup[]): Markup =>
  html`<section class="figures" id="figures-${id}">
    <header>
      <h2>${title}</h2>
      <p>${intro}</p>
    </header>
    ${body}
  </section> `;

export const none = (text: string): Markup => html`<p class="none soft">${text}</p>`;

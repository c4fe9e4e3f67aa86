import { formatInstant } from '@freshet/domain';
import type { AuditRun, Finding } from '@freshet/domain';
import { differenceOf, isNew } from '../since-view.js';
import { checksOf } from '../audit-view.js';
import { goneFindings, worstFindings, type FindingSource } from '../findings.js';
import { sentence, words } from './evidence.js';
import { html, nothing, type Markup } from './markup.js';
import { number, plainMoney } from './numbers.js';

/** More of these nobody reads one by one: each has its place among the findings. */
export const MOST_CHANGES = 40;

const row = (finding: Finding, name: Markup): Markup =>
  html`<tr>
    <td><span class="badge ${finding.severity}">${finding.severity}</span></td>
    <th scope="row">${name}</th>
    <td>${words(finding.check)}</td>
    <td class="n">${finding.money === null ? nothing : plainMoney(finding.money)}</td>
    <td class="n">${formatInstant(finding.firstSeenAt).slice(0, 10)}</td>
  </tr> `;

const table = (id: string, caption: string, lastColumn: string, rows: readonly Markup[], left: number): Markup =>
  html`<div class="scroll" id="${id}">
    <table class="data changes">
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">Severity</th>
          <th scope="col">What</th>
          <th scope="col">Found by</th>
          <th scope="col" class="n">Money</th>
          <th scope="col" class="n">${lastColumn}</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
    ${left <= 0 ? nothing : html`<p class="more soft">and ${number(left)} more</p>`}
  </div> `;

const firstOf = async (findings: AsyncIterable<Finding>, most: number): Promise<readonly Finding[]> => {
  const first: Finding[] = [];
  for await (const finding of findings) {
    first.push(finding);
    if (first.length === most) break;
  }
  return first;
};

async function* onlyNew(source: FindingSource, run: AuditRun): AsyncGenerator<Finding> {
  for await (const finding of worstFindings(source, run)) if (isNew(run, finding) === true) yield finding;
}

/** What has come and gone since the audit before; nothing where there is none. */
export const changes = async (source: FindingSource, run: AuditRun): Promise<Markup> => {
  const changed = differenceOf(run, checksOf(run));
  if (run.since === null || changed === undefined || changed.added + (changed.gone ?? 0) === 0) return nothing;
  const added = changed.added === 0 ? [] : await firstOf(onlyNew(source, run), MOST_CHANGES);
  const gone = (changed.gone ?? 0) === 0 ? [] : await firstOf(goneFindings(source, run), MOST_CHANGES);
  return html`<section class="figures" id="figures-changes">
    <header>
      <h2>What has changed</h2>
      <p>Against the audit of ${formatInstant(run.since.requestedAt).slice(0, 10)}.</p>
    </header>
    ${added.length === 0 ? nothing : table('new', 'New', 'First seen', added.map((each) => row(each, html`<a href="#${each.id}">${sentence(each.summary)}</a>`)), changed.added - added.length)}
    ${gone.length === 0 ? nothing : table('gone', 'Gone', 'First seen', gone.map((each) => row(each, html`${sentence(each.summary)}`)), (changed.gone ?? 0) - gone.length)}
  </section> `;
};

import { addMoney, formatInstant } from '@freshet/domain';
import type { AuditRun, Finding, Money } from '@freshet/domain';
import { countsOf, questionOf, totalOf } from '../audit-view.js';
import { findingsOfCheck, type FindingSource } from '../findings.js';
import { isNew } from '../since-view.js';
import { renderEvidence, sentence, words } from './evidence.js';
import { html, Markup, nothing } from './markup.js';
import { number, plainMoney, plural } from './numbers.js';

/** More than these of one check nobody reads on paper: the rest is in the CSV. */
export const MOST_SHOWN = 500;

const seen = (run: AuditRun, found: Finding): Markup => {
  const fresh = isNew(run, found);
  if (fresh === null) return nothing;
  return fresh
    ? html` <span class="badge new">new</span>`
    : html` <span class="soft">since ${formatInstant(found.firstSeenAt).slice(0, 10)}</span>`;
};

const finding = (run: AuditRun, found: Finding): Markup =>
  html`<article class="finding ${found.severity}" id="${found.id}">
    <div class="top">
      <span><span class="badge ${found.severity}">${found.severity}</span>${seen(run, found)}</span
      >${found.money === null ? nothing : html`<span class="amount">${plainMoney(found.money)}</span>`}
    </div>
    <p class="summary">${sentence(found.summary)}.</p>
    <p class="todo"><b>What to do:</b> ${found.action}</p>
    ${renderEvidence({ connection: found.connectionId, ...found.evidence })}
  </article> `;

const clear = (run: AuditRun, check: string): Markup => {
  if (totalOf(countsOf(run, check)) > 0) return nothing;
  const asked = plural(run.examined[check] ?? 0, 'row');
  const text = run.state === 'done' ? `Yes: ${asked} looked at, nothing found.` : 'Nothing found so far.';
  return html`<p class="clear">${text}</p>`;
};

/** Opened here, closed behind the last finding. */
const opened = (check: string): Markup => new Markup(`<section class="check" id="${html`${check}`.text}">\n`);
const CLOSED = new Markup('</section>\n');

const checkTop = (run: AuditRun, check: string): Markup =>
  html`${opened(check)}
    <header>
      <h2>${words(check)}</h2>
      <p>${questionOf(check)}</p>
    </header>
    ${clear(run, check)} `;

const plus = (sums: readonly Money[], { money }: Finding): readonly Money[] => {
  if (money === null) return sums;
  const known = sums.find(({ currency }) => currency === money.currency);
  return known === undefined ? [...sums, money] : sums.map((sum) => (sum === known ? addMoney(sum, money) : sum));
};

const checkEnd = (run: AuditRun, shown: number, sums: readonly Money[], check: string, csv: string): Markup => {
  const all = totalOf(countsOf(run, check));
  const left = all - shown;
  const rest =
    left <= 0
      ? nothing
      : html`<p class="more soft">
          ${number(left)} more of this check are not shown here: <a href="${csv}">the CSV</a> has all ${number(all)}.
        </p>`;
  const subtotal =
    sums.length === 0 || left > 0
      ? nothing
      : html`<p class="subtotal">At stake here: ${sums.map(plainMoney).join(', ')}</p>`;
  return html`${rest}${subtotal}${CLOSED}`;
};

/** A check and what it found, written as it is read. */
export async function* checkSection(
  source: FindingSource,
  run: AuditRun,
  check: string,
  csv: string,
): AsyncGenerator<Markup> {
  yield checkTop(run, check);
  let shown = 0;
  let sums: readonly Money[] = [];
  for await (const found of findingsOfCheck(source, run, check)) {
    if (shown === MOST_SHOWN) break;
    shown += 1;
    sums = plus(sums, found);
    yield finding(run, found);
  }
  yield checkEnd(run, shown, sums, check, csv);
}

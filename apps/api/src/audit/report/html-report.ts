import { addMoney, formatAmount, formatInstant } from '@freshet/domain';
import type { AuditRun, Finding, Money, Severity } from '@freshet/domain';
import type { Engine } from '@freshet/flows';
import { checksOf, countsOf, countsOfAll, questionOf, totalOf } from '../audit-view.js';
import { findingsOfCheck } from '../findings.js';
import { readable, renderEvidence, words } from './evidence.js';
import { html, nothing, type Markup } from './markup.js';
import { style } from './style.js';

/** More than these of one check nobody reads on paper: the rest is in the CSV. */
export const MOST_SHOWN = 500;

/** `1,234.50`: at least cents, and finer where there is more to say. */
const plainAmount = ({ micros }: Money): string =>
  formatAmount(micros)
    .replace(/0{1,4}$/, '')
    .replace(/\B(?=(\d{3})+\.)/g, ',');

export const plainMoney = (amount: Money): string => `${plainAmount(amount)} ${amount.currency}`;

const NUMBER = new Intl.NumberFormat('en');
const number = (value: number): string => NUMBER.format(value);
const plural = (count: number, one: string): string => `${number(count)} ${one}${count === 1 ? '' : 's'}`;

const urgency = (critical: number, all: number): string => {
  if (critical === 0) return 'None of them is critical.';
  const some = critical === all ? (all === 1 ? 'It' : 'All of them') : `${number(critical)} of them`;
  return `${some} ${critical === 1 ? 'is' : 'are'} critical and should be looked at today.`;
};

const verdict = (run: AuditRun): Markup => {
  const counts = countsOfAll(run);
  const all = totalOf(counts);
  if (run.state !== 'done' && all === 0) return nothing;
  if (all === 0) return html`<p class="verdict">Everything that was looked at is in order.</p>`;
  const urgent = urgency(counts.critical, all);
  return html`<p class="verdict"><b>${plural(all, 'finding')}.</b> ${urgent}</p>`;
};

const notice = (run: AuditRun): Markup => {
  if (run.state === 'done') return nothing;
  if (run.state === 'failed') {
    return html`<p class="notice failed">
      This audit failed before it had seen everything: ${run.error}. What follows is what it had found until then.
    </p>`;
  }
  return html`<p class="notice">
    This audit is ${run.state}: what follows is what it has found so far. Reload to see more.
  </p>`;
};

const total = (label: string, value: string, className: string): Markup =>
  html`<div class="total ${className}"><b>${value}</b><span class="soft">${label}</span></div>`;

const totals = (run: AuditRun): Markup => {
  const counts = countsOfAll(run);
  const card = (severity: Severity, label: string): Markup =>
    total(label, number(counts[severity]), counts[severity] === 0 ? 'zero' : severity);
  const money = run.money.map((each) => total(`at stake, ${each.currency}`, plainAmount(each), ''));
  return html`<div class="totals">
    ${card('critical', 'critical')}${card('warning', 'warnings')}${card('info', 'for information')}
    ${money.length === 0 ? total('money at stake', 'none', 'zero') : money}
  </div>`;
};

const cell = (count: number): Markup => html`<td class="n ${count === 0 ? 'zero' : ''}">${number(count)}</td>`;

const overview = (run: AuditRun): Markup => {
  const rows = checksOf(run).map((check) => {
    const counts = countsOf(run, check);
    return html`<tr>
      <td>
        <a href="#${check}"><b>${words(check)}</b></a
        ><br /><span class="soft">${questionOf(check)}</span>
      </td>
      ${cell(run.examined[check] ?? 0)}${cell(counts.critical)}${cell(counts.warning)}${cell(counts.info)}
    </tr> `;
  });
  return html`<table class="overview">
    <thead>
      <tr>
        <th scope="col">What was asked</th>
        <th scope="col" class="n">Looked at</th>
        <th scope="col" class="n">Critical</th>
        <th scope="col" class="n">Warnings</th>
        <th scope="col" class="n">Info</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
};

const TRIGGERS: Readonly<Record<AuditRun['trigger'], string>> = { nightly: 'nightly', request: 'asked for' };

const when = (run: AuditRun): string => {
  const at = run.endedAt ?? run.startedAt ?? run.requestedAt;
  const verb = run.endedAt !== null ? 'ended' : run.startedAt !== null ? 'started' : 'queued';
  return `${verb} ${readable(formatInstant(at))}`;
};

const top = (run: AuditRun): Markup =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>Freshet audit ${formatInstant(run.requestedAt).slice(0, 10)}</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        <header>
          <p class="eyebrow">Freshet</p>
          <h1>Audit of ${formatInstant(run.requestedAt).slice(0, 10)}</h1>
          <p class="meta">${TRIGGERS[run.trigger]}, ${when(run)} &middot; <code>${run.id}</code></p>
        </header>
        ${notice(run)}${verdict(run)} ${totals(run)} ${overview(run)}
      </body>
    </html> `;

const finding = (found: Finding): Markup =>
  html`<article class="finding ${found.severity}" id="${found.id}">
    <div class="top">
      <span class="badge ${found.severity}">${found.severity}</span
      >${found.money === null ? nothing : html`<span class="amount">${plainMoney(found.money)}</span>`}
    </div>
    <p class="summary">${found.summary.charAt(0).toUpperCase() + found.summary.slice(1)}.</p>
    <p class="todo"><b>What to do:</b> ${found.action}</p>
    ${renderEvidence({ connection: found.connectionId, ...found.evidence })}
  </article> `;

const checkTop = (run: AuditRun, check: string): Markup => {
  const clear = totalOf(countsOf(run, check)) === 0;
  const asked = run.examined[check] ?? 0;
  return html`<section class="check" id="${check}">
    <header>
      <h2>${words(check)}</h2>
      <p>${questionOf(check)}</p>
    </header>
    ${clear ? html`<p class="clear">${run.state === 'done' ? `Yes: ${plural(asked, 'row')} looked at, nothing found.` : 'Nothing found so far.'}</p>` : nothing}
  </section> `;
};

const plus = (sums: readonly Money[], { money }: Finding): readonly Money[] => {
  if (money === null) return sums;
  const known = sums.find(({ currency }) => currency === money.currency);
  return known === undefined ? [...sums, money] : sums.map((sum) => (sum === known ? addMoney(sum, money) : sum));
};

const checkEnd = (run: AuditRun, shown: number, sums: readonly Money[], check: string): Markup => {
  const all = totalOf(countsOf(run, check));
  const left = all - shown;
  const rest =
    left <= 0
      ? nothing
      : html`<p class="more soft">
          ${number(left)} more of this check are not shown here: <a href="?format=csv">the CSV</a> has all
          ${number(all)}.
        </p>`;
  const subtotal =
    sums.length === 0 || left > 0
      ? nothing
      : html`<p class="subtotal">At stake here: ${sums.map(plainMoney).join(', ')}</p>`;
  return html`${rest}${subtotal}</section>\n`;
};

async function* section(engine: Engine, run: AuditRun, check: string): AsyncGenerator<Markup> {
  yield checkTop(run, check);
  let shown = 0;
  let sums: readonly Money[] = [];
  for await (const found of findingsOfCheck(engine, run, check)) {
    if (shown === MOST_SHOWN) break;
    shown += 1;
    sums = plus(sums, found);
    yield finding(found);
  }
  yield checkEnd(run, shown, sums, check);
}

const bottom = html`<footer>
<p>Money at stake is what these findings leave unaccounted for or hold back; one amount can stand behind more than one finding.
The same as <a href="?format=csv">CSV</a> or <a href="?format=json">JSON</a>.</p>
</footer>
</body>
</html>
`;

/** The report as one page that stands by itself, in pieces as they are read. */
export async function* htmlReport(engine: Engine, run: AuditRun): AsyncGenerator<string> {
  yield top(run).text;
  for (const check of checksOf(run)) {
    for await (const piece of section(engine, run, check)) yield piece.text;
  }
  yield bottom.text;
}

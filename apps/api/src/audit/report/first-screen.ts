import { formatInstant } from '@freshet/domain';
import type { AuditRun, Severity } from '@freshet/domain';
import type { FiguresReport } from '@freshet/flows';
import { checksOf, countsOf, countsOfAll, notAskedOf, questionOf, totalOf } from '../audit-view.js';
import { differenceOf, moneySince, type MoneyDifference } from '../since-view.js';
import { readable, words } from './evidence.js';
import { html, Markup, nothing } from './markup.js';
import { chargedTotals, connectionTotals } from './money-sections.js';
import { number, plainAmount, plural } from './numbers.js';
import { style } from './style.js';

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

const signed = ({ thenMicros, nowMicros }: MoneyDifference): string => {
  const micros = nowMicros - thenMicros;
  return micros === 0 ? 'as before' : `${micros > 0 ? '+' : '−'}${plainAmount({ micros: Math.abs(micros) })}`;
};

const moneyChange = (run: AuditRun): Markup => {
  const changes = moneySince(run);
  if (changes.length === 0) return nothing;
  return html` Money at stake:
  ${changes.map(
    (each, index) =>
      html`${index === 0 ? '' : '; '}${plainAmount({ micros: each.nowMicros })} ${each.currency}
      (${signed(each)})`,
  )}.`;
};

/** One line on what has come and gone, and where it is listed. */
const difference = (run: AuditRun): Markup => {
  if (run.since === null) return html`<p class="since soft">There is no earlier audit to compare it with.</p>`;
  const then = formatInstant(run.since.requestedAt).slice(0, 10);
  const changed = differenceOf(run, checksOf(run));
  if (changed === undefined) return html`<p class="since soft">The audit of ${then} asked nothing of this.</p>`;
  const critical = differenceOf(run, checksOf(run), ['critical'])?.added ?? 0;
  const listed = (id: string, many: number, what: string): Markup =>
    many === 0 ? html`<b>0</b> ${what}` : html`<a href="#${id}"><b>${number(many)}</b> ${what}</a>`;
  const gone = changed.gone === null ? nothing : html`, ${listed('gone', changed.gone, 'gone')}`;
  return html`<p class="since">
    Since the audit of ${then}: ${listed('new', changed.added, 'new')}${critical === 0 ? nothing : html` (${number(critical)} critical)`}${gone},
    <b>${number(changed.stayed)}</b> still there.${run.state === 'done' ? moneyChange(run) : nothing}
  </p>`;
};

const total = (label: string, value: string, className: string): Markup =>
  html`<div class="total ${className}"><b>${value}</b><span class="soft">${label}</span></div>`;

const totals = (run: AuditRun, figures: FiguresReport | null): Markup => {
  const counts = countsOfAll(run);
  const card = (severity: Severity, label: string): Markup =>
    total(label, number(counts[severity]), counts[severity] === 0 ? 'zero' : severity);
  const money = run.money.map((each) => total(`at stake, ${each.currency}`, plainAmount(each), ''));
  const spent = figures === null ? [] : chargedTotals(figures);
  const { connections, stale } = figures === null ? { connections: null, stale: 0 } : connectionTotals(figures);
  return html`<div class="totals">
    ${card('critical', 'critical')}${card('warning', 'warnings')}${card('info', 'for information')}
    ${money.length === 0 ? total('money at stake', 'none', 'zero') : money}
    ${spent.map(([currency, text]) => total(`spent in 30 days, ${currency}`, text, ''))}
    ${connections === null ? nothing : [total('connections', connections, ''), total('of them stale', number(stale), stale === 0 ? 'zero' : '')]}
  </div>`;
};

const cell = (count: number): Markup => html`<td class="n ${count === 0 ? 'zero' : ''}">${number(count)}</td>`;

const newCell = (run: AuditRun, check: string): Markup => {
  if (run.since === null) return nothing;
  const changed = differenceOf(run, [check]);
  return changed === undefined
    ? html`<td class="n zero">-</td>`
    : html`<td class="n ${changed.added === 0 ? 'zero' : ''}">${number(changed.added)}</td>`;
};

const askedRow = (run: AuditRun, check: string): Markup => {
  const counts = countsOf(run, check);
  return html`<tr>
    <th scope="row">
      <a href="#${check}"><b>${words(check)}</b></a
      ><br /><span class="soft">${questionOf(check)}</span>
    </th>
    ${cell(run.examined[check] ?? 0)}${cell(counts.critical)}${cell(counts.warning)}${cell(counts.info)}${newCell(run, check)}
  </tr> `;
};

const notAskedRow = (run: AuditRun, check: string): Markup =>
  html`<tr>
    <th scope="row"><b>${words(check)}</b><br /><span class="soft">${questionOf(check)}</span></th>
    <td class="soft" colspan="${run.since === null ? 4 : 5}">not asked</td>
  </tr> `;

export const overview = (run: AuditRun): Markup =>
  html`<section class="figures" id="figures-checks">
    <header>
      <h2>What was asked</h2>
      <p>Every question, how many rows it looked at, and what it found.</p>
    </header>
    <div class="scroll">
      <table class="overview">
        <thead>
          <tr>
            <th scope="col">Question</th>
            <th scope="col" class="n">Looked at</th>
            <th scope="col" class="n">Critical</th>
            <th scope="col" class="n">Warnings</th>
            <th scope="col" class="n">Info</th>
            ${run.since === null ? nothing : html`<th scope="col" class="n">New</th>`}
          </tr>
        </thead>
        <tbody>
          ${checksOf(run).map((check) => askedRow(run, check))}${notAskedOf(run).map((check) => notAskedRow(run, check))}
        </tbody>
      </table>
    </div>
  </section> `;

const TRIGGERS: Readonly<Record<AuditRun['trigger'], string>> = { nightly: 'nightly', request: 'asked for' };

const when = (run: AuditRun): string => {
  const at = run.endedAt ?? run.startedAt ?? run.requestedAt;
  const verb = run.endedAt !== null ? 'ended' : run.startedAt !== null ? 'started' : 'queued';
  return `${verb} ${readable(formatInstant(at))}`;
};

const LINKS = [
  ['spend', 'Spend'],
  ['waste', 'Waste'],
  ['budgets', 'Budgets'],
  ['freshness', 'Freshness'],
  ['refreshes', 'Refreshes'],
  ['consents', 'Consents'],
  ['checks', 'Checks and findings'],
] as const;

const links = (figures: FiguresReport | null): Markup =>
  figures === null
    ? nothing
    : html`<nav aria-label="Contents">${LINKS.map(([id, name]) => html`<a href="#figures-${id}">${name}</a> `)}</nav> `;

/** Not as one template: what it opens is closed at the end of the page. */
const OPENED = new Markup('<!doctype html>\n<html lang="en">\n');
const BODY = new Markup('<body>\n');

const head = (run: AuditRun): Markup =>
  html`<head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="robots" content="noindex" />
    <title>Freshet audit ${formatInstant(run.requestedAt).slice(0, 10)}</title>
    <style>
      ${style}
    </style>
  </head> `;

/** Where the page begins: what a person who reads nothing else has to know. */
export const firstScreen = (run: AuditRun, figures: FiguresReport | null): Markup =>
  html`${OPENED}${head(run)}${BODY}
    <header>
      <p class="eyebrow">Freshet</p>
      <h1>Audit of ${formatInstant(run.requestedAt).slice(0, 10)}</h1>
      <p class="meta">${TRIGGERS[run.trigger]}, ${when(run)} &middot; <code>${run.id}</code></p>
    </header>
    ${notice(run)}${verdict(run)}${difference(run)} ${totals(run, figures)} ${links(figures)} `;

import { Markup } from './markup.js';

/** The whole look of the report: no font, image or script comes from elsewhere. */
const page = `
:root {
  --ink: #1b2430; --soft: #5a6676; --line: #dfe4ea; --paper: #ffffff; --wash: #f5f7f9;
  --critical: #b3261e; --critical-wash: #fdecea; --warning: #8a5a00; --warning-wash: #fff4dc;
  --info: #1f5f99; --info-wash: #e8f2fb; --good: #1e6b3a; --good-wash: #e7f5ec;
}
* { box-sizing: border-box; }
html { background: var(--wash); }
body {
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  color: var(--ink); background: var(--paper); max-width: 62rem; margin: 0 auto; padding: 2.5rem 2.5rem 4rem;
}
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .3rem; letter-spacing: -.01em; }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 0; }
p { margin: 0; }
a { color: var(--info); }
code { font: .86em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.eyebrow { color: var(--soft); font-size: .8rem; letter-spacing: .08em; text-transform: uppercase; font-weight: 600; }
.meta, .soft { color: var(--soft); }
.notice { margin: 1.25rem 0 0; padding: .7rem 1rem; border-left: 4px solid var(--warning); background: var(--warning-wash); }
.notice.failed { border-color: var(--critical); background: var(--critical-wash); }
.verdict { margin: 1.5rem 0 0; font-size: 1.05rem; }
.since { margin: .35rem 0 0; }
.totals { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1.25rem 0 1.25rem; }
.total { border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem; }
.total b { display: block; font-size: 1.5rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.total.critical b { color: var(--critical); } .total.warning b { color: var(--warning); } .total.info b { color: var(--info); }
.total.zero b { color: var(--soft); }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; padding: .6rem 0; border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); font-size: .92rem; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .86rem; }
.more, .subtotal { margin-top: 1rem; }
.subtotal { text-align: right; font-weight: 600; font-variant-numeric: tabular-nums; }
`;

const tables = `
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { font-size: .8rem; color: var(--soft); vertical-align: bottom; }
tbody th { font-weight: 400; padding-top: .6rem; padding-bottom: .6rem; }
td { padding: .6rem .75rem .6rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-right: 0; padding-left: .75rem; }
td.n.zero, .zero { color: #8a94a1; }
caption { text-align: left; color: var(--soft); font-size: .86rem; padding-bottom: .1rem; }
.scroll { overflow-x: auto; }
.data { font-size: .92rem; }
.data tbody th, .data td { padding-top: .35rem; padding-bottom: .35rem; }
.data tbody th { font-weight: 600; white-space: nowrap; }
.data td { white-space: nowrap; }
.data :is(th, td):not(:first-child) { padding-left: .75rem; }
.data.changes tbody th { font-weight: 400; white-space: normal; overflow-wrap: anywhere; }
`;

const figures = `
.figures, .check { margin-top: 2.75rem; }
.figures > header, .check > header { border-bottom: 2px solid var(--ink); padding-bottom: .6rem; margin-bottom: .9rem; }
.check > header { margin-bottom: 0; }
.figures > header p, .check > header p { color: var(--soft); margin-top: .15rem; }
.figures .scroll { margin-top: .9rem; }
.none { margin-top: .6rem; }
figure { margin: 1rem 0 0; }
figcaption { font-weight: 600; margin-bottom: .35rem; }
figure svg { display: block; width: 100%; height: auto; overflow: visible; }
figure svg.narrow { display: none; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .5rem 0 0; padding: 0; font-size: .86rem; }
.swatch { display: inline-block; width: .8rem; height: .8rem; border: 1px solid rgba(27, 36, 48, .25); border-radius: 2px; vertical-align: -.08rem; margin-right: .3rem; }
.swatch.hatched { background-image: repeating-linear-gradient(-45deg, var(--soft) 0 1.5px, transparent 1.5px 4px); }
.bar { display: flex; position: relative; width: 9rem; height: .9rem; margin-top: .25rem; background: var(--wash); border: 1px solid var(--line); }
.bar .used { background: #17375e; }
.bar .ahead { background: repeating-linear-gradient(-45deg, #17375e 0 1.5px, transparent 1.5px 5px); }
.bar .limit { position: absolute; top: -.25rem; bottom: -.25rem; border-left: 2px solid var(--critical); margin-left: -2px; }
details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--info); }
`;

const findings = `
.clear { margin-top: .9rem; color: var(--good); }
.finding { border: 1px solid var(--line); border-left: 4px solid var(--soft); border-radius: 6px; margin-top: 1rem; padding: .9rem 1.1rem 1rem; }
.finding.critical { border-left-color: var(--critical); }
.finding.warning { border-left-color: var(--warning); }
.finding.info { border-left-color: var(--info); }
.finding .top { display: flex; gap: .75rem; align-items: baseline; justify-content: space-between; }
.badge { font-size: .72rem; font-weight: 700; letter-spacing: .05em; text-transform: uppercase; border-radius: 4px; padding: .1rem .45rem; }
.badge.critical { color: var(--critical); background: var(--critical-wash); }
.badge.warning { color: var(--warning); background: var(--warning-wash); }
.badge.info { color: var(--info); background: var(--info-wash); }
.badge.new { color: var(--paper); background: var(--ink); }
.amount { font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
.summary { font-weight: 600; margin-top: .45rem; overflow-wrap: anywhere; }
.todo { margin-top: .35rem; }
.todo b { font-weight: 600; color: var(--soft); }
.evidence { margin-top: .8rem; background: var(--wash); border-radius: 6px; padding: .6rem .8rem .7rem; font-size: .86rem; }
.evidence dl { display: grid; grid-template-columns: max-content 1fr max-content 1fr; gap: .15rem 1rem; margin: 0; }
.evidence dt { color: var(--soft); }
.evidence dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.evidence table { margin-top: .5rem; font-size: .95em; }
.evidence th, .evidence td { padding: .25rem .7rem .25rem 0; }
.evidence tr:last-child td { border-bottom: 0; }
`;

const windows = `
@media screen and (max-width: 52rem) and (min-width: 40.01rem) { .evidence dl { grid-template-columns: max-content 1fr; } }
@media screen and (max-width: 40rem) {
  body { padding: 1.25rem 1rem 3rem; }
  .totals { grid-template-columns: 1fr 1fr; }
  figure svg.wide { display: none; } figure svg.narrow { display: block; }
  .evidence dl { grid-template-columns: 1fr; gap: 0; } .evidence dd { margin-bottom: .35rem; }
  .evidence { overflow-x: auto; }
  .evidence td code { display: inline-block; min-width: 11rem; }
  .overview .soft { display: none; } .overview br { display: none; }
  .data.changes :is(th, td):is(:nth-child(3), :nth-child(5)) { display: none; }
  .bar { width: 6rem; }
}
`;

const paper = `
@page { margin: 16mm 14mm; }
@media print {
  html { background: none; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  nav, details { display: none; }
  .scroll { overflow: visible; }
  .totals { grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); margin: 1rem 0 1.25rem; }
  .total b { font-size: 1.2rem; }
  .evidence { font-size: 7.5pt; } .evidence th { font-size: inherit; } .finding { padding: .6rem .8rem; margin-top: .7rem; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .finding, .total, tr, figure, .figures > header, .check > header { break-inside: avoid; }
  .figures > header, .check > header, h2, caption, figcaption { break-after: avoid; }
  .figures, .check { margin-top: 1.75rem; }
  .data:not(.changes) { break-inside: avoid; }
  a { color: inherit; text-decoration: none; }
}
`;

export const style = new Markup(page + tables + figures + findings + windows + paper);

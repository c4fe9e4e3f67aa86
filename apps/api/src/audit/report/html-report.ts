import type { AuditRun } from '@freshet/domain';
import { figuresFrom, readFigures, type FiguresReport } from '@freshet/flows';
import { checksOf } from '../audit-view.js';
import type { FindingSource } from '../findings.js';
import { changes } from './changes.js';
import { drawn } from './charts/inline-svg.js';
import { fillsOf, type Chart, type Draw } from './charts/chart.js';
import type { Days } from './charts/spend-chart.js';
import {
  consentsChartOf,
  consentsSection,
  freshnessChart,
  freshnessSection,
  refreshesChart,
  refreshesSection,
} from './data-sections.js';
import { checkSection } from './finding-sections.js';
import { firstScreen, overview } from './first-screen.js';
import { html, Markup } from './markup.js';
import { budgetsSection, spendCharts, spendSection, wasteSection } from './money-sections.js';

/** Where a page stands: who draws its charts, and what it calls the other forms of itself. */
export interface PageSetting {
  readonly draw: Draw;
  readonly links: { readonly csv: string; readonly json: string };
}

const daysOfRun = (run: AuditRun): Days => {
  const until = run.startedAt ?? run.requestedAt;
  return { from: figuresFrom(until), until };
};

/** The figures of an audit; null: it has none yet. */
export const loadFigures = async ({ store }: FindingSource, run: AuditRun): Promise<FiguresReport | null> => {
  const kept = await store.read('auditFigures', { tenantId: run.tenantId, id: run.id });
  return kept === null ? null : readFigures(kept);
};

const isThere = (chart: Chart | undefined): chart is Chart => chart !== undefined;

const figureSections = async (figures: FiguresReport, days: Days, draw: Draw): Promise<readonly Markup[]> => {
  const consenting = figures.consents.flatMap(({ providers }) => Object.keys(providers));
  const byCost = figures.spend.toSorted((a, b) => b.chargedMicros - a.chargedMicros);
  const fillOf = fillsOf([...byCost.map(({ provider }) => provider), ...consenting]);
  const spend = spendCharts(figures, days, fillOf);
  const [ages, outcomes, consents] = [freshnessChart(figures), refreshesChart(figures), consentsChartOf(figures, fillOf)];
  const pictures = await drawn([...spend, ...[ages, outcomes, consents].filter(isThere)], draw);
  return [
    spendSection(figures, days, spend, pictures),
    wasteSection(figures),
    budgetsSection(figures),
    freshnessSection(figures, ages, pictures),
    refreshesSection(figures, outcomes, pictures),
    consentsSection(figures, consents, pictures),
  ];
};

const CLOSED = new Markup('</body>\n</html>\n');

const bottom = ({ csv, json }: PageSetting['links']): Markup =>
  html`<footer>
      <p>
        Money at stake is what these findings leave unaccounted for or hold back; one amount can stand behind more than
        one finding. The same as <a href="${csv}">CSV</a> or <a href="${json}">JSON</a>.
      </p>
    </footer>
    ${CLOSED}`;

/** The report as one page that stands by itself, in pieces as they are read. */
export async function* htmlReport(
  source: FindingSource,
  run: AuditRun,
  { draw, links }: PageSetting,
): AsyncGenerator<string> {
  const figures = await loadFigures(source, run);
  yield firstScreen(run, figures).text;
  yield (await changes(source, run)).text;
  if (figures !== null) {
    for (const section of await figureSections(figures, daysOfRun(run), draw)) yield section.text;
  }
  yield overview(run).text;
  for (const check of checksOf(run)) {
    for await (const piece of checkSection(source, run, check, links.csv)) yield piece.text;
  }
  yield bottom(links).text;
}

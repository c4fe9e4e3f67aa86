/** Adds up what the packages reported. A file that could not be run counts as one failed test: it hides an unknown number. */
export function total(reports) {
  const sum = (pick) => reports.reduce((count, report) => count + pick(report), 0);
  const passed = sum((report) => report.passed);
  const failed = sum((report) => report.failed + report.broken);
  const width = Math.max(0, ...reports.map((report) => report.package.length));
  const summary = reports
    .toSorted((a, b) => a.package.localeCompare(b.package))
    .map((report) => `${report.package.padEnd(width)}  ${describe(report)}`);
  return { passed, failed, summary, line: `${passed} passed, ${failed} failed` };
}

function describe({ passed, failed, broken, skipped }) {
  const parts = [`${passed} passed`, `${failed} failed`];
  if (skipped > 0) parts.push(`${skipped} skipped`);
  if (broken > 0) parts.push(`${broken} test files could not be run`);
  return parts.join(', ');
}

/**
 * Adds up what the packages reported. A file that could not be run and a package that reported nothing count as one
 * failed test each: they hide an unknown number.
 */
export function total(reports, silent = []) {
  const sum = (pick) => reports.reduce((count, report) => count + pick(report), 0);
  const passed = sum((report) => report.passed);
  const failed = sum((report) => report.failed + report.broken) + silent.length;
  const rows = [
    ...reports.map((report) => [report.package, describe(report)]),
    ...silent.map((name) => [
      name,
      'reported nothing: it has no tests, or stopped before it ran them (see its words above)',
    ]),
  ].toSorted(([a], [b]) => a.localeCompare(b));
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  const summary = rows.map(([name, words]) => `${name.padEnd(width)}  ${words}`);
  return { passed, failed, summary, line: `${passed} passed, ${failed} failed` };
}

function describe({ passed, failed, broken, skipped }) {
  const parts = [`${passed} passed`, `${failed} failed`];
  if (skipped > 0) parts.push(`${skipped} skipped`);
  if (broken > 0) parts.push(`${broken} test files could not be run`);
  return parts.join(', ');
}

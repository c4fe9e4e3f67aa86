// The files that code prints: pages and pictures under docs/, and the schema of policy files. A file is one row here:
// where it lies, and which export of which built package prints it. A `part` is what stands between two marks of a page
// that is otherwise written by hand; a `source` is a file that is shown there as it is.
const settings = 'apps/api/dist/engine/print-settings.js';

export const documents = [
  { file: 'docs/transitions.md', module: 'packages/domain/dist/index.js', print: 'printTransitions' },
  { file: 'docs/providers.md', module: 'packages/policy/dist/index.js', print: 'printProviders' },
  {
    file: 'policies/policy-file.schema.json',
    module: 'packages/policy/dist/index.js',
    print: 'printPolicyFileSchema',
  },
  { file: 'docs/pictures/one-week.svg', module: 'apps/simulate/dist/index.js', print: 'printOneWeek' },
  { file: 'docs/pictures/day-of-limits.svg', module: 'apps/simulate/dist/index.js', print: 'printDayOfLimits' },
  { file: 'docs/pictures/month-of-money.svg', module: 'apps/simulate/dist/index.js', print: 'printMonthOfMoney' },
  { file: 'docs/pictures/fresh-for-money.svg', module: 'apps/simulate/dist/index.js', print: 'printFreshForMoney' },
  { file: 'docs/running.md', part: 'settings', module: settings, print: 'printServiceSettings' },
  { file: 'docs/running.md', part: 'retention', module: settings, print: 'printRetention' },
  { file: 'docs/connectors.md', part: 'capabilities', module: settings, print: 'printCapabilities' },
  { file: 'docs/connectors.md', part: 'settings', module: settings, print: 'printConnectorSettings' },
  { file: 'docs/connectors.md', part: 'calls', module: settings, print: 'printCallSettings' },
  { file: 'docs/connectors.md', part: 'deadlines', module: settings, print: 'printCallTimeouts' },
  { file: 'docs/connectors.md', part: 'webhooks', module: settings, print: 'printWebhookAddresses' },
  { file: 'docs/connectors.md', part: 'example', source: 'packages/connectors/examples/harbor.ts' },
];

// The files that code prints: pages and pictures under docs/, and the schema of policy files. A file is one row here:
// where it lies, and which export of which built package prints it.
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
];

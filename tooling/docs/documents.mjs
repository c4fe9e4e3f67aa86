// The files that code prints: pages under docs/, and the schema of policy files. A file is one row here: where it lies, and which export of which built package
// prints it.
export const documents = [
  { file: 'docs/transitions.md', module: 'packages/domain/dist/index.js', print: 'printTransitions' },
  { file: 'docs/providers.md', module: 'packages/policy/dist/index.js', print: 'printProviders' },
  {
    file: 'policies/policy-file.schema.json',
    module: 'packages/policy/dist/index.js',
    print: 'printPolicyFileSchema',
  },
];

import { fileURLToPath } from 'node:url';

const counts = fileURLToPath(new URL('./count-reporter.mjs', import.meta.url));

/** Jest for every workspace package: TypeScript as ES modules, workspace packages read from their sources. */
export const preset = {
  // For what never comes; nothing is timed, and a machine may be busy.
  testTimeout: 30_000,
  reporters: ['default', counts],
  testMatch: ['<rootDir>/src/**/*.test.ts', '<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          // verbatimModuleSyntax as in tsconfig.base.json, so that tests see the imports that tsc would emit.
          transform: { legacyDecorator: true, decoratorMetadata: true, verbatimModuleSyntax: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Sources import './x.js', which is './x.ts' on disk.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // `source` first: tests need no build. The rest is what Jest itself asks for in a node environment.
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
};

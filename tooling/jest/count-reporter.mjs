import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../run/root.mjs';

/** Leaves the counts of one package where tooling/run/test.mjs adds them up. */
export default class CountReporter {
  constructor(globalConfig) {
    this.directory = globalConfig.rootDir;
  }

  onRunComplete(_contexts, results) {
    const { name } = JSON.parse(readFileSync(join(this.directory, 'package.json'), 'utf8'));
    const report = {
      package: name,
      passed: results.numPassedTests,
      failed: results.numFailedTests,
      skipped: results.numPendingTests + results.numTodoTests,
      broken: results.numRuntimeErrorTestSuites,
    };
    const directory = join(root, '.jest-results');
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `${name.replace('/', '-')}.json`), JSON.stringify(report));
  }
}

import { afterAll, beforeAll } from '@jest/globals';
import { leaseStories, outcomeStories, requestStories } from '@freshet/flows/contract';
import { openSqliteStore } from '@freshet/persistence';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder = '';
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-stories-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const openStore = () => {
  files += 1;
  return openSqliteStore({ file: join(folder, `${files}.db`) });
};

requestStories(openStore);
outcomeStories(openStore);
leaseStories(openStore);

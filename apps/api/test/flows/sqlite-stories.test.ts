import { afterAll, beforeAll } from '@jest/globals';
import {
  backgroundStories,
  batchStories,
  breakerStories,
  budgetStories,
  changeStories,
  consentStories,
  disorderStories,
  dispatchStories,
  importStories,
  jobStories,
  learningStories,
  leaseStories,
  lifecycleStories,
  maintenanceStories,
  otherPullStories,
  outcomeStories,
  overtakenStories,
  ownPullStories,
  permitStories,
  presenceStories,
  pruneStories,
  raceStories,
  requestStories,
  sweepStories,
  tokenStories,
  webhookStories,
} from '@freshet/flows/contract';
import { openSqliteStore } from '@freshet/persistence';
import type { Store } from '@freshet/ports';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Each of these opens a file of its own. */
const RACES = 25;
const ORDERS = 5;

let folder = '';
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-stories-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const openStore = (): Store => {
  files += 1;
  return openSqliteStore({ file: join(folder, `${files}.db`) });
};

// What is told of the flows over memory holds over a real file.
requestStories(openStore);
backgroundStories(openStore);
otherPullStories(openStore);
outcomeStories(openStore);
maintenanceStories(openStore);
leaseStories(openStore);
lifecycleStories(openStore);
learningStories(openStore);
overtakenStories(openStore);
presenceStories(openStore);
permitStories(openStore);
ownPullStories(openStore);
sweepStories(openStore);
tokenStories(openStore);
webhookStories(openStore);
importStories(openStore);
jobStories(openStore);
pruneStories(openStore);
batchStories(openStore);
changeStories(openStore);
dispatchStories(openStore);
disorderStories(openStore, ORDERS);
consentStories(openStore);
breakerStories(openStore);
raceStories(openStore, RACES);
budgetStories(openStore, RACES);

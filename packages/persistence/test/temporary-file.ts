import { afterAll } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A file that does not exist yet, in a folder that goes with the tests. */
export const temporaryFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-'));
  folders.push(folder);
  return join(folder, 'store.db');
};

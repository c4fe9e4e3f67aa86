import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Lays out a small repository for a test of a check, and takes it away again. */
export async function inScratch(files, work) {
  const base = mkdtempSync(join(tmpdir(), 'freshet-check-'));
  try {
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(base, file)), { recursive: true });
      writeFileSync(join(base, file), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return await work(base);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { temporaryFile } from '../../test/temporary-file.js';
import { openSqliteStore } from './store.js';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

interface Owner {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: Interface;
}

const started: ChildProcessWithoutNullStreams[] = [];
afterEach(() => {
  for (const process of started.splice(0)) process.kill('SIGKILL');
});

/** A second process that opens the file. */
const startOwner = (file: string): Owner => {
  const hooks = ['--conditions=source', '--import', at('../../test/typescript-imports.mjs')];
  const child = spawn(process.execPath, [...hooks, at('../../test/owner-process.ts'), file]);
  started.push(child);
  return { process: child, lines: createInterface({ input: child.stdout }) };
};

const nextLine = async ({ lines }: Owner): Promise<string> => {
  const [line] = (await once(lines, 'line')) as [string];
  return line;
};

const kill = async ({ process: child }: Owner): Promise<void> => {
  child.kill('SIGKILL');
  await once(child, 'exit');
};

describe('one process owns the file', () => {
  test('a second one is refused while the first lives, and told why', async () => {
    const file = temporaryFile();
    const store = openSqliteStore({ file });
    expect(await nextLine(startOwner(file))).toMatch(/is in use by another process/);
    await store.close();
    expect(await nextLine(startOwner(file))).toBe('open');
  }, 30_000);

  test('a second one in the same process is refused, too', async () => {
    const file = temporaryFile();
    const store = openSqliteStore({ file });
    expect(() => openSqliteStore({ file })).toThrow(/is in use by another process/);
    await store.close();
    await openSqliteStore({ file }).close();
  });

  test('one that was killed leaves no hold, and all that it had answered', async () => {
    const file = temporaryFile();
    const owner = startOwner(file);
    expect(await nextLine(owner)).toBe('open');
    expect(() => openSqliteStore({ file })).toThrow(/is in use by another process/);
    let last = '';
    owner.lines.on('line', (line) => {
      last = line;
    });
    while (Number(last) < 50) await once(owner.lines, 'line');
    await kill(owner);
    const store = openSqliteStore({ file });
    for (let number = 0; number <= Number(last); number += 1) {
      expect(await store.read('setting', { id: `${number}` })).not.toBeNull();
    }
    await store.close();
  }, 30_000);

  test('others may read beside it', async () => {
    const file = temporaryFile();
    const owner = startOwner(file);
    while ((await nextLine(owner)) !== '0');
    const reader = openSqliteStore({ file, readonly: true });
    expect(await reader.read('setting', { id: '0' })).toEqual({ id: '0', value: 'kept' });
    await kill(owner);
    await openSqliteStore({ file }).close();
    expect(await reader.read('setting', { id: '0' })).toEqual({ id: '0', value: 'kept' });
    await reader.close();
  }, 30_000);
});

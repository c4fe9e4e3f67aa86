import { afterEach, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFile } from '../../test/temporary-file.js';
import { openFile, type OpenFile } from './open.js';

const opened: OpenFile[] = [];
const open = (file: string, readonly = false): OpenFile => {
  const found = openFile(file, readonly);
  opened.push(found);
  return found;
};
const closeAll = (): void => {
  for (const { client, hold } of opened.splice(0)) {
    client.close();
    hold?.release();
  }
};
afterEach(closeAll);

const pragma = ({ client }: OpenFile, name: string): unknown => client.pragma(name, { simple: true });

describe('the settings that durability rests on', () => {
  test.each(['at the first opening', 'when the file is there already', 'where it is only read'])('hold %s', (when) => {
    const file = temporaryFile();
    if (when !== 'at the first opening') {
      open(file);
      closeAll();
    }
    const found = open(file, when === 'where it is only read');
    expect(pragma(found, 'journal_mode')).toBe('wal');
    expect(pragma(found, 'synchronous')).toBe(2);
    expect(pragma(found, 'fullfsync')).toBe(1);
    expect(pragma(found, 'foreign_keys')).toBe(1);
    expect(pragma(found, 'busy_timeout')).toBe(5_000);
  });

  test('better-sqlite3 alone would not keep them', () => {
    const file = temporaryFile();
    open(file);
    closeAll();
    const bare = new Database(file);
    expect(bare.pragma('synchronous', { simple: true })).toBe(1);
    bare.close();
  });
});

describe('a file to start with', () => {
  test('is made, with its folder', () => {
    const file = join(dirname(temporaryFile()), 'a', 'b', 'store.db');
    open(file);
    expect(existsSync(file)).toBe(true);
  });

  test('is brought up to date once', () => {
    const file = temporaryFile();
    const applied = (): unknown => open(file).client.prepare('select count(*) from __drizzle_migrations').pluck().get();
    const first = applied();
    closeAll();
    expect(applied()).toBe(first);
  });

  test('may be an empty one', () => {
    const file = temporaryFile();
    writeFileSync(file, '');
    open(file);
  });
});

describe('a file that cannot be used is named, with what to do', () => {
  const refusal = (file: string, message: RegExp): void => {
    expect(() => open(file)).toThrow(message);
    expect(() => open(file)).toThrow(file);
  };

  test('not a database', () => {
    const file = temporaryFile();
    writeFileSync(file, 'This is a diary, not a database.\n'.repeat(100));
    refusal(file, /is not a SQLite database, or is damaged/);
  });

  test("another program's database", () => {
    const file = temporaryFile();
    const other = new Database(file);
    other.exec('create table theirs (a)');
    other.close();
    refusal(file, /database of another program/);
  });

  test('a folder', () => {
    const file = temporaryFile();
    mkdirSync(file);
    refusal(file, /cannot be opened/);
  });

  test('in what is not a folder', () => {
    const file = temporaryFile();
    writeFileSync(file, '');
    expect(() => open(join(file, 'store.db'))).toThrow(/the folder .* cannot be made/);
  });

  test('written by a newer version', () => {
    const file = temporaryFile();
    const { client } = open(file);
    client.exec(`insert into __drizzle_migrations (hash, created_at) values ('x', 99999999999999)`);
    closeAll();
    refusal(file, /newer version/);
  });

  test('locked by another program', () => {
    const file = temporaryFile();
    open(file);
    closeAll();
    const other = new Database(file);
    other.pragma('locking_mode = exclusive');
    other.exec('begin exclusive');
    expect(() => open(file)).toThrow(/is locked by another program/);
    other.close();
  }, 15_000);

  test('empty, a folder or of an older version, to be read', () => {
    const [empty, folder, older] = [temporaryFile(), temporaryFile(), temporaryFile()];
    writeFileSync(empty, '');
    expect(() => open(empty, true)).toThrow(/is not a database of this service/);
    mkdirSync(folder);
    expect(() => open(folder, true)).toThrow(/is not a file/);
    open(older).client.exec('update __drizzle_migrations set created_at = 1');
    closeAll();
    expect(() => open(older, true)).toThrow(/older version/);
  });

  test('not there, to be read', () => {
    expect(() => open(temporaryFile(), true)).toThrow(/does not exist/);
  });

  test('a refused file is not held', () => {
    const file = temporaryFile();
    mkdirSync(file);
    refusal(file, /cannot be opened/);
    const beside = new Database(`${file}.owner`, { timeout: 0 });
    beside.exec('begin exclusive');
    beside.close();
  });
});

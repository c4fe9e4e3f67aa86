import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { Books } from './books.js';
import { newConnection } from './new-connection.js';

describe('Books', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandbox-books-'));
    file = join(folder, 'deep', 'books.ndjson');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const connection = (externalId: string, more: object = {}) =>
    newConnection({ connector: 'meld', provider: 'MX', externalId, createdAt: 0, ...more });
  const write = (books: Books, ...ids: string[]) =>
    books.turn(() => ids.forEach((id) => books.connections.put(id, connection(id))));
  const idsIn = (books: Books) => books.connections.all().map(({ externalId }) => externalId);

  test('a turn is on disk, as one line, when it returns', () => {
    const books = Books.open(file);
    write(books, 'a', 'b');
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(2);
    expect(idsIn(Books.open(file))).toEqual(['a', 'b']);
  });

  test('a turn that throws half-way leaves disk and memory agreeing', () => {
    const books = Books.open(file);
    const half = () =>
      books.turn(() => {
        books.connections.put('a', connection('a'));
        throw new Error('half-way');
      });
    expect(half).toThrow('half-way');
    expect(idsIn(Books.open(file))).toEqual(idsIn(books));
  });

  test('nothing can be written outside a turn', () => {
    const books = Books.open(null);
    expect(() => books.connections.put('a', connection('a'))).toThrow('outside a turn');
  });

  test('a line that a crash tore is dropped, and what comes after is whole', () => {
    write(Books.open(file), 'a');
    appendFileSync(file, '[["connections","b",{"connec');
    const books = Books.open(file);
    expect(idsIn(books)).toEqual(['a']);
    write(books, 'c');
    expect(idsIn(Books.open(file))).toEqual(['a', 'c']);
  });

  test('a line in the middle that is none of the books stops the start, naming file and line', () => {
    write(Books.open(file), 'a');
    writeFileSync(file, `${readFileSync(file, 'utf8')}nonsense\n`);
    expect(() => Books.open(file)).toThrow(`${file}, line 2`);
  });

  test('the history is forgotten at the next start, the state and its order are not', () => {
    const books = Books.open(file);
    for (let round = 0; round < 50; round += 1) write(books, 'a', 'b', 'c');
    books.turn(() => books.connections.remove('b'));
    const longBytes = statSync(file).size;
    books.close();
    const again = Books.open(file);
    expect(idsIn(again)).toEqual(['a', 'c']);
    expect(statSync(file).size).toBeLessThan(longBytes / 20);
    expect(existsSync(`${file}.compacting`)).toBe(false);
    again.close();
    expect(idsIn(Books.open(file))).toEqual(['a', 'c']);
  });

  test('lines longer than a read, and letters of several bytes, survive', () => {
    const customerId = 'ü€😀'.repeat(200_000);
    const books = Books.open(file);
    books.turn(() => books.connections.put('a', connection('a', { customerId })));
    write(books, 'b');
    expect(Books.open(file).connections.need('a').customerId).toBe(customerId);
  });

  test('indexes follow the records, also after a replay', () => {
    const books = Books.open(file);
    const put = (id: string, providerConnectionId: string | null) =>
      books.turn(() => books.connections.put(id, connection(id, { providerConnectionId })));
    put('a', 'one');
    put('b', 'one');
    put('a', 'two');
    put('b', null);
    const found = (from: Books, key: string) =>
      from.connections
        .find('providerConnection', JSON.stringify(['meld', 'MX', key]))
        .map(({ externalId }) => externalId);
    for (const from of [books, Books.open(file)]) {
      expect([found(from, 'one'), found(from, 'two')]).toEqual([[], ['a']]);
    }
  });
});
